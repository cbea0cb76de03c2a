package matchers

import (
	"bytes"
	"math"
)

// toNumber is EQL's number(): trimmed, signed, decimal, or hexadecimal with 0x or base
// 16; another base as given. Text that is none, an error in Elasticsearch, is null.
func toNumber(_ *scratch, a []result, _ bool) result {
	if len(a) == 0 || a[0].kind != isText && a[0].kind != isNumber {
		return null
	}
	if a[0].kind == isNumber {
		return a[0]
	}
	text, base := bytes.TrimSpace(a[0].text), 0
	if len(a) > 1 && a[1].kind == isNumber {
		base = int(max(1, min(a[1].num.i, 99)))
	}
	digits, neg := cutSign(text)
	if hex, ok := bytes.CutPrefix(digits, []byte("0x")); ok && (base == 0 || base == 16) {
		return wholeInBase(hex, neg, 16)
	}
	if base == 0 || base == 10 {
		n, ok := parseNumber(text)
		if !ok {
			return null
		}
		return numResult(n)
	}
	return wholeInBase(digits, neg, base)
}

func cutSign(b []byte) (rest []byte, neg bool) {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		return b[1:], b[0] == '-'
	}
	return b, false
}

// wholeInBase is null for what is no whole number of 63 bits in that base, 2 to 36.
func wholeInBase(b []byte, neg bool, base int) result {
	if len(b) == 0 || base < 2 || base > 36 {
		return null
	}
	n := int64(0)
	for _, c := range b {
		d := digitValue(c)
		if d >= base || n > (math.MaxInt64-int64(d))/int64(base) {
			return null
		}
		n = n*int64(base) + int64(d)
	}
	if neg {
		n = -n
	}
	return numResult(whole(n))
}

// digitValue is above every base for what is no digit.
func digitValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		return int(c|0x20-'a') + 10
	}
	return math.MaxInt
}
