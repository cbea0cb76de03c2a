package lint

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"coldcase/rules/schema"
)

// sourcesCSV says which sources have a field: its name, then a letter for each source,
// as in streams; e is ECS. A field that stands here without a letter of a stream is not
// in what that source ships. One line a field, sorted; no quoting.
//
//go:embed sources.csv
var sourcesCSV string

// streams are the indices whose fields are known in full, with the letters of their
// sources. Auditbeat's template holds all of ECS; Endpoint's and Endgame's hold their
// own fields only.
var streams = []struct{ index, letters string }{
	{"logs-endpoint.alerts-default", "A"},
	{"logs-endpoint.events.process-default", "P"},
	{"logs-endpoint.events.file-default", "F"},
	{"logs-endpoint.events.library-default", "L"},
	{"logs-endpoint.events.network-default", "N"},
	{"logs-endpoint.events.registry-default", "R"},
	{"logs-endpoint.events.security-default", "S"},
	{"logs-endpoint.events.api-default", "I"},
	{"logs-endpoint.events.device-default", "D"},
	{"endgame-0", "g"},
	{"auditbeat-0", "be"},
}

// closed are the beginnings of index patterns that mean nothing but streams.
var closed = []string{"logs-endpoint.", "endgame-", "auditbeat-"}

var sources = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	for i, line := range strings.Split(strings.TrimSpace(sourcesCSV), "\n") {
		name, letters, ok := strings.Cut(line, ",")
		if !ok {
			panic(fmt.Sprintf("BUG: lint.sources: want 2 columns: %q", line))
		}
		if i > 0 {
			out[name] = letters
		}
	}
	return out
})

// sourcesOf returns the letters of all sources of a rule's indices, and false when one
// of its patterns may mean others.
func sourcesOf(patterns []string) (string, bool) {
	if len(patterns) == 0 {
		return "", false
	}
	letters := ""
	for _, p := range patterns {
		if strings.HasPrefix(p, "-") {
			continue // what is taken away leaves nothing new
		}
		one := lettersOf(p)
		if one == "" {
			return "", false
		}
		letters += one
	}
	return letters, letters != ""
}

func lettersOf(pattern string) string {
	known := false
	for _, c := range closed {
		known = known || strings.HasPrefix(pattern, c)
	}
	if !known {
		return ""
	}
	ps := schema.NewPatterns()
	list := ps.Rule([]string{pattern})
	letters := ""
	for _, s := range streams {
		if ps.Match(s.index).Has(list) {
			letters += s.letters
		}
	}
	return letters
}

// fieldsWithoutSource names fields that every source of the rule's indices lacks.
func fieldsWithoutSource(c *context) {
	letters, ok := sourcesOf(c.rule.Indices)
	if !ok || c.opt.Mapped {
		return
	}
	for _, u := range uses(c.rule) {
		f := c.schema.Lookup(u.field)
		has, listed := sources()[f.Path]
		if f.Known && listed && !strings.ContainsAny(has, letters) {
			c.say(u.key, u.field, fmt.Sprintf("no source of %s has the field %s", strings.Join(c.rule.Indices, ", "), u.field))
		}
	}
}
