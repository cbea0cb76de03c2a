package matchers

import (
	"regexp"

	"coldcase/matchers/event"
)

// regexpTest holds when one of the expressions matches the whole text of a string.
// RE2 guarantees linear time.
type regexpTest struct {
	res     []*regexp.Regexp
	shapes  []shape // of res
	numbers bool    // the field is a keyword: a JSON number is text like any other
}

func newRegexpTest(patterns []string, numbers bool) (*regexpTest, error) {
	t := &regexpTest{numbers: numbers}
	for _, p := range patterns {
		re, err := regexp.Compile(p)
		if err != nil {
			return nil, err
		}
		t.res, t.shapes = append(t.res, re), append(t.shapes, newShape(p))
	}
	return t, nil
}

func (t *regexpTest) match(s *scratch, v event.Value) bool {
	if v.Kind != event.String && !t.numbers {
		return false
	}
	for i, re := range t.res {
		if (s.plain || t.shapes[i].allows(v.Text)) && re.Match(v.Text) {
			return true
		}
	}
	return false
}
