package esql

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// Limits of a regular expression: its length in bytes, the nesting of its groups, and the
// strings that one side of an intersection may stand for.
const (
	maxRegexpLength = 64 << 10
	maxRegexpDepth  = 100
	maxStrings      = 1000
)

// regexpUnsupported is a construct that Go's regular expressions cannot express.
type regexpUnsupported struct{ construct string }

func (e *regexpUnsupported) Error() string { return e.construct }

// nothing is an expression that no string matches.
const nothing = `[^\x00-\x{10FFFF}]`

// translateRegexp turns the pattern of an RLIKE into an anchored Go expression. The
// grammar is that of Lucene's RegExp with all its flags (esql-semantics 7): '&' is
// intersection, '@' any string, '#' no string, "..." quoted text; '^' and '$' are plain;
// a character is plain wherever an operand is wanted, be it '*', '|' or ')'. An
// intersection is worked out when one side is a small set of strings; otherwise it is
// refused, as are '~' and <n-m>.
func translateRegexp(pattern string) (string, error) {
	if len(pattern) > maxRegexpLength {
		return "", fmt.Errorf("regular expression longer than %d bytes", maxRegexpLength)
	}
	body := ""
	if pattern != "" {
		p := &lucene{in: pattern}
		var err error
		if body, err = p.union(0); err != nil {
			return "", err
		}
		if p.more() {
			return "", fmt.Errorf("unexpected %q in regular expression", p.in[p.pos:p.pos+1])
		}
	}
	out := anchored(body)
	if _, err := regexp.Compile(out); err != nil {
		return "", fmt.Errorf("regular expression: %w", err)
	}
	return out, nil
}

func anchored(body string) string { return `(?s)\A(?:` + body + `)\z` }

// lucene is a recursive-descent parser that returns Go's syntax for what it reads:
//
//	union  = inter { "|" inter }
//	inter  = concat { "&" concat }
//	concat = repeat { repeat }
//	repeat = simple { "?" | "*" | "+" | "{" n [ "," [ m ] ] "}" }
//	simple = "~" simple | "[" class "]" | "." | "#" | "@" | string | "(" [ union ] ")"
//	       | "<" ... ">" | escape | any character
type lucene struct {
	in  string
	pos int
	// notes is what reads otherwise in other dialects, see Warnings.
	notes []string
}

func (p *lucene) note(s string) { p.notes = append(p.notes, s) }

func (p *lucene) more() bool { return p.pos < len(p.in) }

// peek reports whether one of the characters comes next.
func (p *lucene) peek(chars string) bool {
	return p.more() && strings.IndexByte(chars, p.in[p.pos]) >= 0
}

func (p *lucene) accept(c byte) bool {
	if p.more() && p.in[p.pos] == c {
		p.pos++
		return true
	}
	return false
}

func (p *lucene) union(depth int) (string, error) {
	if depth > maxRegexpDepth {
		return "", fmt.Errorf("regular expression nested deeper than %d", maxRegexpDepth)
	}
	var parts []string
	for {
		s, err := p.inter(depth)
		if err != nil {
			return "", err
		}
		parts = append(parts, s)
		if !p.accept('|') {
			return strings.Join(parts, "|"), nil
		}
	}
}

func (p *lucene) inter(depth int) (string, error) {
	left, err := p.concat(depth)
	for err == nil && p.accept('&') {
		p.note("'&' asks for both sides at once")
		var right string
		if right, err = p.concat(depth); err == nil {
			left, err = intersect(left, right)
		}
	}
	return left, err
}

func (p *lucene) concat(depth int) (string, error) {
	var b strings.Builder
	for {
		s, err := p.repeat(depth)
		if err != nil {
			return "", err
		}
		b.WriteString(s)
		if !p.more() || p.peek(")|&") {
			return b.String(), nil
		}
	}
}

var quantifier = regexp.MustCompile(`^(?:[?*+]|\{[0-9]{1,4}(?:,[0-9]{0,4})?\})`)

// repeat reads an atom and its quantifiers. In Lucene "a+?" is an optional "a+", not a lazy
// one, so each quantifier gets a group of its own.
func (p *lucene) repeat(depth int) (string, error) {
	unit, err := p.simple(depth)
	for n := 0; err == nil && p.peek("?*+{"); n++ {
		q := quantifier.FindString(p.in[p.pos:])
		if q == "" {
			return "", fmt.Errorf("malformed repetition in regular expression at %q", p.in[p.pos:])
		}
		if n > 0 {
			p.note("'" + q + "' behind a quantifier does not make it lazy or possessive")
		}
		if n == 4 {
			return "", fmt.Errorf("more than 4 quantifiers in a row in regular expression")
		}
		p.pos += len(q)
		unit = "(?:" + unit + ")" + q
	}
	return unit, err
}

func (p *lucene) simple(depth int) (string, error) {
	if !p.more() {
		return "", fmt.Errorf("regular expression ends where an operand is expected")
	}
	switch c := p.in[p.pos]; c {
	case '~':
		return "", &regexpUnsupported{"complement (~) in RLIKE"}
	case '[':
		return p.class()
	case '"':
		return p.quoted()
	case '(':
		return p.group(depth)
	case '<':
		return p.interval()
	case '\\':
		return p.escape()
	}
	r, n := utf8.DecodeRuneInString(p.in[p.pos:])
	p.pos += n
	switch r {
	case '.':
		return ".", nil
	case '#':
		p.note("'#' matches nothing")
		return nothing, nil
	case '@':
		p.note("'@' is any string")
		return ".*", nil
	case '^', '$', '?', '*', '+', '|', ')':
		p.note("'" + string(r) + "' is a plain character here")
	}
	return regexp.QuoteMeta(string(r)), nil
}

func (p *lucene) group(depth int) (string, error) {
	p.pos++
	if p.accept(')') {
		return "(?:)", nil
	}
	s, err := p.union(depth + 1)
	if err != nil {
		return "", err
	}
	if !p.accept(')') {
		return "", fmt.Errorf("missing ')' in regular expression")
	}
	return "(?:" + s + ")", nil
}

// interval reads <n-m>, which is refused, and <name>, which is an automaton that a pattern
// cannot have.
func (p *lucene) interval() (string, error) {
	if end := strings.IndexByte(p.in[p.pos:], '>'); end < 0 {
		return "", fmt.Errorf("missing '>' in regular expression")
	}
	return "", &regexpUnsupported{"number range (<n-m>) in RLIKE"}
}

func (p *lucene) quoted() (string, error) {
	end := strings.IndexByte(p.in[p.pos+1:], '"')
	if end < 0 {
		return "", fmt.Errorf("missing '\"' in regular expression")
	}
	text := p.in[p.pos+1 : p.pos+1+end]
	p.note("double quotes mark plain text and do not match themselves")
	p.pos += end + 2
	return "(?:" + regexp.QuoteMeta(text) + ")", nil
}

// escape reads a backslash and the character that it makes plain, or one of the classes.
func (p *lucene) escape() (string, error) {
	r, class, err := p.escaped()
	if err != nil || class != "" {
		return "[" + class + "]", err
	}
	return regexp.QuoteMeta(string(r)), nil
}

// classes are the predefined classes as members of a Go class: ASCII, and white space is
// tab, LF, CR and blank.
var classes = map[rune]string{
	'd': `0-9`, 's': `\t\n\r `, 'w': `0-9A-Za-z_`,
	'D': `\x00-/:-\x{10FFFF}`, 'S': `\x00-\x08\x0B\x0C\x0E-\x1F!-\x{10FFFF}`,
	'W': "\\x00-/:-@\\[-\\^`{-\\x{10FFFF}",
}

func (p *lucene) escaped() (r rune, class string, err error) {
	if p.pos+1 >= len(p.in) {
		return 0, "", fmt.Errorf("regular expression ends in a backslash")
	}
	r, n := utf8.DecodeRuneInString(p.in[p.pos+1:])
	p.pos += 1 + n
	if class, ok := classes[r]; ok {
		return r, class, nil
	}
	if r < utf8.RuneSelf && isLetter(byte(r)) {
		return 0, "", fmt.Errorf("invalid escape \\%c in regular expression", r)
	}
	return r, "", nil
}

// class reads [abc], [^a-z], [\s\-].
func (p *lucene) class() (string, error) {
	p.pos++
	var b strings.Builder
	b.WriteByte('[')
	if p.accept('^') {
		b.WriteByte('^')
	}
	for first := true; ; first = false {
		if !p.more() {
			return "", fmt.Errorf("missing ']' in regular expression")
		}
		if !first && p.accept(']') {
			b.WriteByte(']')
			return b.String(), nil
		}
		if err := p.classItem(&b); err != nil {
			return "", err
		}
	}
}

func (p *lucene) classItem(b *strings.Builder) error {
	lo, class, err := p.classRune()
	if err != nil {
		return err
	}
	if class != "" {
		b.WriteString(class)
		return nil
	}
	hi := lo
	if rest := p.in[p.pos:]; len(rest) > 1 && rest[0] == '-' && rest[1] != ']' {
		p.pos++
		if hi, class, err = p.classRune(); err != nil {
			return err
		}
		if class != "" || hi < lo {
			return fmt.Errorf("malformed range in regular expression")
		}
	}
	fmt.Fprintf(b, `\x{%X}-\x{%X}`, lo, hi)
	return nil
}

func (p *lucene) classRune() (r rune, class string, err error) {
	if !p.more() {
		return 0, "", fmt.Errorf("missing ']' in regular expression")
	}
	if p.in[p.pos] == '\\' {
		return p.escaped()
	}
	r, n := utf8.DecodeRuneInString(p.in[p.pos:])
	p.pos += n
	return r, "", nil
}

// intersect returns what both expressions match, when one of them is a small set of
// strings.
func intersect(a, b string) (string, error) {
	set, other := stringsOf(a), b
	if set == nil {
		set, other = stringsOf(b), a
	}
	if set == nil {
		return "", &regexpUnsupported{"intersection (&) in RLIKE"}
	}
	re, err := regexp.Compile(anchored(other))
	if err != nil {
		return "", fmt.Errorf("regular expression: %w", err)
	}
	var both []string
	for _, s := range set {
		if re.MatchString(s) {
			both = append(both, regexp.QuoteMeta(s))
		}
	}
	if len(both) == 0 {
		return nothing, nil
	}
	return "(?:" + strings.Join(both, "|") + ")", nil
}

// stringsOf lists the strings that an expression matches; nil when there are too many.
func stringsOf(expr string) []string {
	t, err := syntax.Parse("(?s:"+expr+")", syntax.Perl)
	if err != nil {
		return nil
	}
	return enumerate(t)
}

func enumerate(t *syntax.Regexp) []string {
	switch t.Op {
	case syntax.OpEmptyMatch:
		return []string{""}
	case syntax.OpLiteral:
		return []string{string(t.Rune)}
	case syntax.OpCharClass:
		return characters(t.Rune)
	case syntax.OpCapture:
		return enumerate(t.Sub[0])
	case syntax.OpConcat:
		return product(t.Sub)
	case syntax.OpAlternate:
		var out []string
		for _, sub := range t.Sub {
			s := enumerate(sub)
			if s == nil || len(out)+len(s) > maxStrings {
				return nil
			}
			out = append(out, s...)
		}
		return out
	case syntax.OpQuest:
		if s := enumerate(t.Sub[0]); s != nil && len(s) < maxStrings {
			return append([]string{""}, s...)
		}
	}
	return nil
}

// characters lists the characters of a class.
func characters(ranges []rune) []string {
	var out []string
	for i := 0; i < len(ranges); i += 2 {
		if int(ranges[i+1]-ranges[i])+len(out) >= maxStrings {
			return nil
		}
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			out = append(out, string(r))
		}
	}
	return out
}

// product lists the strings of a sequence of expressions. Their total length stays small:
// a pattern of 64 KiB could otherwise stand for thousands of long strings.
func product(subs []*syntax.Regexp) []string {
	out := []string{""}
	for _, sub := range subs {
		s := enumerate(sub)
		if s == nil || len(out)*len(s) > maxStrings {
			return nil
		}
		next := make([]string, 0, len(out)*len(s))
		size := 0
		for _, head := range out {
			for _, tail := range s {
				next = append(next, head+tail)
				size += len(head) + len(tail)
			}
		}
		if size > maxRegexpLength {
			return nil
		}
		out = next
	}
	return out
}
