package matchers

import (
	"bytes"
	"net/netip"

	"coldcase/matchers/event"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// newRangeTest compiles f < v and its kin for a field's type; nil when a literal
// cannot be of that type.
func newRangeTest(x *query.Range, f schema.Field) test {
	t := newBoundTest(x, f)
	if x.Also == nil || t == nil {
		return t
	}
	also := newBoundTest(&query.Range{Field: x.Field, Op: x.Also.Op, Value: x.Also.Value}, f)
	if also == nil {
		return nil
	}
	return &bothTest{t, also}
}

// bothTest holds when one value passes both tests.
type bothTest struct{ a, b test }

func (t *bothTest) match(s *scratch, v event.Value) bool { return t.a.match(s, v) && t.b.match(s, v) }

// newBoundTest compiles one bound.
func newBoundTest(x *query.Range, f schema.Field) test {
	text := []byte(x.Value.Text)
	switch f.Type {
	case schema.Long, schema.Double:
		n, ok := parseNumber(text)
		if !ok {
			return nil
		}
		return &numberRange{x.Op, n, f.Type == schema.Long}
	case schema.Date:
		d, ok := parseDateLiteral(x.Value.Text)
		if !ok {
			return nil
		}
		return &dateRange{x.Op, d}
	case schema.IP:
		a, ok := parseAddr(text)
		if !ok {
			return nil
		}
		return &addrRange{x.Op, a}
	case schema.Version:
		return &versionRange{x.Op, text}
	case schema.Boolean, schema.Nested, schema.Object, schema.Flattened, schema.Other:
		return nil
	}
	return newTextRange(x, f)
}

// holds says whether a comparison's result satisfies op.
func holds(op query.RangeOp, cmp int) bool {
	switch op {
	case query.Lt:
		return cmp < 0
	case query.Le:
		return cmp <= 0
	case query.Gt:
		return cmp > 0
	}
	return cmp >= 0
}

type numberRange struct {
	op    query.RangeOp
	n     number
	whole bool
}

func (t *numberRange) match(_ *scratch, v event.Value) bool {
	n, ok := fieldNumber(v, t.whole)
	return ok && holds(t.op, n.cmp(t.n))
}

type dateRange struct {
	op query.RangeOp
	d  *dateLiteral
}

// match rounds as Elasticsearch does: "<=" and ">" take the end of the literal's
// period, "<" and ">=" its start.
func (t *dateRange) match(s *scratch, v event.Value) bool {
	nanos, ok := event.ParseTime(v)
	if !ok {
		return false
	}
	lo, hi := t.d.span(s.now)
	switch t.op {
	case query.Lt:
		return nanos < lo
	case query.Le:
		return nanos <= hi
	case query.Gt:
		return nanos > hi
	}
	return nanos >= lo
}

type addrRange struct {
	op query.RangeOp
	a  netip.Addr
}

func (t *addrRange) match(_ *scratch, v event.Value) bool {
	a, ok := parseAddr(v.Text)
	if !ok {
		return false
	}
	// Elasticsearch orders addresses by their 16-byte form.
	x, y := a.As16(), t.a.As16()
	return holds(t.op, bytes.Compare(x[:], y[:]))
}

type versionRange struct {
	op   query.RangeOp
	text []byte
}

func (t *versionRange) match(_ *scratch, v event.Value) bool {
	return holds(t.op, compareVersions(v.Text, t.text))
}

// textRange compares keywords by bytes, unless the literal was written as a number
// and the value is one (Decision 4). On a field that no schema knows a JSON number
// compares as a number whatever the literal's kind, and a date with a date.
type textRange struct {
	op      query.RangeOp
	text    []byte
	num     number
	isNum   bool
	written bool // the literal was written as a number
	date    *dateLiteral
	dynamic bool
}

func newTextRange(x *query.Range, f schema.Field) *textRange {
	text := lowering(false, f.Lower).text([]byte(x.Value.Text))
	t := &textRange{op: x.Op, text: text, dynamic: f.Type == schema.Dynamic}
	t.num, t.isNum = parseNumber(t.text)
	t.written = t.isNum && x.Value.Kind == query.Number
	if t.dynamic && !t.isNum {
		t.date, _ = parseDateLiteral(x.Value.Text)
	}
	return t
}

func (t *textRange) match(s *scratch, v event.Value) bool {
	if t.dynamic && v.Kind == event.Number || t.written {
		if n, ok := parseNumber(v.Text); ok {
			return t.isNum && holds(t.op, n.cmp(t.num))
		}
	}
	if t.date != nil {
		if _, ok := event.ParseTime(v); ok {
			return (&dateRange{t.op, t.date}).match(s, v)
		}
	}
	if t.dynamic && v.Kind != event.String {
		return false
	}
	return holds(t.op, bytes.Compare(v.Text, t.text))
}
