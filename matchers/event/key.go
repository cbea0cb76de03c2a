package event

import (
	"bytes"
	"strings"
)

// Join keys are tuples of values, each with its kind, so that 4 and "4" differ and a
// null equals a null. Matchers write them, the reduce side compares them as bytes.

// The kinds of a key's part.
const (
	KeyNull   = 'n'
	KeyText   = 's'
	KeyNumber = 'd' // canonical decimal text
	KeyBool   = 'b'
)

// AppendKey appends one part of a join key.
func AppendKey(dst []byte, kind byte, text []byte) []byte {
	dst = append(dst, kind)
	for n := bytes.IndexByte(text, 0); n >= 0; n = bytes.IndexByte(text, 0) {
		dst = append(append(dst, text[:n+1]...), 0xff)
		text = text[n+1:]
	}
	return append(append(dst, text...), 0, 0)
}

// SplitKey returns the parts of a key as they are shown; a null part is nil.
func SplitKey(key string) []any {
	var out []any
	for key != "" {
		kind, part, rest := cutPart(key)
		key = rest
		if kind == KeyNull {
			out = append(out, nil)
			continue
		}
		out = append(out, strings.ReplaceAll(part, "\x00\xff", "\x00"))
	}
	return out
}

func cutPart(key string) (kind byte, part, rest string) {
	kind, key = key[0], key[1:]
	for i := 0; i+1 < len(key); i++ {
		if key[i] != 0 {
			continue
		}
		if key[i+1] == 0 {
			return kind, key[:i], key[i+2:]
		}
		i++
	}
	return kind, key, ""
}
