package eql

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
)

// apply computes a function of constants, none of them null. It returns nil for
// what is left to the script (cidrMatch). Positions and lengths count UTF-16 code
// units, as Java does; ~ lower-cases both sides. Semantics: query-semantics 3.9.
func apply(x *call) (node, error) {
	arg := func(i int) string { return x.args[i].(*literal).text }
	folded := func(i int) string {
		if x.fold {
			return strings.ToLower(arg(i))
		}
		return arg(i)
	}
	switch x.fn.name {
	case "concat":
		return str(x.at, concat(x.args)), nil
	case "string":
		return str(x.at, plain(x.args[0])), nil
	case "length":
		return integer(x.at, len(units16(arg(0)))), nil
	case "startsWith":
		return boolean(x.at, strings.HasPrefix(folded(0), folded(1))), nil
	case "endsWith":
		return boolean(x.at, strings.HasSuffix(folded(0), folded(1))), nil
	case "stringContains":
		return boolean(x.at, arg(1) != "" && strings.Contains(folded(0), folded(1))), nil
	case "between":
		greedy := len(x.args) > 3 && isBool(x.args[3], true)
		return str(x.at, between(arg(0), folded(0), folded(1), folded(2), greedy)), nil
	case "indexOf":
		return indexOf(x, folded(0), folded(1))
	case "substring":
		return substring(x)
	case "number":
		return toNumber(x)
	case "cidrMatch":
		return nil, nil
	}
	panic("BUG: eql.apply: unexpected function " + x.fn.name)
}

func str(s at, text string) *literal { return &literal{s, typeString, text} }
func integer(s at, n int) *literal   { return &literal{s, typeNumber, strconv.Itoa(n)} }

func units16(s string) []uint16 { return utf16.Encode([]rune(s)) }

// plain is a constant as text: numbers as Java prints them.
func plain(x node) string {
	l := x.(*literal)
	if l.kind == typeNumber {
		return parseNumber(l.text).text()
	}
	return l.text
}

func concat(args []node) string {
	var b strings.Builder
	for _, a := range args {
		b.WriteString(plain(a))
	}
	return b.String()
}

// between looks for left and right in key and cuts s there; key is s, perhaps
// lower-cased. Where that changed its length no cut would be right: then nothing
// is found, as nothing sensible can be.
func between(s, key, left, right string, greedy bool) string {
	if s == "" || left == "" || right == "" {
		return s
	}
	start := strings.Index(key, left)
	if start < 0 || len(key) != len(s) {
		return ""
	}
	start += len(left)
	end := strings.Index(key[start:], right)
	if greedy {
		end = strings.LastIndex(key[start:], right)
	}
	if end < 0 {
		return ""
	}
	return s[start : start+end]
}

// whole reads argument i as a whole number of Java's int.
func whole(x *call, i int) (int, error) {
	text := x.args[i].(*literal).text
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("argument %d must be a whole number, found %s", i+1, text)
	}
	return int(n), nil
}

// indexOf is 0-based, null when there is none; a negative start is 0.
func indexOf(x *call, s, sub string) (node, error) {
	start := 0
	if len(x.args) > 2 {
		n, err := whole(x, 2)
		if err != nil {
			return nil, err
		}
		start = max(n, 0)
	}
	u := units16(s)
	if start > len(u) {
		return null(x.at), nil
	}
	tail := string(utf16.Decode(u[start:]))
	n := strings.Index(tail, sub)
	if n < 0 {
		return null(x.at), nil
	}
	return integer(x.at, start+len(units16(tail[:n]))), nil
}

// substring slices as Python does: negative positions count from the end, the end
// is exclusive, and what is out of range is cut off.
func substring(x *call) (node, error) {
	u := units16(x.args[0].(*literal).text)
	bounds := [2]int{0, len(u)}
	for i := range x.args[1:] {
		n, err := whole(x, i+1)
		if err != nil {
			return nil, err
		}
		if n < 0 {
			n += len(u)
		}
		bounds[i] = max(0, min(n, len(u)))
	}
	if bounds[0] >= bounds[1] {
		return str(x.at, ""), nil
	}
	return str(x.at, string(utf16.Decode(u[bounds[0]:bounds[1]]))), nil
}

// toNumber reads a number from a string; "0x" means base 16 where the base is not
// given otherwise.
func toNumber(x *call) (node, error) {
	text := strings.TrimSpace(x.args[0].(*literal).text)
	base := 10
	if len(x.args) > 1 {
		n, err := whole(x, 1)
		if err != nil || n < 2 || n > 36 {
			return nil, fmt.Errorf("base must be from 2 to 36")
		}
		base = n
	}
	digits := text
	if strings.HasPrefix(text, "0x") && (base == 16 || len(x.args) == 1) {
		digits, base = text[2:], 16
	}
	if i, err := strconv.ParseInt(digits, base, 64); err == nil {
		return &literal{x.at, typeNumber, strconv.FormatInt(i, 10)}, nil
	}
	if v, err := strconv.ParseFloat(digits, 64); err == nil && base == 10 && v-v == 0 {
		return &literal{x.at, typeNumber, number{double: v}.text()}, nil
	}
	return nil, fmt.Errorf("cannot read a number from %q", text)
}
