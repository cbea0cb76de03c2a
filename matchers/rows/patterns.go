package rows

import (
	"regexp"
	"strings"
	"unicode"

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
	var out strings.Builder
	last := 0
	for _, m := range re.FindAllStringSubmatchIndex(s, -1) {
		out.WriteString(s[last:m[0]])
		if !appendReplacement(&out, with, s, m) || out.Len() > maxText {
			return nil
		}
		last = m[1]
	}
	if last == 0 && out.Len() == 0 {
		return a[0]
	}
	out.WriteString(s[last:])
	return textValue(out.String())
}

// appendReplacement expands $n, ${name} not being in use, and backslashes; ok is false for
// a group that is not there.
func appendReplacement(out *strings.Builder, with, s string, m []int) (ok bool) {
	for i := 0; i < len(with); i++ {
		switch {
		case with[i] == '\\' && i+1 < len(with):
			i++
			out.WriteByte(with[i])
		case with[i] == '\\':
			return false
		case with[i] == '$':
			if i+1 == len(with) || !unicode.IsDigit(rune(with[i+1])) {
				return false
			}
			i++
			group := int(with[i] - '0')
			// More digits belong to the number as long as there is such a group.
			for i+1 < len(with) && unicode.IsDigit(rune(with[i+1])) && (group*10+int(with[i+1]-'0'))*2 < len(m) {
				i++
				group = group*10 + int(with[i]-'0')
			}
			if group*2 >= len(m) {
				return false
			}
			if m[2*group] >= 0 {
				out.WriteString(s[m[2*group]:m[2*group+1]])
			}
		default:
			out.WriteByte(with[i])
		}
	}
	return true
}
