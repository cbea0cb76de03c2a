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

// datePart is a run of one pattern letter, plain text (letter 0), or one of the letters
// below, which stand for formats that no pattern has.
type datePart struct {
	letter byte
	n      int
	text   string
}

const (
	isoLetter    = '0' // strict_date_optional_time
	secondLetter = '1' // epoch_second
	milliLetter  = '2' // epoch_millis
)

// dateLetters maps pattern letters to the longest run that is known: 'M' to 4 is January.
var dateLetters = map[byte]int{'G': 3, 'y': 4, 'u': 4, 'Y': 4, 'Q': 2, 'M': 4, 'L': 4, 'w': 2, 'd': 2, 'D': 3,
	'E': 4, 'e': 1, 'a': 1, 'H': 2, 'k': 2, 'K': 2, 'h': 2, 'm': 2, 's': 2, 'S': 9, 'A': 9, 'n': 9, 'N': 18,
	'X': 3, 'x': 3, 'Z': 1}

const maxDateFormat = 200

// CompileDateFormat reads a pattern such as yyyy-MM-dd'T'HH:mm:ss.SSS, or the name of a format
// of Elasticsearch's. Letters that are not known, and brackets around what may be missing, are
// an error.
func CompileDateFormat(pattern string) (*DateFormat, error) {
	if len(pattern) > maxDateFormat {
		return nil, fmt.Errorf("date format of %d bytes: the limit is %d", len(pattern), maxDateFormat)
	}
	if letter, ok := unpatterned[pattern]; ok {
		return &DateFormat{parts: []datePart{{letter: letter}}}, nil
	}
	if named, ok := dateFormats[strings.TrimPrefix(pattern, "strict_")]; ok {
		pattern = named
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
				return nil, &regexpUnsupported{"date format " + pattern[i:i+n]}
			}
			f.parts = append(f.parts, datePart{letter: c, n: n})
			i += n
		case strings.IndexByte("[]{}#", c) >= 0:
			return nil, &regexpUnsupported{"date format with " + pattern[i:i+1]}
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
	case isoLetter:
		return FormatDate(t.UnixMilli())
	case 'G':
		if t.Year() > 0 {
			return "AD"
		}
		return "BC"
	case 'y', 'u', 'Y':
		year := t.Year()
		if p.letter == 'Y' {
			year, _ = t.ISOWeek()
		}
		if p.n == 2 {
			return pad(year%100, 2)
		}
		return pad(year, p.n)
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
	sinceMidnight := t.Sub(t.Truncate(24 * time.Hour))
	switch p.letter {
	case secondLetter:
		return int(t.Unix())
	case milliLetter:
		return int(t.UnixMilli())
	case 'Q':
		return (int(t.Month()) + 2) / 3
	case 'w':
		_, week := t.ISOWeek()
		return week
	case 'e':
		return (int(t.Weekday())+6)%7 + 1
	case 'k':
		return (t.Hour()+23)%24 + 1
	case 'K':
		return t.Hour() % 12
	case 'A':
		return int(sinceMidnight.Milliseconds())
	case 'n':
		return t.Nanosecond()
	case 'N':
		return int(sinceMidnight)
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
