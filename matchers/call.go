package matchers

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"coldcase/rules/query"
)

// function is one EQL function on computed values: arguments in, result out. A
// function that is not lenient is null when any argument is.
type function struct {
	apply   func(s *scratch, args []result, fold bool) result
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
	return v.f.apply(s, s.args[base:], v.fold)
}

func arithCall(op query.ArithOp) func(*scratch, []result, bool) result {
	return func(_ *scratch, a []result, _ bool) result {
		if len(a) != 2 || a[0].kind != isNumber || a[1].kind != isNumber {
			return null
		}
		return compute(op, a[0].num, a[1].num)
	}
}

// textPredicate makes a function of two texts; ~ lower-cases both, as Java does.
func textPredicate(holds func(s, x []byte) bool) func(*scratch, []result, bool) result {
	return func(s *scratch, a []result, fold bool) result {
		if len(a) != 2 || a[0].kind != isText || a[1].kind != isText {
			return null
		}
		text, x := a[0].text, a[1].text
		if fold {
			text, x = s.lower(text), s.lower(x)
		}
		return boolResult(holds(text, x))
	}
}

// containsSome is false for an empty needle or text (StringUtils.stringContains).
func containsSome(s, x []byte) bool {
	return len(s) > 0 && len(x) > 0 && bytes.Contains(s, x)
}

// between returns the text between left and right: the first left, and the first
// right after it, or the last when greedy; "" when one is not found, the text
// itself when an argument is empty.
func between(s *scratch, a []result, fold bool) result {
	if len(a) < 3 || a[0].kind != isText || a[1].kind != isText || a[2].kind != isText {
		return null
	}
	text, left, right := a[0].text, a[1].text, a[2].text
	if len(text) == 0 || len(left) == 0 || len(right) == 0 {
		return a[0]
	}
	hay := text
	if fold {
		hay, left, right = s.lower(text), s.lower(left), s.lower(right)
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
	return textResult(text[sameOffset(text, hay, i):sameOffset(text, hay, i+j)])
}

// sameOffset turns an offset in the lowered text into one in the text itself: in
// lower case a rune may be longer or shorter.
func sameOffset(text, lowered []byte, i int) int {
	if isLower(lowered) && len(text) == len(lowered) {
		return i
	}
	off := 0
	for range utf8.RuneCount(lowered[:i]) {
		_, n := utf8.DecodeRune(text[off:])
		off += n
	}
	return off
}

// cidrMatch on a computed address; a text that is no network matches nothing.
func cidrMatch(_ *scratch, a []result, _ bool) result {
	if len(a) == 0 || a[0].kind != isText {
		return null
	}
	addr, ok := parseAddr(a[0].text)
	if !ok {
		return boolResult(false)
	}
	for _, net := range a[1:] {
		if p, ok := parseNet(net.text); ok && containsAddr(p, addr) {
			return boolResult(true)
		}
	}
	return boolResult(false)
}

func concat(s *scratch, a []result, _ bool) result {
	start := len(s.arena)
	for _, r := range a {
		s.arena = appendPlain(s.arena, r)
	}
	return textResult(s.text(start))
}

func toText(s *scratch, a []result, _ bool) result {
	if len(a) != 1 {
		return null
	}
	return concat(s, a, false)
}

// appendPlain writes a value as Java's String.valueOf does: 4, 42.5, true.
func appendPlain(dst []byte, r result) []byte {
	switch r.kind {
	case isText:
		return append(dst, r.text...)
	case isNumber:
		if r.num.whole {
			return strconv.AppendInt(dst, r.num.i, 10)
		}
		return appendJavaDouble(dst, r.num.f)
	case isBool:
		return strconv.AppendBool(dst, r.yes)
	}
	return dst
}

// appendJavaDouble is Double.toString: plain between 1e-3 and 1e7, else scientific
// with one digit before the point; always with a fraction.
func appendJavaDouble(dst []byte, f float64) []byte {
	abs := math.Abs(f)
	switch {
	case math.IsInf(f, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(f, -1):
		return append(dst, "-Infinity"...)
	case math.IsNaN(f):
		return append(dst, "NaN"...)
	case abs == 0 || abs >= 1e-3 && abs < 1e7:
		return withFraction(strconv.AppendFloat(dst, f, 'f', -1, 64), len(dst))
	}
	var buf [32]byte
	mant, exp, _ := bytes.Cut(strconv.AppendFloat(buf[:0], f, 'E', -1, 64), []byte{'E'})
	dst = append(withFraction(append(dst, mant...), len(dst)), 'E')
	if exp[0] == '-' {
		dst = append(dst, '-')
	}
	return append(dst, bytes.TrimLeft(exp, "+-0")...)
}

// withFraction adds ".0" to the number that starts at start when it has no point.
func withFraction(dst []byte, start int) []byte {
	if bytes.IndexByte(dst[start:], '.') < 0 {
		dst = append(dst, ".0"...)
	}
	return dst
}

// length is in UTF-16 code units, as Java counts.
func length(_ *scratch, a []result, _ bool) result {
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
func indexOf(s *scratch, a []result, fold bool) result {
	if len(a) < 2 || a[0].kind != isText || a[1].kind != isText {
		return null
	}
	text, x := a[0].text, a[1].text
	start := 0
	if len(a) > 2 && a[2].kind == isNumber {
		start = max(0, int(min(a[2].num.i, 1<<40)))
	}
	if fold {
		text, x = s.lower(text), s.lower(x)
	}
	from, ok := unitOffset(text, start)
	if !ok {
		return null
	}
	i := bytes.Index(text[from:], x)
	if i < 0 {
		return null
	}
	return numResult(whole(int64(units(text[:from+i]))))
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
func substring(_ *scratch, a []result, _ bool) result {
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
