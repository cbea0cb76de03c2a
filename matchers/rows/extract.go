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
// have its form.
func dissectText(p *esql.DissectPattern, separator, s string) []string {
	s, ok := strings.CutPrefix(s, p.Prefix)
	if !ok {
		return nil
	}
	parts := make([][]string, len(p.Outputs))
	for _, k := range p.Keys {
		taken := s
		if k.Delimiter != "" {
			if taken, s, ok = strings.Cut(s, k.Delimiter); !ok {
				return nil
			}
			for k.Repeated && strings.HasPrefix(s, k.Delimiter) {
				s = s[len(k.Delimiter):]
			}
		}
		if k.Output < 0 {
			continue
		}
		for len(parts[k.Output]) <= k.Order {
			parts[k.Output] = append(parts[k.Output], "")
		}
		parts[k.Output][k.Order] = taken
	}
	out := make([]string, len(parts))
	for i, list := range parts {
		out[i] = strings.Join(list, separator)
	}
	return out
}
