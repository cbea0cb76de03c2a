package esql

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// DateFormat is a compiled pattern of java.time's DateTimeFormatter, as DATE_FORMAT and
// DATE_PARSE take it, in UTC and English. It is immutable.
type DateFormat struct{ parts []datePart }

// datePart is a run of one pattern letter, or plain text (letter 0).
type datePart struct {
	letter byte
	n      int
	text   string
}

// dateLetters maps pattern letters to the longest run that is known: 'M' to 4 is January.
var dateLetters = map[byte]int{'y': 4, 'u': 4, 'M': 4, 'L': 4, 'd': 2, 'D': 3, 'H': 2, 'h': 2, 'm': 2, 's': 2,
	'S': 9, 'a': 1, 'E': 4, 'X': 3, 'x': 3, 'Z': 1}

const maxDateFormat = 200

// CompileDateFormat reads a pattern such as yyyy-MM-dd'T'HH:mm:ss.SSS. Letters that are not
// known, and the names of Elasticsearch's own formats but for strict_date_optional_time, are
// an error.
func CompileDateFormat(pattern string) (*DateFormat, error) {
	if len(pattern) > maxDateFormat {
		return nil, fmt.Errorf("date format of %d bytes: the limit is %d", len(pattern), maxDateFormat)
	}
	if pattern == "strict_date_optional_time" {
		pattern = "yyyy-MM-dd'T'HH:mm:ss.SSSX"
	}
	f := &DateFormat{}
	for i := 0; i < len(pattern); {
		switch c := pattern[i]; {
		case c == '\'':
			text, n, err := quotedText(pattern[i:])
			if err != nil {
				return nil, err
			}
			f.parts = append(f.parts, datePart{text: text})
			i += n
		case isLetter(c):
			n := len(pattern[i:]) - len(strings.TrimLeft(pattern[i:], string(rune(c))))
			if longest, ok := dateLetters[c]; !ok || n > longest {
				return nil, fmt.Errorf("date format: unknown pattern %q", pattern[i:i+n])
			}
			f.parts = append(f.parts, datePart{letter: c, n: n})
			i += n
		default:
			f.parts = append(f.parts, datePart{text: pattern[i : i+1]})
			i++
		}
	}
	return f, nil
}

// quotedText reads '...'; a doubled quote is one.
func quotedText(s string) (text string, n int, err error) {
	if strings.HasPrefix(s, "''") {
		return "'", 2, nil
	}
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] != '\'':
			text += s[i : i+1]
		case strings.HasPrefix(s[i:], "''"):
			text += "'"
			i++
		default:
			return text, i + 1, nil
		}
	}
	return "", 0, fmt.Errorf("date format: quote is not closed")
}

// Format writes milliseconds since 1970.
func (f *DateFormat) Format(ms int64) string {
	t := time.UnixMilli(ms).UTC()
	var b strings.Builder
	for _, p := range f.parts {
		if p.letter == 0 {
			b.WriteString(p.text)
		} else {
			b.WriteString(p.format(t))
		}
	}
	return b.String()
}

func (p datePart) format(t time.Time) string {
	switch p.letter {
	case 'y', 'u':
		if p.n == 2 {
			return pad(t.Year()%100, 2)
		}
		return pad(t.Year(), p.n)
	case 'M', 'L':
		switch p.n {
		case 3:
			return t.Month().String()[:3]
		case 4:
			return t.Month().String()
		}
		return pad(int(t.Month()), p.n)
	case 'E':
		if p.n < 4 {
			return t.Weekday().String()[:3]
		}
		return t.Weekday().String()
	case 'a':
		return t.Format("PM")
	case 'S':
		return pad(t.Nanosecond(), 9)[:p.n]
	case 'X':
		return "Z"
	case 'x':
		return [...]string{"+00", "+0000", "+00:00"}[p.n-1]
	case 'Z':
		return "+0000"
	}
	return pad(p.number(t), p.n)
}

// number is the value of a part that is a plain number.
func (p datePart) number(t time.Time) int {
	switch p.letter {
	case 'd':
		return t.Day()
	case 'D':
		return t.YearDay()
	case 'H':
		return t.Hour()
	case 'h':
		return (t.Hour()+11)%12 + 1
	case 'm':
		return t.Minute()
	case 's':
		return t.Second()
	}
	panic(fmt.Sprintf("BUG: esql.number: unexpected %q", p.letter))
}

func pad(n, width int) string {
	s := strconv.Itoa(n)
	return strings.Repeat("0", max(0, width-len(s))) + s
}
