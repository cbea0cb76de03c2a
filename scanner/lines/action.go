package lines

import (
	"bytes"
	"encoding/json"
)

// actions are the operations of the _bulk format.
var actions = []struct {
	name     string
	document bool // a line with the document follows
}{
	{`"index"`, true}, {`"create"`, true}, {`"update"`, true}, {`"delete"`, false},
}

// isAction reports whether line looks like the action line of a _bulk body, such as
// {"index":{"_id":"1"}}, and whether a document follows it. It is a prefix test:
// whoever parses the line has the last word.
func isAction(line []byte) (action, document bool) {
	rest, ok := next(line, '{')
	if !ok || len(rest) == 0 || rest[0] != '"' {
		return false, false
	}
	for _, a := range actions {
		if !bytes.HasPrefix(rest, []byte(a.name)) {
			continue
		}
		value, ok := next(rest[len(a.name):], ':')
		if ok {
			_, ok = next(value, '{')
		}
		return ok, ok && a.document
	}
	return false, false
}

// next returns what follows c and any space around it at the beginning of b.
func next(b []byte, c byte) (rest []byte, ok bool) {
	b = trimSpace(b)
	if len(b) == 0 || b[0] != c {
		return nil, false
	}
	return trimSpace(b[1:]), true
}

// trimSpace removes JSON white space from the beginning of b.
func trimSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t' || b[0] == '\r' || b[0] == '\n') {
		b = b[1:]
	}
	return b
}

// isWhole reports whether line, at which a damaged input ends, is complete: an
// object or array that is closed can have lost nothing but its line end. The depth
// that json.Valid follows is limited.
func isWhole(line []byte) bool {
	line = trimSpace(line)
	return len(line) > 0 && (line[0] == '{' || line[0] == '[') && json.Valid(line)
}
