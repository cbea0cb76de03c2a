package index

import (
	"strconv"

	"coldcase/matchers/event"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// atomKind says what an atom asks of a value of its slot.
type atomKind uint8

const (
	present atomKind = iota // there is one
	exact                   // it is text, but for ASCII case
	gram                    // it contains text (gramSize bytes), but for ASCII case
)

// gramSize is the length in bytes of the texts that are looked for inside values.
const gramSize = 4

// atom is a cheap necessary condition on one field.
type atom struct {
	kind atomKind
	slot int
	text string // lower-cased in ASCII
}

// Costs say how often an atom is likely to hold: a made-up scale whose order is what
// matters. Presence says next to nothing.
const (
	costExact   = 1
	costGram    = 6
	costPresent = 1000
)

// fields resolves names as the matcher does.
type fields struct {
	schema *schema.Schema
	layout *event.Layout
}

func (f fields) of(name string) (schema.Field, int, bool) {
	field := f.schema.Lookup(name)
	slot, ok := f.layout.Lookup(field.Path)
	return field, slot, ok
}

// anchorsOf returns atoms of which one holds whenever x does, and their cost; ok is
// false when x has none.
func (f fields) anchorsOf(x query.Expr) (atoms []atom, cost int, ok bool) {
	switch x := x.(type) {
	case *query.And:
		for _, part := range x.X {
			if a, c, found := f.anchorsOf(part); found && (!ok || c < cost) {
				atoms, cost, ok = a, c, true
			}
		}
		return atoms, cost, ok
	case *query.Or:
		for _, part := range x.X {
			a, c, found := f.anchorsOf(part)
			if !found {
				return nil, 0, false
			}
			atoms, cost = append(atoms, a...), cost+c
		}
		return atoms, cost, len(x.X) > 0
	}
	return f.leafAnchors(x)
}

func (f fields) leafAnchors(x query.Expr) ([]atom, int, bool) {
	qf, ok := query.LeafField(x)
	if !ok || qf.Glob {
		return nil, 0, false
	}
	field, slot, ok := f.of(qf.Name)
	if !ok {
		return nil, 0, false
	}
	if texts, kind, ok := literals(x, field); ok {
		cost := costExact
		if kind == gram {
			cost = costGram
		}
		atoms := make([]atom, len(texts))
		for i, t := range texts {
			atoms[i] = atom{kind, slot, t}
		}
		return atoms, cost * len(texts), true
	}
	return []atom{{kind: present, slot: slot}}, costPresent, true
}

// literals returns the texts one of which a value must be (exact) or contain (gram).
func literals(x query.Expr, f schema.Field) (texts []string, kind atomKind, ok bool) {
	if f.Lower || f.HasNullValue || !isText(f.Type) {
		return nil, 0, false
	}
	switch x := x.(type) {
	case *query.Term:
		if f.Type == schema.Text && x.Text != query.Whole {
			return nil, 0, false
		}
		return termTexts(x, f)
	case *query.Wildcard:
		if f.Type == schema.Text && x.Text != query.Whole {
			return nil, 0, false
		}
		for _, p := range x.Patterns {
			g, ok := patternGram(p)
			if !ok {
				return nil, 0, false
			}
			texts = append(texts, g)
		}
		return texts, gram, len(texts) > 0
	case *query.Regexp:
		for _, p := range x.Patterns {
			g, ok := rarestGram(query.RequiredLiteral(p))
			if !ok {
				return nil, 0, false
			}
			texts = append(texts, g)
		}
		return texts, gram, len(texts) > 0
	}
	return nil, 0, false
}

func isText(t schema.Type) bool {
	switch t {
	case schema.Keyword, schema.Wildcard, schema.ConstantKeyword, schema.Text, schema.Dynamic:
		return true
	}
	return false
}

// termTexts gives up on literals whose equality is wider than that of bytes: those
// that compare as numbers, and "", which is also false.
func termTexts(x *query.Term, f schema.Field) ([]string, atomKind, bool) {
	texts := make([]string, len(x.Values))
	for i, l := range x.Values {
		if l.Kind == query.Number || l.Text == "" {
			return nil, 0, false
		}
		if _, err := strconv.ParseFloat(l.Text, 64); err == nil && f.Type == schema.Dynamic {
			return nil, 0, false
		}
		texts[i] = lower(l.Text)
	}
	return texts, exact, len(texts) > 0
}

// patternGram picks a gram of a wildcard pattern's literal parts.
func patternGram(p query.Pattern) (string, bool) {
	best, found := "", false
	for _, part := range p {
		if part.Kind != query.Lit {
			continue
		}
		if g, ok := rarestGram(lower(part.Text)); ok && (!found || rarity(g) > rarity(best)) {
			best, found = g, true
		}
	}
	return best, found
}

// rarestGram picks the gram of a text that is likely to be rarest in events.
func rarestGram(s string) (string, bool) {
	if len(s) < gramSize {
		return "", false
	}
	best := s[:gramSize]
	for i := 1; i+gramSize <= len(s); i++ {
		if g := s[i : i+gramSize]; rarity(g) > rarity(best) {
			best = g
		}
	}
	return best, true
}

// common are texts that stand in a large share of all paths and command lines.
var common = []string{
	`c:\windows\system32\`, `\program files (x86)\`, `\programdata\microsoft\`, `\users\public\`,
	`\appdata\local\temp\`, `.exe`, `.dll`, `/usr/bin/`, `/usr/local/sbin/`, `/usr/lib/`, `/bin/sh -c`,
	`/bin/bash`, `/var/log/`, `/home/`, `/library/`, `/applications/`, `\registry\machine\software\`,
	`\currentcontrolset\services\`, `hklm\software\microsoft\windows\currentversion\`, `windows nt`,
	`http://`, `https://`, `.com`,
}

var commonGrams = func() map[string]bool {
	m := map[string]bool{}
	for _, s := range common {
		for i := 0; i+gramSize <= len(s); i++ {
			m[s[i:i+gramSize]] = true
		}
	}
	return m
}()

// rarity scores a gram: frequent letters and separators count little, grams of
// common paths nothing.
func rarity(g string) int {
	if commonGrams[g] {
		return 0
	}
	score := 1
	for i := 0; i < len(g); i++ {
		switch c := g[i]; {
		case c == 'e' || c == 't' || c == 'a' || c == 'o' || c == 'i' || c == 'n' || c == 's' || c == 'r':
			score++
		case c == ' ' || c == '/' || c == '\\' || c == '.' || c == '-':
			score += 2
		case c >= 'a' && c <= 'z':
			score += 3
		default:
			score += 4
		}
	}
	return score
}

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}
