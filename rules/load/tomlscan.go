package load

import (
	"strings"

	"coldcase/rules/source"
)

// Limits on the shape of a TOML file. The TOML package recurses over nesting and
// copies the whole path of every key, so both are bounded before it sees the text.
const (
	maxTOMLDepth = 24  // brackets within brackets
	maxTOMLParts = 16  // parts of one dotted key
	maxTOMLKey   = 512 // bytes of one dotted key
)

// scanTOML walks over a TOML file without understanding more of it than strings,
// comments, brackets and keys. It returns where the values of keys begin, by
// "table.key", and where tables do (byte offsets; the first of several wins), and an error when a limit is
// passed. It may misread a file that is not TOML, for which the real parser has the
// last word.
func scanTOML(text source.Text) (map[string]int, *source.Error) {
	s := &tomlScanner{text: text, s: text.Body, values: make(map[string]int)}
	for s.i < len(s.s) && s.err == nil {
		s.statement()
	}
	return s.values, s.err
}

type tomlScanner struct {
	text   source.Text
	s      string
	i      int
	table  string // of the current header, dot at the end; "" above the first
	values map[string]int
	err    *source.Error
}

func (s *tomlScanner) fail(format string, args ...any) {
	if s.err == nil {
		s.err = s.text.Errorf(source.Span{Start: s.i, End: s.i}, format, args...)
	}
}

// statement reads a header, a key with its value, a comment or a blank.
func (s *tomlScanner) statement() {
	switch c := s.s[s.i]; c {
	case ' ', '\t', '\r', '\n':
		s.i++
	case '#':
		s.line()
	case '[':
		s.header()
	default:
		key := s.key("=\n")
		if s.i < len(s.s) && s.s[s.i] == '=' {
			s.i++
			s.skip(" \t")
			s.note(s.table+key, s.i)
			s.value()
		}
	}
}

// header reads "[table]" or "[[table]]".
func (s *tomlScanner) header() {
	start := s.i
	for s.i < len(s.s) && s.s[s.i] == '[' {
		s.i++
	}
	name := s.key("]\n")
	s.note(name, start)
	s.table = name + "."
	s.line()
}

// note remembers where a key first stands.
func (s *tomlScanner) note(key string, at int) {
	if _, seen := s.values[key]; !seen {
		s.values[key] = at
	}
}

// key reads a dotted key up to one of the bytes of end. Blanks around the dots and
// quotes around the parts are dropped.
func (s *tomlScanner) key(end string) string {
	var b strings.Builder
	parts, start := 1, s.i
	for s.i < len(s.s) && s.err == nil && strings.IndexByte(end, s.s[s.i]) < 0 {
		switch c := s.s[s.i]; c {
		case '"', '\'':
			from := s.i
			s.quoted()
			b.WriteString(strings.Trim(s.s[from:s.i], `"'`))
			continue
		case ' ', '\t', '\r':
		case '.':
			parts++
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
		s.i++
	}
	s.checkKey(parts, s.i-start)
	return b.String()
}

func (s *tomlScanner) checkKey(parts, size int) {
	if parts > maxTOMLParts || size > maxTOMLKey {
		s.fail("the key is too long: at most %d parts and %d bytes", maxTOMLParts, maxTOMLKey)
	}
}

// value skips a value: to the end of the line on which its last bracket closes.
func (s *tomlScanner) value() {
	depth := 0
	dots, start := 1, s.i // of what may be a key in an inline table
	for s.i < len(s.s) && s.err == nil {
		switch s.s[s.i] {
		case '"', '\'':
			s.quoted()
			continue
		case '#': // up to the line's end, which may be the value's
			for s.i < len(s.s) && s.s[s.i] != '\n' {
				s.i++
			}
			start = s.i
			continue
		case '[', '{':
			if depth++; depth > maxTOMLDepth {
				s.fail("more than %d brackets within brackets", maxTOMLDepth)
			}
			dots, start = 1, s.i+1
		case ']', '}':
			depth--
		case ',':
			dots, start = 1, s.i+1
		case '.':
			dots++
		case '=':
			s.checkKey(dots, s.i-start)
		case '\n':
			if depth <= 0 {
				return
			}
		}
		s.i++
	}
}

// quoted skips a string of any of TOML's four kinds; one of a single line ends at the
// line's end at the latest.
func (s *tomlScanner) quoted() {
	quote := s.s[s.i]
	long := strings.Repeat(string(quote), 3)
	if strings.HasPrefix(s.s[s.i:], long) {
		s.i += 3
		s.longString(quote, long)
		return
	}
	for s.i++; s.i < len(s.s) && s.s[s.i] != '\n'; s.i++ {
		switch {
		case s.s[s.i] == '\\' && quote == '"':
			s.i++
		case s.s[s.i] == quote:
			s.i++
			return
		}
	}
	s.i = min(s.i, len(s.s))
}

// longString skips to the end of a string of several lines, which may itself end in
// up to two quotes.
func (s *tomlScanner) longString(quote byte, long string) {
	for s.i < len(s.s) {
		switch {
		case s.s[s.i] == '\\' && quote == '"':
			s.i += 2
		case strings.HasPrefix(s.s[s.i:], long):
			s.i += 3
			for n := 0; n < 2 && s.i < len(s.s) && s.s[s.i] == quote; n++ {
				s.i++
			}
			return
		default:
			s.i++
		}
	}
	s.i = len(s.s)
}

// line skips the rest of the line.
func (s *tomlScanner) line() {
	if n := strings.IndexByte(s.s[s.i:], '\n'); n >= 0 {
		s.i += n + 1
		return
	}
	s.i = len(s.s)
}

func (s *tomlScanner) skip(blanks string) {
	for s.i < len(s.s) && strings.IndexByte(blanks, s.s[s.i]) >= 0 {
		s.i++
	}
}

// tableList turns the TOML package's lists of tables into plain lists, as JSON has
// them, so that everything behind it sees one shape. The depth is bounded by scanTOML.
func tableList(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, in := range v {
			v[k] = tableList(in)
		}
		return v
	case []map[string]any:
		out := make([]any, len(v))
		for i, m := range v {
			out[i] = tableList(m)
		}
		return out
	case []any:
		for i, in := range v {
			v[i] = tableList(in)
		}
		return v
	}
	return v
}
