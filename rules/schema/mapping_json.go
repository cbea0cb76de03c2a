package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Limits on a mapping file. Elasticsearch's own defaults are 1,000 fields and 20
// levels an index; these leave room for an export of a whole cluster.
const (
	maxMapping = 128 << 20 // bytes
	maxDepth   = 100       // levels of JSON
	maxNodes   = 4 << 20   // JSON values: some 400 MB while the file is read, at worst
	maxFields  = 1 << 20   // distinct field names
)

// node is one JSON value of a mapping file with its place.
type node struct {
	offset  int64
	object  bool
	members []member // of an object, in the order of the file
	scalar  string   // of a string, number or boolean, as text; "" for null and arrays
	null    bool
}

type member struct {
	key string
	val *node
}

// get returns the member of n named key, nil when there is none or n is no object.
// Of duplicate keys the first counts.
func (n *node) get(key string) *node {
	for i := range n.members {
		if n.members[i].key == key {
			return n.members[i].val
		}
	}
	return nil
}

// text returns the scalar member named key, "".
func (n *node) text(key string) string {
	if v := n.get(key); v != nil {
		return v.scalar
	}
	return ""
}

// mappingError is a mistake in a mapping file. It prints as line:col: message, both
// 1-based, columns in code points.
type mappingError struct {
	line, col int
	msg       string
}

func (e *mappingError) Error() string { return fmt.Sprintf("%d:%d: %s", e.line, e.col, e.msg) }

// reader turns a mapping file into nodes.
type reader struct {
	data  []byte
	dec   *json.Decoder
	nodes int
}

func newReader(data []byte) *reader {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	return &reader{data: data, dec: dec}
}

// next returns the next top-level value, nil at the end.
func (r *reader) next() (*node, error) {
	at := r.start()
	tok, err := r.dec.Token()
	if errors.Is(err, io.EOF) && at == int64(len(r.data)) {
		return nil, nil
	}
	if err != nil {
		return nil, r.syntax(at, err)
	}
	return r.value(tok, at, 1)
}

// value finishes the value that begins with tok.
func (r *reader) value(tok json.Token, at int64, depth int) (*node, error) {
	if r.nodes++; r.nodes > maxNodes {
		return nil, r.errorf(at, "more than %d values in the mapping", maxNodes)
	}
	if depth > maxDepth {
		return nil, r.errorf(at, "nested deeper than %d levels", maxDepth)
	}
	n := &node{offset: at}
	switch t := tok.(type) {
	case json.Delim:
		if t == '{' {
			n.object = true
			return n, r.object(n, depth)
		}
		return n, r.array(depth)
	case string:
		n.scalar = t
	case json.Number:
		n.scalar = t.String()
	case bool:
		n.scalar = fmt.Sprint(t)
	case nil:
		n.null = true
	}
	return n, nil
}

// object reads the members of n up to and with its closing brace.
func (r *reader) object(n *node, depth int) error {
	for {
		at := r.start()
		tok, err := r.dec.Token()
		if err != nil {
			return r.syntax(at, err)
		}
		key, ok := tok.(string)
		if !ok {
			return nil
		}
		at = r.start()
		if tok, err = r.dec.Token(); err != nil {
			return r.syntax(at, err)
		}
		val, err := r.value(tok, at, depth+1)
		if err != nil {
			return err
		}
		n.members = append(n.members, member{key, val})
	}
}

// array reads over the elements of an array: nothing in a mapping that matters here
// is one.
func (r *reader) array(depth int) error {
	for r.dec.More() {
		at := r.start()
		tok, err := r.dec.Token()
		if err != nil {
			return r.syntax(at, err)
		}
		if _, err := r.value(tok, at, depth+1); err != nil {
			return err
		}
	}
	at := r.start()
	if _, err := r.dec.Token(); err != nil {
		return r.syntax(at, err)
	}
	return nil
}

// start returns the offset at which the next token begins. The decoder stands at
// the end of the last one.
func (r *reader) start() int64 {
	at := r.dec.InputOffset()
	for at < int64(len(r.data)) && bytes.IndexByte([]byte(" \t\r\n,:"), r.data[at]) >= 0 {
		at++
	}
	return at
}

func (r *reader) syntax(at int64, err error) error {
	var bad *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return r.errorf(int64(len(r.data)), "not JSON: the mapping ends too early")
	case errors.As(err, &bad):
		return r.errorf(at, "not JSON: %s", bad.Error())
	default:
		return r.errorf(at, "not JSON: %v", err)
	}
}

// errorf returns an error at an offset of the file.
func (r *reader) errorf(offset int64, format string, args ...any) error {
	head := r.data[:min(offset, int64(len(r.data)))]
	line := 1 + bytes.Count(head, []byte("\n"))
	col := 1 + utf8.RuneCount(head[bytes.LastIndexByte(head, '\n')+1:])
	return &mappingError{line, col, fmt.Sprintf(format, args...)}
}
