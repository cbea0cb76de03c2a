package rows

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"coldcase/rules/esql"
)

// grok compiles GROK: the first pattern that matches a string gives the columns of all of
// them. Of a list each value is tried, and what is found is put together.
func (b *builder) grok(c *esql.Grok) (op, error) {
	x, err := b.c.value(c.X)
	if err != nil {
		return op{}, err
	}
	var patterns []grokPattern
	for _, p := range c.Patterns {
		re, err := regexp.Compile(p.Program)
		if err != nil {
			return op{}, fmt.Errorf("GROK: %w", err)
		}
		g := grokPattern{re: re, fields: p.Fields}
		for _, f := range p.Fields {
			g.slots = append(g.slots, b.p.slot(f.Name))
		}
		patterns = append(patterns, g)
	}
	var outputs []int
	for _, o := range c.Outputs {
		outputs = append(outputs, b.p.slot(o.Name))
	}
	return op{apply: func(e *Env) bool {
		input := x(e)
		for _, slot := range outputs {
			e.Row[slot] = nil
		}
		for _, s := range input {
			if s.Type == esql.Keyword {
				grokText(e, patterns, s.S)
			}
		}
		return true
	}}, nil
}

type grokPattern struct {
	re     *regexp.Regexp
	fields []esql.GrokField
	slots  []int
}

func grokText(e *Env, patterns []grokPattern, s string) {
	for _, p := range patterns {
		m := p.re.FindStringSubmatchIndex(s)
		if m == nil {
			continue
		}
		for i, f := range p.fields {
			for _, g := range f.Groups {
				if m[2*g] < 0 {
					continue
				}
				if v := typed(s[m[2*g]:m[2*g+1]], f.Type); len(e.Row[p.slots[i]]) < maxList {
					e.Row[p.slots[i]] = slices.Concat(e.Row[p.slots[i]], v)
				}
			}
		}
		return
	}
}

// typed converts what a group took; null for what does not convert.
func typed(s string, t esql.Type) Value {
	switch t {
	case esql.Integer, esql.Long:
		return toWhole(keyword(s), t)
	case esql.Double:
		return toDouble(keyword(s))
	case esql.Boolean:
		return toBoolean(keyword(s))
	}
	return textValue(s)
}

// dissect compiles DISSECT.
func (b *builder) dissect(c *esql.Dissect) (op, error) {
	x, err := b.c.value(c.X)
	if err != nil {
		return op{}, err
	}
	var slots []int
	for _, name := range c.Pattern.Outputs {
		slots = append(slots, b.p.slot(name))
	}
	return op{apply: func(e *Env) bool {
		input := x(e)
		for _, slot := range slots {
			e.Row[slot] = nil
		}
		for _, s := range input {
			if s.Type != esql.Keyword {
				continue
			}
			for i, text := range dissectText(c.Pattern, c.Separator, s.S) {
				e.Row[slots[i]] = slices.Concat(e.Row[slots[i]], textValue(text))
			}
		}
		return true
	}}, nil
}

// dissectText returns a value for each output of the pattern, nil when the text does not
// have its form. It is DissectParser.parse of Elasticsearch: behind a value, each further
// delimiter of the same kind is an empty value of the key that follows, whatever stands
// behind that one in the pattern.
func dissectText(p *esql.DissectPattern, separator, s string) []string {
	if len(s) <= len(p.Prefix) || !strings.HasPrefix(s, p.Prefix) {
		return nil
	}
	s = s[len(p.Prefix):]
	d := dissected{keys: p.Keys, parts: make([][]string, len(p.Outputs))}
	for d.n < len(d.keys) {
		delimiter := d.keys[d.n].Delimiter
		if delimiter == "" {
			d.put(s)
			break
		}
		taken, rest, ok := strings.Cut(s, delimiter)
		if !ok {
			return nil
		}
		repeated := d.put(taken)
		for s = rest; strings.HasPrefix(s, delimiter); s = s[len(delimiter):] {
			if !repeated && d.n == len(d.keys) {
				break
			}
			if !repeated {
				repeated = d.put("")
			}
		}
	}
	out := make([]string, len(d.parts))
	for i, list := range d.parts {
		out[i] = strings.Join(list, separator)
	}
	return out
}

// dissected is what the first n keys of a pattern took, by output.
type dissected struct {
	keys  []esql.DissectKey
	n     int
	parts [][]string
}

// put gives a value to the next key, and reports whether repeated delimiters belong to it.
func (d *dissected) put(text string) (repeated bool) {
	k := d.keys[d.n]
	d.n++
	if k.Output >= 0 {
		for len(d.parts[k.Output]) <= k.Order {
			d.parts[k.Output] = append(d.parts[k.Output], "")
		}
		d.parts[k.Output][k.Order] = text
	}
	return k.Repeated
}
