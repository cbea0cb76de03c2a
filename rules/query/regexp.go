package query

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// Limits of a regular expression: the nesting of its groups, quantifiers on one
// atom, and its length in bytes. They keep translation linear.
const (
	maxRegexpDepth  = 100
	maxQuantifiers  = 4
	maxRegexpLength = 64 << 10
)

// TranslateRegexp turns a Lucene regular expression, as EQL's regex and Lucene's
// /.../ have it, into an anchored Go expression with the same language. With fold
// set, ASCII letters match in either case and no others do.
//
// '^' and '$' are plain characters, '.' matches a newline, "..." is a literal, and
// '\d \s \w' (and their capitals) are classes; '@' is plain (Decision 6). The
// operators that RE2 cannot express, '~' complement, '&' intersection, '<n-m>'
// ranges and '#', are an error that names them. Lucene's flags and grammar: its
// RegExp class, flag ALL.
func TranslateRegexp(lucene string, fold bool) (string, error) {
	if len(lucene) > maxRegexpLength {
		return "", fmt.Errorf("regular expression longer than %d bytes", maxRegexpLength)
	}
	p := &reParser{in: lucene, fold: fold}
	p.out.WriteString(`(?s)\A(?:`)
	if err := p.union(0); err != nil {
		return "", err
	}
	if p.pos < len(p.in) {
		return "", fmt.Errorf("unexpected %q in regular expression", p.in[p.pos:p.pos+1])
	}
	p.out.WriteString(`)\z`)
	out := p.out.String()
	if _, err := regexp.Compile(out); err != nil {
		return "", fmt.Errorf("regular expression: %w", err)
	}
	return out, nil
}

// reParser is a recursive-descent parser that writes what it reads:
//
//	union  = concat { "|" concat }
//	concat = { repeat }
//	repeat = atom { "?" | "*" | "+" | "{" n [ "," [ m ] ] "}" }
//	atom   = "." | class | string | "(" union ")" | escape | character
type reParser struct {
	in   string
	pos  int
	fold bool
	out  bytes.Buffer
}

func (p *reParser) more() bool { return p.pos < len(p.in) }

func (p *reParser) union(depth int) error {
	if depth > maxRegexpDepth {
		return fmt.Errorf("regular expression nested deeper than %d", maxRegexpDepth)
	}
	for {
		for p.more() && p.in[p.pos] != '|' && p.in[p.pos] != ')' {
			if err := p.repeat(depth); err != nil {
				return err
			}
		}
		if !p.more() || p.in[p.pos] != '|' {
			return nil
		}
		p.out.WriteByte('|')
		p.pos++
	}
}

// repeat reads an atom and its quantifiers. In Lucene "a+?" is an optional "a+",
// not a lazy one, so each quantifier gets a group of its own.
func (p *reParser) repeat(depth int) error {
	mark := p.out.Len()
	if err := p.atom(depth); err != nil {
		return err
	}
	for n := 0; p.more(); n++ {
		q, err := p.quantifier()
		if err != nil || q == "" {
			return err
		}
		if n == maxQuantifiers {
			return fmt.Errorf("more than %d quantifiers in a row in regular expression", maxQuantifiers)
		}
		unit := string(p.out.Bytes()[mark:])
		p.out.Truncate(mark)
		p.out.WriteString("(?:" + unit + ")" + q)
	}
	return nil
}

var quantifier = regexp.MustCompile(`^(?:[?*+]|\{[0-9]{1,4}(?:,[0-9]{0,4})?\})`)

func (p *reParser) quantifier() (string, error) {
	q := quantifier.FindString(p.in[p.pos:])
	if q == "" && p.in[p.pos] == '{' {
		return "", fmt.Errorf("malformed repetition in regular expression at %q", p.in[p.pos:])
	}
	p.pos += len(q)
	return q, nil
}

func (p *reParser) atom(depth int) error {
	c := p.in[p.pos]
	switch c {
	case '.':
		p.pos++
		p.out.WriteByte('.')
	case '[':
		return p.class()
	case '"':
		return p.quoted()
	case '(':
		return p.group(depth)
	case '\\':
		return p.escape()
	case '?', '*', '+', '{':
		return fmt.Errorf("nothing to repeat before %q in regular expression", c)
	case '~', '&', '<', '#':
		return fmt.Errorf("operator %q of Lucene's regular expressions", c)
	default:
		r, n := utf8.DecodeRuneInString(p.in[p.pos:])
		p.pos += n
		p.literal(r)
	}
	return nil
}

func (p *reParser) group(depth int) error {
	p.pos++
	p.out.WriteString("(?:")
	if err := p.union(depth + 1); err != nil {
		return err
	}
	if !p.more() {
		return fmt.Errorf("missing ')' in regular expression")
	}
	p.pos++
	p.out.WriteByte(')')
	return nil
}

func (p *reParser) quoted() error {
	end := strings.IndexByte(p.in[p.pos+1:], '"')
	if end < 0 {
		return fmt.Errorf("missing '\"' in regular expression")
	}
	p.out.WriteString("(?:")
	for _, r := range p.in[p.pos+1 : p.pos+1+end] {
		p.literal(r)
	}
	p.out.WriteByte(')')
	p.pos += end + 2
	return nil
}

// escape reads a backslash and the character that it makes plain, or one of the
// classes.
func (p *reParser) escape() error {
	r, err := p.escaped()
	if err != nil {
		return err
	}
	if isClassLetter(r) {
		p.out.WriteByte('\\')
		p.out.WriteRune(r)
		return nil
	}
	p.literal(r)
	return nil
}

func (p *reParser) escaped() (rune, error) {
	if p.pos+1 >= len(p.in) {
		return 0, fmt.Errorf("regular expression ends in a backslash")
	}
	r, n := utf8.DecodeRuneInString(p.in[p.pos+1:])
	p.pos += 1 + n
	return r, nil
}

func isClassLetter(r rune) bool {
	return strings.ContainsRune("dDsSwW", r)
}

func (p *reParser) literal(r rune) {
	if p.fold && isLetter(r) {
		p.out.WriteByte('[')
		p.out.WriteRune(r | 0x20)
		p.out.WriteRune(r &^ 0x20)
		p.out.WriteByte(']')
		return
	}
	p.out.WriteString(regexp.QuoteMeta(string(r)))
}

func isLetter(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' && r < 0x80 }

// class reads [abc], [^a-z], [\s\-]: plain characters, ranges and escapes.
func (p *reParser) class() error {
	p.pos++
	p.out.WriteByte('[')
	if strings.HasPrefix(p.in[p.pos:], "^") {
		p.out.WriteByte('^')
		p.pos++
	}
	for first := true; ; first = false {
		if !p.more() {
			return fmt.Errorf("missing ']' in regular expression")
		}
		if p.in[p.pos] == ']' && !first {
			p.pos++
			p.out.WriteByte(']')
			return nil
		}
		if err := p.classItem(); err != nil {
			return err
		}
	}
}

func (p *reParser) classItem() error {
	lo, named, err := p.classRune()
	if err != nil {
		return err
	}
	if named {
		p.out.WriteByte('\\')
		p.out.WriteRune(lo)
		return nil
	}
	hi := lo
	if rest := p.in[p.pos:]; len(rest) > 1 && rest[0] == '-' && rest[1] != ']' {
		p.pos++
		if hi, named, err = p.classRune(); err != nil {
			return err
		}
		if named || hi < lo {
			return fmt.Errorf("malformed range in regular expression")
		}
	}
	p.classRange(lo, hi)
	return nil
}

func (p *reParser) classRune() (r rune, named bool, err error) {
	if !p.more() {
		return 0, false, fmt.Errorf("missing ']' in regular expression")
	}
	if p.in[p.pos] == '\\' {
		r, err = p.escaped()
		return r, isClassLetter(r), err
	}
	r, n := utf8.DecodeRuneInString(p.in[p.pos:])
	p.pos += n
	return r, false, nil
}

// classRange writes lo-hi and, when folding, the other case of the ASCII letters
// in it.
func (p *reParser) classRange(lo, hi rune) {
	p.writeRange(lo, hi)
	if !p.fold {
		return
	}
	if a, b := max(lo, 'a'), min(hi, 'z'); a <= b {
		p.writeRange(a-0x20, b-0x20)
	}
	if a, b := max(lo, 'A'), min(hi, 'Z'); a <= b {
		p.writeRange(a+0x20, b+0x20)
	}
}

func (p *reParser) writeRange(lo, hi rune) {
	fmt.Fprintf(&p.out, `\x{%X}-\x{%X}`, lo, hi)
}

// RequiredLiteral returns the longest text, lower-cased in ASCII, that every match
// of a translated expression holds, "" when there is none. Letters that stand in
// both cases count as their lower case.
func RequiredLiteral(re string) string {
	t, err := syntax.Parse(re, syntax.Perl)
	if err != nil {
		return ""
	}
	return longestLiteral(t.Simplify())
}
