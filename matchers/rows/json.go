package rows

import (
	"encoding/json"
	"strconv"
	"strings"
)

// jsonFunctions are functions on JSON text.
var jsonFunctions = map[string]function{"JSON_EXTRACT": ofTexts(jsonExtract)}

// jsonExtract takes the value at a path, such as a.b[0]['x.y'], out of a JSON text: a
// string without its quotes, anything else as it stands there. null, a path that is not
// there and bad JSON are null. Of equal keys the first counts.
func jsonExtract(text, path string) Value {
	steps, ok := parsePath(path)
	if !ok || !json.Valid([]byte(text)) {
		return nil
	}
	at := strings.TrimSpace(text)
	for _, s := range steps {
		if at, ok = s.in(at); !ok {
			return nil
		}
	}
	switch {
	case at == "null":
		return nil
	case at[0] != '"':
		return textValue(at)
	}
	out, ok := unquoted(at)
	if !ok {
		return nil
	}
	return textValue(out)
}

func unquoted(s string) (out string, ok bool) {
	return out, json.Unmarshal([]byte(s), &out) == nil
}

// pathStep is a key, or, with key "" and isIndex set, a place in a list.
type pathStep struct {
	key     string
	index   int
	isIndex bool
}

// maxPath bounds the steps of a path.
const maxPath = 100

// parsePath reads steps behind an optional "$": a key, with a dot in front of it but for the
// first, or brackets (J:JsonPath).
func parsePath(s string) (steps []pathStep, ok bool) {
	if rest, root := strings.CutPrefix(s, "$"); root {
		var dot bool
		if s, dot = strings.CutPrefix(rest, "."); !dot && s != "" && s[0] != '[' {
			return nil, false
		}
	}
	for s != "" && len(steps) < maxPath {
		var step pathStep
		switch {
		case s[0] == '[':
			step, s, ok = bracketStep(s[1:])
		case len(steps) == 0:
			step, s, ok = keyStep(s)
		case s[0] == '.':
			step, s, ok = keyStep(s[1:])
		default:
			ok = false
		}
		if !ok {
			return nil, false
		}
		steps = append(steps, step)
	}
	return steps, s == ""
}

func keyStep(s string) (step pathStep, rest string, ok bool) {
	end := strings.IndexAny(s, ".[]")
	if end < 0 {
		end = len(s)
	}
	return pathStep{key: s[:end]}, s[end:], end > 0
}

const jsonSpace = " \t\r\n"

// bracketStep reads what follows "[": 0], 'key'] or "key"].
func bracketStep(s string) (step pathStep, rest string, ok bool) {
	s = strings.TrimLeft(s, jsonSpace)
	if s != "" && (s[0] == '\'' || s[0] == '"') {
		return quotedStep(s[1:], s[0])
	}
	number, rest, ok := strings.Cut(s, "]")
	number = strings.TrimRight(number, jsonSpace)
	n, err := strconv.Atoi(number)
	octal := len(number) > 1 && number[0] == '0'
	return pathStep{index: n, isIndex: true}, rest, ok && err == nil && n >= 0 && !octal
}

// quotedStep reads a key up to its quote; a backslash makes the next character plain.
func quotedStep(s string, quote byte) (step pathStep, rest string, ok bool) {
	var key strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == quote:
			rest, ok := strings.CutPrefix(strings.TrimLeft(s[i+1:], jsonSpace), "]")
			return pathStep{key: key.String()}, rest, ok
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		key.WriteByte(s[i])
	}
	return pathStep{}, "", false
}

// in finds the step's value in valid JSON without spaces around it.
func (p pathStep) in(text string) (at string, ok bool) {
	open := byte('{')
	if p.isIndex {
		open = '['
	}
	if text == "" || text[0] != open {
		return "", false
	}
	rest := strings.TrimLeft(text[1:], " \t\r\n")
	for i := 0; rest[0] != '}' && rest[0] != ']'; i++ {
		var key, item string
		if !p.isIndex {
			key, rest = cutJSON(rest)
			rest = strings.TrimLeft(strings.TrimLeft(rest, " \t\r\n")[1:], " \t\r\n") // the colon
		}
		item, rest = cutJSON(rest)
		if p.isIndex && i == p.index || !p.isIndex && p.names(key) {
			return item, true
		}
		rest = strings.TrimLeft(rest, " \t\r\n")
		rest = strings.TrimLeft(strings.TrimPrefix(rest, ","), " \t\r\n")
	}
	return "", false
}

func (p pathStep) names(quoted string) bool {
	if len(quoted) == len(p.key)+2 && quoted[1:len(quoted)-1] == p.key {
		return true
	}
	key, ok := unquoted(quoted)
	return ok && key == p.key
}

// cutJSON cuts the first value off valid JSON.
func cutJSON(s string) (item, rest string) {
	depth, i := 0, 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '"':
			for i++; s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth == 0 {
				return s[:i], s[i:]
			}
			depth--
		case ',', ' ', '\t', '\r', '\n', ':':
			if depth == 0 {
				return s[:i], s[i:]
			}
			continue
		default:
			continue
		}
		if depth == 0 {
			return s[:i+1], s[i+1:]
		}
	}
	return s, ""
}
