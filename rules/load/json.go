package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"coldcase/rules"
	"coldcase/rules/source"
)

// The two JSON formats hold the same objects: the rules of Kibana's API, bare or, in
// the Fleet package, as the attributes of a saved object.

// marksJSON reports whether the keys of a rule stand anywhere in data. Where it says
// no, isRule does for every object in data; events often have these keys, too.
func marksJSON(data []byte) bool {
	return hasKey(data, "rule_id") ||
		hasKey(data, "name") && hasKey(data, "type") && (hasKey(data, "risk_score") || hasKey(data, "severity"))
}

// brokenRule reports whether data, which is no JSON, was meant to be a rule: a broken
// event among rules is no lost rule.
func brokenRule(data string) bool {
	b := []byte(data)
	return hasKey(b, "rule_id") || hasKey(b, "query") && (hasKey(b, "risk_score") || hasKey(b, "severity"))
}

func hasKey(data []byte, key string) bool { return bytes.Contains(data, []byte(`"`+key+`"`)) }

// isRule reports whether an object is a rule: by its keys, for there is no other
// mark. An event that has a field "rule" is none.
func isRule[V any](m map[string]V) bool {
	has := func(key string) bool { _, ok := m[key]; return ok }
	if has("list_id") || has("item_id") {
		return false
	}
	return has("rule_id") || has("name") && has("type") && (has("risk_score") || has("severity"))
}

// jsonRule reads one object, whose text is text.Body. It returns no rule and no error
// when the object is no rule.
func jsonRule(text source.Text, exceptions map[string]int) (r *rules.Rule, name string, err error) {
	if len(text.Body) > maxRule {
		return nil, "", text.Errorf(source.Span{}, "%v", tooLarge("rule", maxRule))
	}
	m, err := decodeJSON(text)
	if err != nil {
		return nil, "", err
	}
	var path []string
	format := "" // that of the file
	if in, ok := m["attributes"].(map[string]any); ok && !isRule(m) {
		m, path, format = in, []string{"attributes"}, fleetName
	}
	if !isRule(m) {
		return nil, "", nil
	}
	log := new(notes)
	d := draft{format: format, text: text, body: newObject(m, log), log: log, exceptions: exceptions}
	d.locate = func(key string) int { return jsonOffset(text.Body, append(path, strings.Split(key, ".")...)...) }
	return d.rule()
}

// decodeJSON parses one object. Numbers stay as written.
func decodeJSON(text source.Text) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader([]byte(text.Body)))
	dec.UseNumber()
	var m map[string]any
	err := dec.Decode(&m)
	if err == nil && len(bytes.TrimSpace([]byte(text.Body[dec.InputOffset():]))) > 0 {
		at := int(dec.InputOffset())
		return nil, text.Errorf(source.Span{Start: at, End: len(text.Body)}, "json: text after the object")
	}
	if err == nil && m == nil {
		return nil, text.Errorf(source.Span{}, "json: expected an object, found null")
	}
	return m, jsonError(text, err)
}

// jsonError points at the place of a mistake in text.
func jsonError(text source.Text, err error) error {
	if err == nil {
		return nil
	}
	at := len(text.Body)
	var bad *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &bad):
		// The offset is that of the byte after the wrong one.
		at = max(0, int(bad.Offset)-1)
		return text.Errorf(source.Span{Start: at, End: at}, "json: %v", bad)
	case errors.As(err, &wrong):
		return text.Errorf(source.Span{}, "json: expected an object, found %s", wrong.Value)
	}
	return text.Errorf(source.Span{Start: at, End: at}, "json: the text ends within an object")
}

// jsonOffset returns the offset in body of the value at a path of keys, -1 when there
// is none.
func jsonOffset(body string, path ...string) int {
	base := 0
	for _, key := range path {
		at := memberOffset(body[base:], key)
		if at < 0 {
			return -1
		}
		base += at
	}
	return base
}

// memberOffset returns the offset of the value of a key of the object that body
// begins with.
func memberOffset(body, key string) int {
	dec := json.NewDecoder(bytes.NewReader([]byte(body)))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return -1
	}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return -1
		}
		after := int(dec.InputOffset())
		var skipped json.RawMessage
		if err := dec.Decode(&skipped); err != nil {
			return -1
		}
		if t == key {
			return after + bytes.Index([]byte(body[after:]), skipped)
		}
	}
	return -1
}

// cursor turns rising offsets of a text into lines and columns, reading the text once.
type cursor struct {
	text          string
	at, line, col int
}

func newCursor(text string) *cursor { return &cursor{text: text, line: 1, col: 1} }

// moveTo advances to a byte offset that is not before the last one.
func (c *cursor) moveTo(offset int) (line, col int) {
	for _, r := range c.text[c.at:offset] {
		if c.col++; r == '\n' {
			c.line, c.col = c.line+1, 1
		}
	}
	c.at = offset
	return c.line, c.col
}
