package matchers

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"coldcase/rules/query"
)

// function is one EQL function on computed values: arguments in, result out. A
// function that is not lenient is null when any argument is.
type function struct {
	apply   func(args []result, fold bool) result
	lenient bool
}

// functions are those of Elasticsearch's EQL function reference.
var functions = map[string]function{
	"add":            {apply: arithCall('+')},
	"subtract":       {apply: arithCall('-')},
	"multiply":       {apply: arithCall('*')},
	"divide":         {apply: arithCall('/')},
	"modulo":         {apply: arithCall('%')},
	"between":        {apply: between},
	"cidrMatch":      {apply: cidrMatch},
	"concat":         {apply: concat},
	"endsWith":       {apply: textPredicate(bytes.HasSuffix)},
	"startsWith":     {apply: textPredicate(bytes.HasPrefix)},
	"stringContains": {apply: textPredicate(containsSome)},
	"indexOf":        {apply: indexOf, lenient: true},
	"length":         {apply: length},
	"number":         {apply: toNumber, lenient: true},
	"string":         {apply: toText},
	"substring":      {apply: substring, lenient: true},
}

// callNode applies a function.
type callNode struct {
	f    function
	args []value
	fold bool
}

func (c *compiler) call(n *scriptNode, v *query.Call) (value, error) {
	f, ok := functions[v.Func]
	if !ok {
		return nil, fmt.Errorf("function %s", v.Func)
	}
	args, err := c.values(n, v.Args)
	return &callNode{f, args, v.Fold}, err
}

// value keeps the arguments on the scratch's own stack: a slice handed to a function
// value would be allocated on every call.
func (v *callNode) value(s *scratch) result {
	base := len(s.args)
	defer func() { s.args = s.args[:base] }()
	for _, a := range v.args {
		r := a.value(s)
		if r.kind == isNull && !v.f.lenient {
			return null
		}
		s.args = append(s.args, r)
	}
	return v.f.apply(s.args[base:], v.fold)
}

func arithCall(op query.ArithOp) func([]result, bool) result {
	return func(a []result, _ bool) result {
		if len(a) != 2 || a[0].kind != isNumber || a[1].kind != isNumber {
			return null
		}
		return compute(op, a[0].num, a[1].num)
	}
}

// textPredicate makes a function of two texts; ~ lower-cases both, as Java does.
func textPredicate(holds func(s, x []byte) bool) func([]result, bool) result {
	return func(a []result, fold bool) result {
		if len(a) != 2 || a[0].kind != isText || a[1].kind != isText {
			return null
		}
		s, x := a[0].text, a[1].text
		if fold {
			s, x = appendLowerUnicode(nil, s), appendLowerUnicode(nil, x)
		}
		return boolResult(holds(s, x))
	}
}

// containsSome is false for an empty needle or text (StringUtils.stringContains).
func containsSome(s, x []byte) bool {
	return len(s) > 0 && len(x) > 0 && bytes.Contains(s, x)
}

// between returns the text between left and right: the first left, and the first
// right after it, or the last when greedy; "" when one is not found, the text
// itself when an argument is empty.
func between(a []result, fold bool) result {
	if len(a) < 3 || a[0].kind != isText || a[1].kind != isText || a[2].kind != isText {
		return null
	}
	s, left, right := a[0].text, a[1].text, a[2].text
	if len(s) == 0 || len(left) == 0 || len(right) == 0 {
		return a[0]
	}
	hay := s
	if fold {
		left, right = appendLowerUnicode(nil, left), appendLowerUnicode(nil, right)
		if hay = appendLowerUnicode(nil, s); len(hay) != len(s) {
			s = hay // lower-casing changed the length: cut what was searched
		}
	}
	i := bytes.Index(hay, left)
	if i < 0 {
		return textResult(nil)
	}
	i += len(left)
	find := bytes.Index
	if len(a) > 3 && a[3].true() {
		find = bytes.LastIndex
	}
	j := find(hay[i:], right)
	if j < 0 {
		return textResult(nil)
	}
	return textResult(s[i : i+j])
}

// cidrMatch on a computed address; a text that is no network matches nothing.
func cidrMatch(a []result, _ bool) result {
	if len(a) == 0 || a[0].kind != isText {
		return null
	}
	addr, ok := parseAddr(a[0].text)
	if !ok {
		return boolResult(false)
	}
	for _, net := range a[1:] {
		var p netip.Prefix
		if p, ok = parseNet(string(net.text)); ok && containsAddr(p, addr) {
			return boolResult(true)
		}
	}
	return boolResult(false)
}

func concat(a []result, _ bool) result {
	var out []byte
	for _, r := range a {
		out = append(out, plainText(r)...)
	}
	return textResult(out)
}

func toText(a []result, _ bool) result { return textResult(plainText(a[0])) }

// plainText writes a value as Java's String.valueOf does: 4, 42.5, true.
func plainText(r result) []byte {
	switch r.kind {
	case isText:
		return r.text
	case isNumber:
		if r.num.whole {
			return strconv.AppendInt(nil, r.num.i, 10)
		}
		return javaDouble(r.num.f)
	case isBool:
		return strconv.AppendBool(nil, r.yes)
	}
	return nil
}

// javaDouble is Double.toString: plain between 1e-3 and 1e7, else scientific with
// one digit before the point; always with a fraction.
func javaDouble(f float64) []byte {
	abs := f
	if abs < 0 {
		abs = -abs
	}
	if abs == 0 || abs >= 1e-3 && abs < 1e7 {
		out := strconv.AppendFloat(nil, f, 'f', -1, 64)
		if !bytes.ContainsRune(out, '.') {
			out = append(out, ".0"...)
		}
		return out
	}
	mant, exp, _ := strings.Cut(strconv.FormatFloat(f, 'E', -1, 64), "E")
	if !strings.Contains(mant, ".") {
		mant += ".0"
	}
	n, err := strconv.Atoi(exp)
	if err != nil {
		return []byte(mant) // infinities have no exponent
	}
	return []byte(mant + "E" + strconv.Itoa(n))
}

// length is in UTF-16 code units, as Java counts.
func length(a []result, _ bool) result {
	if len(a) != 1 || a[0].kind != isText {
		return null
	}
	return numResult(whole(int64(units(a[0].text))))
}

func units(b []byte) int {
	n := 0
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		n += max(1, utf16.RuneLen(r))
		b = b[size:]
	}
	return n
}

// indexOf returns the 0-based position of the needle at or after start, null when
// it is not there. A missing start is 0, a negative one too; one beyond the end is
// null.
func indexOf(a []result, fold bool) result {
	if len(a) < 2 || a[0].kind != isText || a[1].kind != isText {
		return null
	}
	s, x := a[0].text, a[1].text
	start := 0
	if len(a) > 2 && a[2].kind == isNumber {
		start = max(0, int(min(a[2].num.i, 1<<40)))
	}
	if fold {
		s, x = appendLowerUnicode(nil, s), appendLowerUnicode(nil, x)
	}
	from, ok := unitOffset(s, start)
	if !ok {
		return null
	}
	i := bytes.Index(s[from:], x)
	if i < 0 {
		return null
	}
	return numResult(whole(int64(units(s[:from+i]))))
}

// unitOffset turns a position in UTF-16 code units into a byte offset.
func unitOffset(b []byte, n int) (int, bool) {
	off := 0
	for n > 0 {
		if off == len(b) {
			return 0, false
		}
		r, size := utf8.DecodeRune(b[off:])
		n -= max(1, utf16.RuneLen(r))
		off += size
	}
	return off, true
}

// substring slices as Python does: negative positions count from the end, the end
// is exclusive, what is out of range is "".
func substring(a []result, _ bool) result {
	if len(a) < 2 || a[0].kind != isText || a[1].kind != isNumber {
		return null
	}
	s := a[0].text
	n := int64(units(s))
	from, to := slicePos(a[1].num.i, n), n
	if len(a) > 2 {
		if a[2].kind != isNumber {
			return null
		}
		to = slicePos(a[2].num.i, n)
	}
	if from >= to {
		return textResult(nil)
	}
	i, _ := unitOffset(s, int(from))
	j, _ := unitOffset(s, int(to))
	return textResult(s[i:j])
}

func slicePos(i, n int64) int64 {
	if i < 0 {
		i += n
	}
	return max(0, min(i, n))
}

// toNumber reads a number: trimmed, signed, decimal, or hexadecimal with 0x or
// base 16; another base as given. Text that is none, an error in Elasticsearch, is
// null.
func toNumber(a []result, _ bool) result {
	if len(a) == 0 || a[0].kind == isNull {
		return null
	}
	if a[0].kind == isNumber {
		return a[0]
	}
	if a[0].kind != isText {
		return null
	}
	text := strings.TrimSpace(string(a[0].text))
	base := 10
	if len(a) > 1 && a[1].kind == isNumber {
		base = int(max(0, min(a[1].num.i, 99)))
	}
	hex, isHex := strings.CutPrefix(strings.TrimLeft(text, "+-"), "0x")
	if isHex && (len(a) < 2 || a[1].kind == isNull || base == 16) {
		base = 16
		text = strings.Repeat("-", strings.Count(text[:1], "-")) + hex
	}
	if base == 10 {
		if n, ok := parseNumber([]byte(text)); ok {
			return numResult(n)
		}
		return null
	}
	if base < 2 || base > 36 {
		return null
	}
	n, err := strconv.ParseInt(text, base, 64)
	if err != nil {
		return null
	}
	return numResult(whole(n))
}
