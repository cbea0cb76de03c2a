package input

import (
	"bytes"
	"encoding/json"
)

// maxPrefix bounds what stands before an object on a line, maxHeader the first line of CSV.
const (
	maxPrefix = 1 << 10
	maxHeader = 16 << 10
)

// isPrefixed reports whether a line is an object behind the header that syslog or a
// container's log writes: no quotes, and nothing that code has before a brace.
func isPrefixed(line []byte) bool {
	n := bytes.IndexByte(line[:min(len(line), maxPrefix)], '{')
	if n <= 0 || bytes.ContainsAny(line[:n], "\"'=(`,") || !isHeaderStart(line[0]) {
		return false
	}
	return looksJSON(line[n:]) && len(line) > n+2 && json.Valid(line[n:])
}

// isHeaderStart reports whether a header begins so: with a priority, a time or a name.
func isHeaderStart(c byte) bool {
	return c == '<' || c == '[' || c-'0' <= 9 || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// isTable reports whether b begins with the header of CSV as Discover of Kibana exports
// it: two names of fields at least, and among them @timestamp, _source or two with a dot
// (package lines reads what has the same). Quotes may be around names, and an apostrophe
// before an @ where formulas are guarded against.
func isTable(b []byte) bool {
	b = bytes.TrimLeft(b, "\r\n")
	line, _, _ := bytes.Cut(b[:min(len(b), maxHeader)], []byte{'\n'})
	line = bytes.TrimSuffix(line, []byte{'\r'})
	for _, comma := range []string{",", ";", "\t"} {
		if isHeader(bytes.Split(line, []byte(comma))) {
			return true
		}
	}
	return false
}

func isHeader(names [][]byte) bool {
	telling, dotted := false, 0
	for _, name := range names {
		if n := len(name); n >= 2 && name[0] == '"' && name[n-1] == '"' {
			name = name[1 : n-1]
		}
		if bytes.HasPrefix(name, []byte("'@")) {
			name = name[1:]
		}
		if !isFieldName(name) {
			return false
		}
		telling = telling || string(name) == "@timestamp" || string(name) == "_source"
		if bytes.IndexByte(name, '.') > 0 {
			dotted++
		}
	}
	return len(names) >= 2 && (telling || dotted >= 2)
}

// isFieldName reports whether a name is one that a field has.
func isFieldName(name []byte) bool {
	for i, c := range name {
		switch {
		case c-'0' <= 9, c|0x20 >= 'a' && c|0x20 <= 'z', c == '_':
		case i == 0 && c != '@', i > 0 && c != '.' && c != '-':
			return false
		}
	}
	return len(name) > 0 && len(name) <= 512
}
