package esql

import (
	"maps"
	"slices"
	"strings"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// functionNames are the names that calls may have, sorted.
var functionNames = slices.Sorted(maps.Keys(byName))

// meant suggests what a misspelt word may stand for.
func meant(word string, known []string) string {
	if near := source.Nearest(word, known); near != "" {
		return ": did you mean " + near + "?"
	}
	return ""
}

// name reads a dotted column name. Behind a dot keywords are plain names.
func (p *parser) name() (Name, error) {
	start := p.cur().span
	if !p.cur().name() {
		return Name{}, p.unexpected("a name")
	}
	parts := []string{p.take().text}
	for p.cur().is(".") && (p.ahead(1).kind == tokName || p.ahead(1).kind == tokQuoted) {
		p.take()
		parts = append(parts, p.take().text)
	}
	return Name{Text: strings.Join(parts, "."), at: p.from(start).at}, nil
}

// patterns reads names in which '*' stands for any text.
func (p *parser) patterns() ([]Name, error) {
	var out []Name
	for {
		if err := p.count(1); err != nil {
			return nil, err
		}
		n, err := p.pattern()
		if err != nil {
			return nil, err
		}
		out = append(out, n)
		if !p.accept(",") {
			return out, nil
		}
	}
}

// pattern reads one name or pattern: tokens with nothing between them. Parts in backticks
// are plain text.
func (p *parser) pattern() (Name, error) {
	start := p.cur().span
	var pat query.Pattern
	wild := false
	for end := start.Start; p.cur().span.Start == end && isNamePart(p.cur()); {
		t := p.take()
		end = t.span.End
		if t.is("*") {
			wild = true
			pat = append(pat, query.Part{Kind: query.Any})
		} else {
			pat = pat.AppendLit(t.text)
		}
	}
	if len(pat) == 0 {
		return Name{}, p.unexpected("a name or a pattern")
	}
	at := p.from(start).at
	if !wild {
		text, _ := pat.Literal()
		return Name{Text: text, at: at}, nil
	}
	return Name{Text: printPattern(pat), Pattern: pat, at: at}, nil
}

func isNamePart(t token) bool {
	return t.kind == tokName || t.kind == tokQuoted || t.kind == tokInt || t.is(".") || t.is("*")
}

// matches holds a name against a pattern of names. Time is at most the product of their
// lengths: only the last star is ever retried.
func matches(p query.Pattern, name string) bool {
	star, mark := -1, 0
	i, at := 0, 0
	for {
		switch {
		case i == len(p) && at == len(name):
			return true
		case i < len(p) && p[i].Kind == query.Any:
			star, mark = i, at
			i++
			continue
		case i < len(p) && p[i].Kind == query.Lit && strings.HasPrefix(name[at:], p[i].Text):
			at += len(p[i].Text)
			i++
			continue
		}
		if star < 0 || mark >= len(name) {
			return false
		}
		mark++
		i, at = star+1, mark
	}
}
