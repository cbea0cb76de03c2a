package rows

import (
	"regexp"
	"strings"

	"coldcase/rules/esql"
)

// patternCache remembers what was compiled of texts that nearly always are constants.
// Columns may hold them too, so that it has a bound.
type patternCache struct {
	regexps map[string]*regexp.Regexp // nil for what is none
	formats map[string]*esql.DateFormat
}

const maxPatterns = 256

func (c *patternCache) regexp(pattern string) *regexp.Regexp {
	re, ok := c.regexps[pattern]
	if ok {
		return re
	}
	if program, err := esql.JavaRegexp(pattern); err == nil {
		re, _ = regexp.Compile(program) // nil: the result is null
	}
	if c.regexps == nil || len(c.regexps) >= maxPatterns {
		c.regexps = map[string]*regexp.Regexp{}
	}
	c.regexps[pattern] = re
	return re
}

func (c *patternCache) dateFormat(pattern string) *esql.DateFormat {
	f, ok := c.formats[pattern]
	if ok {
		return f
	}
	f, err := esql.CompileDateFormat(pattern)
	if err != nil {
		f = nil
	}
	if c.formats == nil || len(c.formats) >= maxPatterns {
		c.formats = map[string]*esql.DateFormat{}
	}
	c.formats[pattern] = f
	return f
}

// patterns are functions on regular expressions.
var patterns = map[string]function{"REPLACE": replace}

// replace is String.replaceAll of Java.
func replace(e *Env, a []Value) Value {
	s, ok := a[0].text()
	pattern, pok := a[1].text()
	with, wok := a[2].text()
	if !ok || !pok || !wok {
		return nil
	}
	re := e.patterns.regexp(pattern)
	if re == nil {
		return nil
	}
	found := re.FindAllStringSubmatchIndex(s, -1)
	if len(found) == 0 {
		return a[0]
	}
	template, err := esql.JavaReplacement(with, re)
	if err != nil {
		return nil
	}
	var out []byte
	last, groups := 0, strings.Count(template, "${")
	for _, m := range found {
		// A group is at most the match: a column may ask for it as often as it likes.
		if len(out)+m[0]-last+len(template)+groups*(m[1]-m[0]) > maxText {
			return nil
		}
		out = re.ExpandString(append(out, s[last:m[0]]...), template, s, m)
		last = m[1]
	}
	return textValue(string(append(out, s[last:]...)))
}
