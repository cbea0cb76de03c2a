package matchers

import (
	"bytes"
	"net/netip"

	"coldcase/matchers/event"
	"coldcase/rules/query"
)

// textTest holds when a value's text is one of a set: keyword equality. Numbers
// and booleans in JSON are indexed as their text. Literals that are numbers also
// compare as numbers (Decision 4).
type textTest struct {
	one  []byte
	many map[string]struct{}
	// sizes has a bit for the length of each of many, the last for all lengths beyond.
	sizes uint64
	nums  []number
}

func newTextTest(values []query.Literal, lower lowerFunc) *textTest {
	t := &textTest{}
	set := map[string]struct{}{}
	for _, l := range values {
		text := lower.text([]byte(l.Text))
		if n, ok := parseNumber(text); ok && l.Kind == query.Number {
			t.nums = append(t.nums, n)
		}
		set[string(text)] = struct{}{}
		t.one = text
		t.sizes |= 1 << min(len(text), 63)
	}
	if len(set) > 1 {
		t.one, t.many = nil, set
	}
	return t
}

func (t *textTest) match(_ *scratch, v event.Value) bool {
	if t.many != nil {
		if t.sizes&(1<<min(len(v.Text), 63)) != 0 {
			if _, ok := t.many[string(v.Text)]; ok {
				return true
			}
		}
	} else if bytes.Equal(v.Text, t.one) {
		return true
	}
	return t.nums != nil && matchNumbers(v.Text, t.nums)
}

func matchNumbers(b []byte, nums []number) bool {
	n, ok := parseNumber(b)
	if !ok {
		return false
	}
	for _, m := range nums {
		if n.cmp(m) == 0 {
			return true
		}
	}
	return false
}

// numberTest holds when a value is one of a set of numbers: fields of type long
// (whole: fractions of values are cut, as coerce does) and double. Numbers in
// strings count.
type numberTest struct {
	nums  []number
	whole bool
}

func newNumberTest(values []query.Literal, whole bool) *numberTest {
	t := &numberTest{whole: whole}
	for _, l := range values {
		if n, ok := parseNumber([]byte(l.Text)); ok && l.Kind != query.Bool {
			t.nums = append(t.nums, n)
		}
	}
	return t
}

func (t *numberTest) match(_ *scratch, v event.Value) bool {
	n, ok := fieldNumber(v, t.whole)
	if !ok {
		return false
	}
	for _, m := range t.nums {
		if n.cmp(m) == 0 {
			return true
		}
	}
	return false
}

// fieldNumber is what a numeric field holds of a JSON value.
func fieldNumber(v event.Value, whole bool) (number, bool) {
	if v.Kind == event.Bool {
		return number{}, false
	}
	n, ok := parseNumber(v.Text)
	if ok && whole {
		n = n.truncated()
	}
	return n, ok
}

// boolTest holds when a value is the wanted boolean; "true" and "false" in strings
// count, and "" is false.
type boolTest struct{ yes, no bool }

func newBoolTest(values []query.Literal) *boolTest {
	t := &boolTest{}
	for _, l := range values {
		t.yes = t.yes || l.Text == "true"
		t.no = t.no || l.Text == "false" || l.Text == "" && l.Kind == query.String
	}
	return t
}

func (t *boolTest) match(_ *scratch, v event.Value) bool {
	switch string(v.Text) {
	case "true":
		return t.yes
	case "false", "":
		return t.no
	}
	return false
}

// netTest holds when a value is an address in one of a set of networks.
type netTest struct {
	nets   []netip.Prefix
	ranges netRanges // the same, when they are many
}

func newNetTest(texts []string) *netTest {
	t := &netTest{}
	for _, s := range texts {
		if p, ok := parseNet([]byte(s)); ok {
			t.nets = append(t.nets, p)
		}
	}
	if len(t.nets) >= manyNets {
		t.ranges = newNetRanges(t.nets)
	}
	return t
}

func (t *netTest) match(_ *scratch, v event.Value) bool {
	a, ok := parseAddr(v.Text)
	if !ok {
		return false
	}
	if t.ranges != nil {
		return t.ranges.contains(a)
	}
	for _, p := range t.nets {
		if containsAddr(p, a) {
			return true
		}
	}
	return false
}

// dateTest holds when a value falls into one of a set of periods.
type dateTest struct{ dates []*dateLiteral }

func newDateTest(values []query.Literal) *dateTest {
	t := &dateTest{}
	for _, l := range values {
		if d, ok := parseDateLiteral(l.Text); ok {
			t.dates = append(t.dates, d)
		}
	}
	return t
}

func (t *dateTest) match(s *scratch, v event.Value) bool {
	nanos, ok := event.ParseTime(v)
	if !ok {
		return false
	}
	for _, d := range t.dates {
		if lo, hi := d.span(s.now); lo <= nanos && nanos <= hi {
			return true
		}
	}
	return false
}

// dynamicTest is equality on a field that no schema knows: strings compare as
// keywords, JSON numbers as numbers, JSON booleans as booleans.
type dynamicTest struct {
	text  *textTest
	nums  *numberTest
	bools *boolTest
}

func newDynamicTest(values []query.Literal, lower lowerFunc) *dynamicTest {
	return &dynamicTest{newTextTest(values, lower), newNumberTest(values, false), newBoolTest(values)}
}

func (t *dynamicTest) match(s *scratch, v event.Value) bool {
	switch v.Kind {
	case event.Number:
		return t.nums.match(s, v)
	case event.Bool:
		return t.bools.match(s, v)
	}
	return t.text.match(s, v)
}
