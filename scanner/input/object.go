package input

import "strings"

// notEvent says what the JSON object that b begins with is, when it is known to be
// something other than an event; "" otherwise. b may be cut anywhere.
func notEvent(b []byte) string {
	top, inner := keys(b)
	has := func(names ...string) bool {
		for _, n := range names {
			if _, ok := top[n]; !ok {
				return false
			}
		}
		return true
	}
	switch {
	case strings.HasPrefix(top["schema"], "coldcase/"):
		return "an output of coldcase"
	case has("@timestamp"), has("_source"), has("_index"):
		return ""
	case has("rule_id", "risk_score"), inner["attributes.rule_id"] && inner["attributes.risk_score"],
		has("attributes") && top["type"] == "security-rule":
		return "a detection rule"
	case has("list_id", "namespace_type"):
		return "an exception list"
	case has("attributes", "references", "type"):
		return "a Kibana saved object"
	}
	return ""
}

const (
	// maxKeys bounds what is remembered of one object.
	maxKeys = 4096
	// maxKey is the longest key or value remembered.
	maxKey = 64
)

// keys returns the keys of the first object in b with their string values ("" for
// others), and the keys one level below as "outer.inner". Escapes stand as written:
// no name that is looked for needs one. It reads on until b ends or the object does.
func keys(b []byte) (top map[string]string, inner map[string]bool) {
	top, inner = map[string]string{}, map[string]bool{}
	depth, isKey := 0, true
	var key string
	for i := 0; i < len(b) && len(top)+len(inner) < maxKeys; i++ {
		switch b[i] {
		case '{', '[':
			depth++
			isKey = b[i] == '{'
		case '}', ']':
			if depth--; depth <= 0 {
				return top, inner
			}
		case ',':
			isKey = true
		case ':':
			isKey = false
		case '"':
			s, end := quoted(b, i)
			i = end
			switch {
			case depth == 1 && isKey:
				key = s
				top[key] = ""
			case depth == 1:
				top[key] = s
			case depth == 2 && isKey:
				inner[key+"."+s] = true
			}
		}
	}
	return top, inner
}

// quoted returns the string that begins at b[i], "" when it is long or cut, and the
// index of its last byte.
func quoted(b []byte, i int) (s string, end int) {
	for j := i + 1; j < len(b); j++ {
		switch b[j] {
		case '\\':
			j++
		case '"':
			if j-i > maxKey {
				return "", j
			}
			return string(b[i+1 : j]), j
		}
	}
	return "", len(b)
}
