package main

import (
	"fmt"
	"strconv"
)

// appendf appends a JSON template to b: %s a string to be quoted, %r text as it is,
// %d an int, %a a list of strings. The templates are ours: a mistake in one panics
// in the tests.
func appendf(b []byte, template string, values ...any) []byte {
	next := 0
	for i := 0; i < len(template); i++ {
		if template[i] != '%' {
			b = append(b, template[i])
			continue
		}
		i++
		b = appendValue(b, template[i], values[next])
		next++
	}
	if next != len(values) {
		panic(fmt.Sprintf("BUG: evgen: %d values for %d places: %s", len(values), next, template))
	}
	return b
}

func appendValue(b []byte, verb byte, v any) []byte {
	switch verb {
	case 's':
		return appendString(b, v.(string))
	case 'r':
		return append(b, v.(string)...)
	case 'd':
		return strconv.AppendInt(b, int64(v.(int)), 10)
	case 'a':
		return appendList(b, v.([]string))
	default:
		panic(fmt.Sprintf("BUG: evgen: unexpected verb %%%c", verb))
	}
}

func appendList(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, s)
	}
	return append(b, ']')
}

// appendString quotes as Beats do: <, > and & are escaped, too.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c == '<' || c == '>' || c == '&':
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
