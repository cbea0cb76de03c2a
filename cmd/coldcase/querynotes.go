package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"coldcase/rules/source"
	"coldcase/scanner"
)

// complain says what was not read, and why a query may find less than was meant.
func (a *asking) complain() {
	if a.o.quiet {
		return
	}
	say := func(format string, args ...any) {
		_, _ = io.WriteString(a.p.stderr, "coldcase: "+fmt.Sprintf(format, args...)+"\n")
	}
	for _, in := range a.res.Inputs {
		if in.Status != "ok" {
			say("%s: %s", safe(in.File), safe(in.Problem))
		}
		if in.BadLines > 0 {
			say("%s: %d bad lines", safe(in.File), in.BadLines)
		}
	}
	for _, n := range a.res.Notes {
		say("%s", n)
	}
	for _, w := range a.rule.Warnings {
		say("%s", safe(w))
	}
	if !a.res.Interrupted {
		a.sayScope(say)
	}
}

// sayScope says which events FROM did not take, and which fields no event has.
func (a *asking) sayScope(say func(format string, args ...any)) {
	res := a.res
	if res.Elsewhere {
		say("no event is of FROM %s: %s", safe(strings.Join(a.rule.Indices, ", ")), indicesOf(res))
		return
	}
	if res.NoIndex > 0 {
		say("%d of %d events are of no recognisable index: --any-index takes them, too", res.NoIndex, res.Events)
	}
	unseen := slices.DeleteFunc(res.Unseen, func(name string) bool { return !slices.Contains(a.fields, name) })
	if res.Events == 0 || len(unseen) == 0 {
		return
	}
	names := make([]string, 0, maxUnseen)
	for _, name := range unseen[:min(len(unseen), maxUnseen)] {
		names = append(names, safe(name)+meantField(a.o, name))
	}
	more := ""
	if n := len(unseen) - len(names); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	say("no event has a value of %s%s", strings.Join(names, ", "), more)
}

// maxUnseen is how many fields are named, and indices.
const maxUnseen = 5

// indicesOf lists the indices that the events are of.
func indicesOf(res *scanner.QueryResult) string {
	var parts []string
	for _, c := range res.Indices[:min(len(res.Indices), maxUnseen)] {
		parts = append(parts, fmt.Sprintf("%d are of %s", c.Count, safe(c.Name)))
	}
	if n := len(res.Indices) - len(parts); n > 0 {
		parts = append(parts, fmt.Sprintf("others of %d more indices", n))
	}
	if res.NoIndex > 0 {
		parts = append(parts, fmt.Sprintf("%d are of no recognisable index (--any-index takes them)", res.NoIndex))
	}
	return strings.Join(parts, ", ")
}

// meantField suggests a field that a schema knows for one that none does.
func meantField(o *options, name string) string {
	s, err := loadSchema(o.mapping)
	if err != nil || s.Lookup(name).Known {
		return ""
	}
	if near := source.Nearest(name, s.Names()); near != "" {
		return " (did you mean " + near + "?)"
	}
	return ""
}
