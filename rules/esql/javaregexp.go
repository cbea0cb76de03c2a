package esql

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"

	"coldcase/rules/source"
)

// JavaRegexp turns a regular expression of java.util.regex, as REPLACE takes it, into Go's
// syntax. Go's engine does not go back, so possessive quantifiers are taken where going
// back could change nothing, and a negative lookahead where it only takes characters away
// from a class; any other lookaround, a back-reference or an atomic group is an error.
//
// '$' is the very end of the text: Java also allows one line end behind it.
func JavaRegexp(pattern string) (string, error) {
	if len(pattern) > maxRegexpLength {
		return "", fmt.Errorf("regular expression longer than %d bytes", maxRegexpLength)
	}
	j := &java{in: pattern, dotAll: dotAll.MatchString(pattern)}
	for j.pos < len(j.in) {
		if err := j.part(); err != nil {
			return "", err
		}
	}
	out := j.out.String()
	if _, err := regexp.Compile(out); err != nil {
		return "", fmt.Errorf("regular expression: %w", err)
	}
	return out, nil
}

// dotAll finds the flag with which '.' is any character, wherever it is set.
var dotAll = regexp.MustCompile(`\(\?[a-z]*s`)

// java translates a pattern atom by atom.
type java struct {
	in     string
	pos    int
	out    strings.Builder
	last   string // the atom before pos, in Go's syntax; "" for none
	dotAll bool
}

func (j *java) rest() string { return j.in[j.pos:] }

func (j *java) write(s string) { j.out.WriteString(s) }

func (j *java) part() error {
	rest := j.rest()
	switch c := rest[0]; {
	case strings.HasPrefix(rest, "(?!"):
		return j.lookahead()
	case strings.HasPrefix(rest, "(?=") || strings.HasPrefix(rest, "(?<=") || strings.HasPrefix(rest, "(?<!"):
		return &regexpUnsupported{"lookaround in a regular expression"}
	case strings.HasPrefix(rest, "(?>"):
		return &regexpUnsupported{"atomic group in a regular expression"}
	case c == '?' || c == '*' || c == '+' || c == '}':
		j.pos++
		j.write(rest[:1])
		return j.possessive()
	case c == '(' || c == ')' || c == '|' || c == '^' || c == '$' || c == '{' || c == ',' && j.last == "":
		j.pos++
		j.write(rest[:1])
		j.last = ""
		return nil
	}
	atom, n, err := j.atom(rest)
	if err != nil {
		return err
	}
	j.pos += n
	j.write(atom)
	j.last = atom
	return nil
}

// atom translates a class, an escape or a character, and returns its length in the source.
func (j *java) atom(s string) (atom string, n int, err error) {
	switch s[0] {
	case '[':
		return javaClass(s)
	case '.':
		if j.dotAll {
			return ".", 1, nil
		}
		return `[^\n\r\x{85}\x{2028}\x{2029}]`, 1, nil
	case '\\':
		return javaEscape(s)
	}
	_, n = utf8.DecodeRuneInString(s)
	return s[:n], n, nil
}

func javaEscape(s string) (string, int, error) {
	if len(s) == 1 {
		return "", 0, fmt.Errorf("regular expression ends in a backslash")
	}
	switch c := s[1]; {
	case c == 's':
		return `[\s\x0B]`, 2, nil
	case c == 'S':
		return `[^\s\x0B]`, 2, nil
	case c == 'Z':
		return `\z`, 2, nil
	case c >= '1' && c <= '9', c == 'k':
		return "", 0, &regexpUnsupported{"back-reference in a regular expression"}
	case c == 'u' && len(s) >= 6:
		if _, err := strconv.ParseUint(s[2:6], 16, 32); err == nil {
			return `\x{` + s[2:6] + `}`, 6, nil
		}
	case c >= utf8.RuneSelf:
		_, n := utf8.DecodeRuneInString(s[1:])
		return s[1 : 1+n], 1 + n, nil
	case !isBody(c):
		return regexp.QuoteMeta(s[1:2]), 2, nil // Go knows no escape of some of them
	}
	return s[:2], 2, nil
}

// javaClass translates [...]. Classes within classes and && are refused.
func javaClass(s string) (string, int, error) {
	var b strings.Builder
	b.WriteByte('[')
	i := 1
	if strings.HasPrefix(s[1:], "^") {
		b.WriteByte('^')
		i++
	}
	for first := true; i < len(s); first = false {
		switch {
		case s[i] == ']' && !first:
			b.WriteByte(']')
			return b.String(), i + 1, nil
		case s[i] == '[', strings.HasPrefix(s[i:], "&&"):
			return "", 0, &regexpUnsupported{"class within a class in a regular expression"}
		case strings.HasPrefix(s[i:], `\s`):
			b.WriteString(`\s\x0B`)
			i += 2
		case s[i] == '\\':
			atom, n, err := javaEscape(s[i:])
			if err != nil {
				return "", 0, err
			}
			if len(atom) == 1 {
				atom = `\` + atom // a character that is special in classes only
			}
			if atom[0] == '[' {
				return "", 0, &regexpUnsupported{"class within a class in a regular expression"}
			}
			b.WriteString(atom)
			i += n
		default:
			b.WriteByte(s[i])
			i++
		}
	}
	return "", 0, fmt.Errorf("missing ']' in regular expression")
}

// possessive drops the '+' behind a quantifier when what follows cannot begin with what is
// repeated: then giving back a character could not help.
func (j *java) possessive() error {
	if !strings.HasPrefix(j.rest(), "+") {
		return nil
	}
	j.pos++
	if j.rest() == "" {
		return nil
	}
	next, _, err := j.atom(j.rest())
	if err != nil {
		return err
	}
	if strings.IndexByte("()|^$", j.rest()[0]) < 0 && j.last != "" {
		a, ok := runesOf(j.last)
		b, ok2 := runesOf(next)
		if ok && ok2 && len(overlap(a, b)) == 0 {
			return nil
		}
	}
	return &regexpUnsupported{"possessive quantifier in a regular expression"}
}

// lookahead translates (?!A)B where both are single characters or classes: B without A.
func (j *java) lookahead() error {
	end := strings.IndexByte(j.rest(), ')')
	if end < 0 {
		return fmt.Errorf("missing ')' in regular expression")
	}
	not := j.rest()[3:end]
	after := j.rest()[end+1:]
	unsupported := &regexpUnsupported{"lookaround in a regular expression"}
	if after == "" || strings.IndexByte("()|^$", after[0]) >= 0 {
		return unsupported
	}
	atom, n, err := j.atom(after)
	if err != nil {
		return err
	}
	a, ok := runesOf(not)
	b, ok2 := runesOf(atom)
	if !ok || !ok2 || n < len(after) && strings.IndexByte("?*+{", after[n]) >= 0 {
		return unsupported
	}
	j.pos += end + 1 + n
	j.last = classOf(without(b, a))
	j.write(j.last)
	return nil
}

// runesOf returns the ranges of the one character that an expression matches.
func runesOf(expr string) ([]rune, bool) {
	t, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, false
	}
	switch {
	case t.Op == syntax.OpCharClass:
		return t.Rune, true
	case t.Op == syntax.OpLiteral && len(t.Rune) == 1 && t.Flags&syntax.FoldCase == 0:
		return []rune{t.Rune[0], t.Rune[0]}, true
	}
	return nil, false
}

// overlap returns the ranges that two sorted lists of ranges share.
func overlap(a, b []rune) []rune {
	var out []rune
	for i := 0; i < len(a); i += 2 {
		for k := 0; k < len(b); k += 2 {
			if lo, hi := max(a[i], b[k]), min(a[i+1], b[k+1]); lo <= hi {
				out = append(out, lo, hi)
			}
		}
	}
	return out
}

// without returns the ranges of b that are not in a.
func without(b, a []rune) []rune {
	var gaps []rune // what a leaves
	next := rune(0)
	for i := 0; i < len(a); i += 2 {
		if a[i] > next {
			gaps = append(gaps, next, a[i]-1)
		}
		next = a[i+1] + 1
	}
	if next <= utf8.MaxRune {
		gaps = append(gaps, next, utf8.MaxRune)
	}
	return overlap(b, gaps)
}

func classOf(ranges []rune) string {
	if len(ranges) == 0 {
		return nothing
	}
	var b strings.Builder
	b.WriteByte('[')
	for i := 0; i < len(ranges); i += 2 {
		fmt.Fprintf(&b, `\x{%X}-\x{%X}`, ranges[i], ranges[i+1])
	}
	b.WriteByte(']')
	return b.String()
}

// JavaReplacement turns the replacement of a Matcher.replaceAll into a template of Go's
// Regexp.Expand: $1 is ${1}, a backslash makes the next character plain. Java reads as many
// digits as make a group of the expression.
func JavaReplacement(s string, re *regexp.Regexp) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteString(strings.ReplaceAll(s[i:i+1], "$", "$$"))
		case s[i] == '\\':
			return "", fmt.Errorf("replacement ends in a backslash")
		case s[i] != '$':
			b.WriteByte(s[i])
		default:
			n, err := groupReference(s[i+1:], re)
			if err != nil {
				return "", err
			}
			name := strings.Trim(s[i+1:i+1+n], "{}")
			b.WriteString("${" + name + "}")
			i += n
		}
	}
	return b.String(), nil
}

// groupReference returns the length of the reference behind a '$': digits or {name}.
func groupReference(s string, re *regexp.Regexp) (int, error) {
	if strings.HasPrefix(s, "{") {
		if end := strings.IndexByte(s, '}'); end > 1 && re.SubexpIndex(s[1:end]) >= 0 {
			return end + 1, nil
		}
		return 0, fmt.Errorf("no such group in replacement: found %q", "$"+s[:min(len(s), 20)])
	}
	n := 0
	for n < len(s) && source.IsDigit(s[n]) {
		if v, err := strconv.Atoi(s[:n+1]); err != nil || v > re.NumSubexp() {
			break
		}
		n++
	}
	if n == 0 {
		return 0, fmt.Errorf("no such group in replacement: found %q", "$"+s[:min(len(s), 5)])
	}
	return n, nil
}
