package matchers

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"coldcase/matchers/event"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// Bounds of what an explanation shows of one leaf.
const (
	maxExplainedValues = 8
	maxExplainedText   = 240  // bytes of one value
	maxExplainedParts  = 1000 // alternatives of a leaf beyond which none is named
)

// leafPlan is what explaining a leaf needs beside its node.
type leafPlan struct {
	field  schema.Field
	glob   bool // of a field name
	slot   int
	exists bool
	parts  []leafPart // its alternatives one by one; none where they are too many
	many   int        // how many there are
}

// leafPart is one alternative of a leaf: one of several values, patterns, networks.
type leafPart struct {
	text string
	lit  string // longest plain text in it, where a value is cut around
	n    node
}

func (p *planner) leafPlan(x query.Expr, n node) *leafPlan {
	f, _ := query.LeafField(x)
	out := &leafPlan{field: p.c.schema.Lookup(f.Name), glob: f.Glob, many: alternatives(x)}
	if !f.Glob {
		out.slot = p.c.layout.Slot(out.field.Path)
	}
	if _, out.exists = x.(*query.Exists); out.exists || out.many > maxExplainedParts {
		return out
	}
	for i := range out.many {
		one, text, lit := p.print.alternative(x, i)
		part := leafPart{text: text, lit: lit, n: n}
		if out.many > 1 {
			part.n = p.part(one, f, out)
		}
		out.parts = append(out.parts, part)
	}
	return out
}

// part compiles one alternative by itself.
func (p *planner) part(one query.Expr, f query.Field, leaf *leafPlan) node {
	n, err := node(nil), error(nil)
	if f.Glob {
		n, err = p.c.globNode(one, f)
	} else {
		n, err = p.c.leafOn(one, leaf.field, leaf.slot)
	}
	if err != nil {
		panic("BUG: matchers.part: a part of a compiled leaf does not compile: " + err.Error())
	}
	return n
}

// explain fills in what a leaf is on the event of the scratch.
func (p *leafPlan) explain(n node, s *scratch, out *Clause) {
	out.Field, out.Type = p.field.Name, typeNames[p.field.Type]
	held := n.eval(s)
	out.Verdict = verdictOf(held)
	if held {
		out.Note = p.beyond(n, s)
	}
	switch {
	case p.glob:
		out.Type = ""
		p.explainAny(n.(*anyFieldNode), s, out)
	case p.field.HasConstant:
		out.Values, out.Note = []string{cut(p.field.Constant, "")}, constantNote
		if held {
			out.Value = out.Values[0]
		}
	default:
		p.explainValues(n, s, out)
	}
}

const constantNote = "constant of the index"

// beyond says whether a leaf holds for a value alone that a live stack does not index
// (Decision 1).
func (p *leafPlan) beyond(n node, s *scratch) string {
	s.strict = true
	defer func() { s.strict = false }()
	switch {
	case n.eval(s):
		return ""
	case p.glob:
		return "the value is longer than its mapping's ignore_above: a live stack would not find it"
	}
	return fmt.Sprintf("the value is longer than ignore_above %d: a live stack would not find it", p.field.IgnoreAbove)
}

func (p *leafPlan) explainValues(n node, s *scratch, out *Clause) {
	values, usable := s.ev.Values(p.slot), 0
	for _, v := range values {
		if v.Kind == event.Object && !p.exists {
			continue
		}
		if scalar(v, p.field.HasNullValue) {
			usable++
		}
		if len(out.Values) == maxExplainedValues {
			out.More++
			continue
		}
		out.Values = append(out.Values, shownValue(v, p.field, ""))
	}
	switch {
	case out.Verdict == True && p.exists:
		out.Value = p.firstThatExists(values)
	case out.Verdict == True:
		p.hit(n, s, values, out)
	case usable == 0 || p.exists:
		out.Verdict = Missing
	}
	if _, never := n.(constNode); never {
		out.Note = "no value of type " + out.Type + " can be that"
	}
}

func (p *leafPlan) firstThatExists(values []event.Value) string {
	for _, v := range values {
		if v.Kind != event.Null || p.field.HasNullValue {
			return shownValue(v, p.field, "")
		}
	}
	return ""
}

// hit names the first value that passes, and the first alternative that it passes by.
func (p *leafPlan) hit(n node, s *scratch, values []event.Value, out *Clause) {
	for i, v := range values {
		if !passes(n, s, i, v) {
			continue
		}
		out.Value = shownValue(v, p.field, "")
		for _, part := range p.parts {
			if passes(part.n, s, i, v) {
				out.Value, out.Pattern = shownValue(v, p.field, part.lit), part.text
				return
			}
		}
		out.Pattern = fmt.Sprintf("one of %d", p.many)
		return
	}
}

// passes says whether the i-th value of a leaf's slot passes its test.
func passes(n node, s *scratch, i int, v event.Value) bool {
	var l *leaf
	switch n := n.(type) {
	case *leaf:
		l = n
	case *costlyLeaf:
		l = &n.leaf
	default:
		return false
	}
	seen, ok := l.look(s, i, v)
	return ok && l.test.match(s, seen)
}

// explainAny explains a predicate on any field whose name matches a pattern. The
// values stand with the names of their fields.
func (p *leafPlan) explainAny(n *anyFieldNode, s *scratch, out *Clause) {
	named := false
	look := func(l event.Leaf) bool {
		if l.Value.Kind == event.Null || len(l.Name) > maxFieldName || !n.names(l.Name) {
			return true
		}
		named = true
		// What is shown is taken first: a leaf is scratch.
		name, f := cut(string(l.Name), ""), n.typeOf(s, l.Name)
		if out.Verdict == True && out.Value == "" && n.holds(s, l) {
			out.Field, out.Type, out.Value = name, typeNames[f.Type], shownValue(l.Value, f, "")
			for _, part := range p.parts {
				if any, ok := part.n.(*anyFieldNode); ok && any.holds(s, l) {
					out.Value, out.Pattern = shownValue(l.Value, f, part.lit), part.text
					break
				}
			}
		}
		if len(out.Values) == maxExplainedValues {
			out.More++
		} else {
			out.Values = append(out.Values, name+" = "+shownValue(l.Value, f, ""))
		}
		return true
	}
	if n.nested != "" {
		s.tree.ElementLeaves(s.around, n.nested, look)
	} else {
		s.tree.Leaves(look)
	}
	if !named {
		out.Verdict = Missing
	}
}

// shownValue is a value as an explanation shows it, cut around lit when it is long.
func shownValue(v event.Value, f schema.Field, lit string) string {
	switch v.Kind {
	case event.Null:
		if f.HasNullValue {
			return "null, which is " + cut(f.NullValue, "") + " here"
		}
		return "null"
	case event.Object:
		return "(an object)"
	}
	return cutBytes(v.Text, lit)
}

func cut(s, lit string) string { return cutBytes([]byte(s), lit) }

// cutBytes cuts a text to maxExplainedText bytes around the first place where lit
// stands, in any case of its ASCII letters, so that what matched can be seen.
func cutBytes(b []byte, lit string) string {
	if len(b) <= maxExplainedText {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	from := 0
	if lit != "" {
		if i := bytes.Index(appendLower(nil, b), appendLower(nil, []byte(lit))); i+len(lit) > maxExplainedText {
			from = max(0, min(i-maxExplainedText/4, len(b)-maxExplainedText))
		}
	}
	to := min(len(b), from+maxExplainedText)
	for from > 0 && from < len(b) && !utf8.RuneStart(b[from]) {
		from++
	}
	out := strings.ToValidUTF8(string(b[from:to]), "\uFFFD")
	if from > 0 {
		out = "…" + out
	}
	if to < len(b) {
		out = strings.TrimSuffix(out, "\uFFFD") + "…"
	}
	return out + fmt.Sprintf(" (%d bytes)", len(b))
}
