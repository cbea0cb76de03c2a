package load

import (
	"bytes"
	"encoding/json"

	"coldcase/rules"
	"coldcase/rules/source"
)

// fleetName is the name of the Fleet format.
const fleetName = "fleet"

// fleetFormat is a rule of the Fleet package security_detection_engine, or one as the
// API takes and gives it: an object, a list of objects, or the answer of _find
// (rule-formats.md section 3).
var fleetFormat = format{name: fleetName, sniff: looksFleet, read: readFleet}

// looksFleet wants one object or list: an object at the beginning of a further line is
// some NDJSON.
func looksFleet(data []byte) bool {
	data = bytes.TrimSpace(data)
	if len(data) == 0 || !marksJSON(data) {
		return false
	}
	return data[0] == '[' || data[0] == '{' && !bytes.Contains(data, []byte("\n{"))
}

func readFleet(path string, data []byte) ([]*rules.Rule, []rules.Problem) {
	body := string(data)
	var rs []*rules.Rule
	var problems []rules.Problem
	err := elements(path, body, func(text source.Text) {
		r, name, err := jsonRule(text, nil)
		switch {
		case err != nil && (name != "" || brokenRule(text.Body)):
			problems = append(problems, rules.Problem{Path: path, Name: name, Err: err})
		case r != nil:
			rs = append(rs, r)
		}
	})
	if err != nil && (len(rs) > 0 || brokenRule(body)) {
		problems = append(problems, rules.Problem{Path: path, Err: err})
	}
	return rs, problems
}

// elements calls visit with each object of a file: the file's one object, or those of
// its list, or those of the list under its key "data".
func elements(path, body string, visit func(source.Text)) error {
	start := len(body) - len(bytes.TrimLeft([]byte(body), " \t\r\n"))
	list := -1
	switch {
	case body[start] == '[':
		list = start
	default:
		if at := memberOffset(body[start:], "data"); at >= 0 && body[start+at] == '[' {
			list = start + at
		}
	}
	c := newCursor(body)
	if list < 0 {
		line, col := c.moveTo(start)
		visit(source.Text{Path: path, Body: body[start:], Line: line, Col: col})
		return nil
	}
	return listElements(path, body, list, c, visit)
}

func listElements(path, body string, list int, c *cursor, visit func(source.Text)) error {
	whole := source.Text{Path: path, Body: body}
	dec := json.NewDecoder(bytes.NewReader([]byte(body[list:])))
	if _, err := dec.Token(); err != nil {
		return jsonError(whole, err)
	}
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			at := list + int(dec.InputOffset())
			return whole.Errorf(source.Span{Start: at, End: at}, "json: broken element of the list: %v", err)
		}
		start := list + int(dec.InputOffset()) - len(raw)
		line, col := c.moveTo(start)
		visit(source.Text{Path: path, Body: string(raw), Line: line, Col: col})
	}
	if _, err := dec.Token(); err != nil {
		at := len(body)
		return whole.Errorf(source.Span{Start: at, End: at}, "json: the list does not end")
	}
	return nil
}
