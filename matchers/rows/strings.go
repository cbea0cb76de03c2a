package rows

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"coldcase/rules/esql"
)

// textFunctions are functions on strings. Positions and lengths count characters.
var textFunctions = map[string]function{
	"CONCAT":      concat,
	"LENGTH":      ofText(func(s string) Value { return integer(utf8.RuneCountInString(s)) }),
	"BYTE_LENGTH": ofText(func(s string) Value { return integer(len(s)) }),
	"BIT_LENGTH":  ofText(func(s string) Value { return integer(8 * len(s)) }),
	"STARTS_WITH": ofTexts(func(s, x string) Value { return boolValue(strings.HasPrefix(s, x)) }),
	"ENDS_WITH":   ofTexts(func(s, x string) Value { return boolValue(strings.HasSuffix(s, x)) }),
	"CONTAINS":    ofTexts(func(s, x string) Value { return boolValue(strings.Contains(s, x)) }),
	"LOCATE":      locate,
	"SUBSTRING":   substring,
	"LEFT":        func(_ *Env, a []Value) Value { return edge(a, false) },
	"RIGHT":       func(_ *Env, a []Value) Value { return edge(a, true) },
	"TRIM":        ofText(func(s string) Value { return textValue(strings.TrimFunc(s, isJavaSpace)) }),
	"LTRIM":       ofText(func(s string) Value { return textValue(strings.TrimLeftFunc(s, isJavaSpace)) }),
	"RTRIM":       ofText(func(s string) Value { return textValue(strings.TrimRightFunc(s, isJavaSpace)) }),
	"SPACE":       func(_ *Env, a []Value) Value { return repeated(" ", a[0]) },
	"REPEAT": func(_ *Env, a []Value) Value {
		s, ok := a[0].text()
		if !ok {
			return nil
		}
		return repeated(s, a[1])
	},
	"REVERSE":  ofText(func(s string) Value { return textValue(reversed(s)) }),
	"SPLIT":    ofTexts(split),
	"TO_LOWER": ofText(func(s string) Value { return textValue(strings.ToLower(s)) }),
	"TO_UPPER": ofText(func(s string) Value { return textValue(upper(s)) }),
}

// longerUpper has the letters whose upper case is several, which Go leaves as they are
// (SpecialCasing.txt).
var longerUpper = strings.NewReplacer("ß", "SS", "ŉ", "ʼN", "ǰ", "J̌", "և", "ԵՒ",
	"ﬀ", "FF", "ﬁ", "FI", "ﬂ", "FL", "ﬃ", "FFI", "ﬄ", "FFL", "ﬅ", "ST", "ﬆ", "ST")

func upper(s string) string {
	s = strings.ToUpper(s)
	if strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return s
	}
	return longerUpper.Replace(s)
}

func integer(n int) Value { return Value{whole(esql.Integer, int64(n))} }

// ofText makes a function of one string.
func ofText(f func(s string) Value) function {
	return func(_ *Env, a []Value) Value {
		s, ok := a[0].text()
		if !ok {
			return nil
		}
		return f(s)
	}
}

// ofTexts makes a function of two strings.
func ofTexts(f func(s, x string) Value) function {
	return func(_ *Env, a []Value) Value {
		s, ok := a[0].text()
		x, xok := a[1].text()
		if !ok || !xok {
			return nil
		}
		return f(s, x)
	}
}

// isJavaSpace is what Java's Character.isWhitespace is: no-break spaces and U+0085 are none.
func isJavaSpace(r rune) bool {
	return unicode.IsSpace(r) && r != '\u0085' && r != '\u00a0' && r != '\u2007' && r != '\u202f' || r >= 0x1c && r <= 0x1f
}

func concat(_ *Env, a []Value) Value {
	var b strings.Builder
	for _, v := range a {
		s, ok := v.text()
		if !ok || b.Len()+len(s) > maxText {
			return nil
		}
		b.WriteString(s)
	}
	return textValue(b.String())
}

// offset returns where in s its n-th character begins, counting from 0; the end of s
// behind the last.
func offset(s string, n int64) int {
	if n <= 0 {
		return 0
	}
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// locate returns where x begins in s, from 1 on; 0 for nowhere. A start counts from the end
// when it is negative (J:Locate).
func locate(_ *Env, a []Value) Value {
	s, ok := a[0].text()
	x, xok := a[1].text()
	if !ok || !xok {
		return nil
	}
	from := 0
	if len(a) == 3 {
		start, ok := a[2].integer()
		if !ok {
			return nil
		}
		if start < 0 {
			start += int64(utf8.RuneCountInString(s)) + 1
		}
		from = offset(s, start-1)
	}
	i := strings.Index(s[from:], x)
	if i < 0 {
		return integer(0)
	}
	return integer(utf8.RuneCountInString(s[:from+i]) + 1)
}

// substring begins at a character that counts from 1, 0 being as 1, from the end when
// negative.
func substring(_ *Env, a []Value) Value {
	s, ok := a[0].text()
	start, sok := a[1].integer()
	if !ok || !sok {
		return nil
	}
	switch {
	case start > 0:
		start--
	case start < 0:
		start = max(0, int64(utf8.RuneCountInString(s))+start)
	}
	s = s[offset(s, start):]
	if len(a) == 3 {
		n, ok := a[2].integer()
		if !ok || n < 0 {
			return nil
		}
		s = s[:offset(s, n)]
	}
	return textValue(s)
}

func edge(a []Value, right bool) Value {
	s, ok := a[0].text()
	n, nok := a[1].integer()
	if !ok || !nok {
		return nil
	}
	if right {
		return textValue(s[offset(s, int64(utf8.RuneCountInString(s))-max(0, n)):])
	}
	return textValue(s[:offset(s, n)])
}

func repeated(s string, times Value) Value {
	n, ok := times.integer()
	if !ok || n < 0 || n > maxText || n*int64(len(s)) > maxText {
		return nil
	}
	return textValue(strings.Repeat(s, int(n)))
}

// split cuts at a delimiter of one byte; empty parts count.
func split(s, delimiter string) Value {
	if len(delimiter) != 1 || strings.Count(s, delimiter) >= maxList {
		return nil
	}
	var out Value
	for part := range strings.SplitSeq(s, delimiter) {
		out = append(out, keyword(part))
	}
	return out
}
