package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"coldcase/rules"
	"coldcase/rules/source"
)

// kibanaFormat is Kibana's rules_export.ndjson (rule-formats.md section 2): an object
// a line. Rules are read, exception lists are counted for the rules that name them,
// connectors are ignored; the last line may say how much there should be.
var kibanaFormat = format{name: "kibana", sniff: looksKibana, read: readKibana}

// looksKibana wants an object on the first line, whole or with others below it: an
// object over several lines is not an export.
func looksKibana(data []byte) bool {
	data = bytes.TrimSpace(data)
	if len(data) == 0 || data[0] != '{' || !marksJSON(data) {
		return false
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return json.Valid(bytes.TrimSpace(line)) || bytes.Contains(data, []byte("\n{"))
}

func readKibana(path string, data []byte) ([]*rules.Rule, []rules.Problem) {
	e := export{path: path, items: make(map[string]int)}
	for n, line := range strings.Split(string(data), "\n") {
		if line = strings.TrimRight(line, "\r \t"); strings.TrimLeft(line, " \t") != "" {
			e.classify(source.Text{Path: path, Body: line, Line: n + 1})
		}
	}
	// A file of bad lines among which none looks like a rule is some other NDJSON.
	if len(e.rules) == 0 && !e.brokenRule {
		return nil, nil
	}
	return e.read()
}

// export is what stands in the lines of one file.
type export struct {
	path       string
	rules      []source.Text
	items      map[string]int // exception items by list
	objects    int            // lines that hold an object, details apart
	bad        []rules.Problem
	brokenRule bool // a bad line has the keys of a rule
	details    *source.Text
	want       counts
}

// counts are what the details line says was exported; -1 where it is silent.
type counts struct{ rules, objects int }

// classify looks at the keys of a line: their order is not relied on.
func (e *export) classify(line source.Text) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal([]byte(line.Body), &m); err != nil {
		e.bad = append(e.bad, rules.Problem{Path: e.path, Err: jsonError(line, err)})
		e.brokenRule = e.brokenRule || brokenRule(line.Body)
		e.objects++
		return
	}
	if want, ok := detailsOf(m); ok {
		e.details, e.want = &line, want
		return
	}
	e.objects++
	switch {
	case isRule(m) || hasRule(m["attributes"]):
		e.rules = append(e.rules, line)
	case m["list_id"] != nil:
		var list string
		// A list_id that is no string belongs to no list that a rule can name.
		if json.Unmarshal(m["list_id"], &list) == nil {
			n := e.items[list]
			if m["item_id"] != nil {
				n++
			}
			e.items[list] = n
		}
	case isConnector(m):
	default:
		e.bad = append(e.bad, rules.Problem{Path: e.path, Err: line.Errorf(source.Span{},
			"expected a rule, an exception list or item, a connector or the details of the export")})
	}
}

func hasRule(raw json.RawMessage) bool {
	var m map[string]json.RawMessage
	return json.Unmarshal(raw, &m) == nil && isRule(m)
}

func isConnector(m map[string]json.RawMessage) bool {
	if string(m["type"]) == `"action"` {
		return true
	}
	var attributes map[string]json.RawMessage
	return json.Unmarshal(m["attributes"], &attributes) == nil && attributes["actionTypeId"] != nil
}

// detailsOf reads the last line of an export, in its new and its old form.
func detailsOf(m map[string]json.RawMessage) (counts, bool) {
	rules, newer := number(m["exported_rules_count"])
	total, ok := number(m["exported_count"])
	if !ok {
		total, ok = number(m["exportedCount"])
	}
	return counts{rules: rules, objects: total}, newer || ok
}

func number(raw json.RawMessage) (int, bool) {
	n := -1
	if raw == nil || json.Unmarshal(raw, &n) != nil {
		return -1, false
	}
	return n, true
}

// read reads the rules, now that the exception lists of the whole file are known.
func (e *export) read() ([]*rules.Rule, []rules.Problem) {
	var rs []*rules.Rule
	problems := e.bad
	for _, line := range e.rules {
		r, name, err := jsonRule(line, e.items)
		if err != nil {
			problems = append(problems, rules.Problem{Path: e.path, Name: name, Err: err})
		} else if r != nil {
			rs = append(rs, r)
		}
	}
	if msg := e.missing(); msg != "" {
		problems = append(problems, rules.Problem{Path: e.path, Err: e.details.Errorf(source.Span{}, "%s", msg)})
	}
	return rs, problems
}

// missing compares the file with its details line. A broken line counts as present: it
// has a problem of its own.
func (e *export) missing() string {
	if e.details == nil {
		return ""
	}
	if have := len(e.rules) + len(e.bad); have < e.want.rules {
		return fmt.Sprintf("the file is cut: it should hold %d rules, %d are here", e.want.rules, have)
	}
	if e.objects < e.want.objects {
		return fmt.Sprintf("the file is cut: it should hold %d objects, %d are here", e.want.objects, e.objects)
	}
	return ""
}
