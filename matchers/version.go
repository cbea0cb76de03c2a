package matchers

import "bytes"

// compareVersions orders two values of Elasticsearch's version type: by numeric
// core, a pre-release before its release, pre-release parts numerically where both
// are numbers. Texts that are no version sort after all that are, by bytes. Build
// metadata (+x) orders last.
func compareVersions(a, b []byte) int {
	av, aok := splitVersion(a)
	bv, bok := splitVersion(b)
	switch {
	case aok && !bok:
		return -1
	case !aok && bok:
		return 1
	case !aok:
		return bytes.Compare(a, b)
	}
	if c := compareParts(av.core, bv.core); c != 0 {
		return c
	}
	switch {
	case len(av.pre) == 0 && len(bv.pre) > 0:
		return 1
	case len(av.pre) > 0 && len(bv.pre) == 0:
		return -1
	}
	if c := compareParts(av.pre, bv.pre); c != 0 {
		return c
	}
	return bytes.Compare(av.build, bv.build)
}

type version struct{ core, pre, build []byte }

func splitVersion(b []byte) (v version, ok bool) {
	if i := bytes.IndexByte(b, '+'); i >= 0 {
		b, v.build = b[:i], b[i+1:]
	}
	if i := bytes.IndexByte(b, '-'); i >= 0 {
		b, v.pre = b[:i], b[i+1:]
	}
	v.core = b
	if len(b) == 0 {
		return v, false
	}
	digit := false
	for _, c := range b {
		switch {
		case c >= '0' && c <= '9':
			digit = true
		case c == '.' && digit:
			digit = false
		default:
			return v, false
		}
	}
	return v, digit
}

// compareParts compares dotted parts one by one.
func compareParts(a, b []byte) int {
	for len(a) > 0 && len(b) > 0 {
		var x, y []byte
		x, a = cutDot(a)
		y, b = cutDot(b)
		if c := comparePart(x, y); c != 0 {
			return c
		}
	}
	return len(a) - len(b)
}

func cutDot(b []byte) (part, rest []byte) {
	if i := bytes.IndexByte(b, '.'); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// comparePart compares numbers as numbers; a number sorts before a word.
func comparePart(x, y []byte) int {
	xn, yn := allDigits(x), allDigits(y)
	switch {
	case xn && yn:
		x, y = bytes.TrimLeft(x, "0"), bytes.TrimLeft(y, "0")
		if len(x) != len(y) {
			return len(x) - len(y)
		}
	case xn:
		return -1
	case yn:
		return 1
	}
	return bytes.Compare(x, y)
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}
