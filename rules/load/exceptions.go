package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"coldcase/rules"
	"coldcase/rules/source"
)

// ExceptionOptions say where the value lists are that exception items name.
type ExceptionOptions struct {
	// ValueLists are files by the id of the list. A list that is not here is looked for
	// beside the file that names it, under its id or its id with ".txt".
	ValueLists map[string]string
}

// Exceptions reads exception lists: Kibana's NDJSON (alone or inside a rules
// export) and a TOML form of our own (exceptiontoml.go). An item that
// cannot be read exactly is a problem with its place; one whose value list is missing is
// an item that is not applied. An error is returned only when a path does not exist.
func Exceptions(paths []string, opt ExceptionOptions) (*rules.Exceptions, error) {
	e := &exceptionReader{lists: newValueLists(opt.ValueLists), out: &rules.Exceptions{}}
	for _, p := range paths {
		data, err := readNamed(p)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, err
		case err != nil:
			e.problem(p, "", err)
		default:
			e.file(filepath.ToSlash(p), data)
		}
	}
	e.out.Problems = append(e.out.Problems, e.lists.problems...)
	slices.Sort(e.out.Notes)
	e.out.Notes = slices.Compact(e.out.Notes)
	return e.out, nil
}

// readNamed reads a file that was named on the command line.
func readNamed(p string) ([]byte, error) {
	info, err := os.Stat(p)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errors.New("is a directory; name the files in it")
	}
	f, err := os.Open(p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := readLimited(f)
	return bytes.TrimPrefix(data, []byte("\ufeff")), err
}

// jsonStart is how JSON begins; TOML's [[exception]] does not.
var jsonStart = regexp.MustCompile(`^\s*(?:\[\s*)?\{`)

// exceptionReader gathers what stands in the files.
type exceptionReader struct {
	lists *valueLists
	out   *rules.Exceptions
	// of the file at hand
	path       string
	containers map[string]*rules.ExceptionList // by list_id
	bound      map[string][]string             // rules of this file, by the list_id or id of a list that they name
}

func (e *exceptionReader) problem(path, name string, err error) {
	e.out.Problems = append(e.out.Problems, rules.Problem{Path: filepath.ToSlash(path), Name: name, Err: err})
}

// file reads one file; the first character tells which form it has.
func (e *exceptionReader) file(path string, data []byte) {
	e.path, e.containers, e.bound = path, map[string]*rules.ExceptionList{}, map[string][]string{}
	before, problems := len(e.out.Items), len(e.out.Problems)
	if jsonStart.Match(data) {
		e.ndjson(data)
	} else {
		e.toml(data)
	}
	items := e.out.Items[before:]
	if len(items)+len(e.containers) == 0 && len(e.out.Problems) == problems {
		e.problem(path, "", errors.New("no exception found: neither Kibana's NDJSON nor TOML with [[exception]]"))
	}
	e.settle(items)
}

// settle connects the items of a file with its containers and rules, which may stand
// behind them.
func (e *exceptionReader) settle(items []*rules.ExceptionItem) {
	for _, x := range items {
		if x.ListID == "" {
			continue
		}
		c, ok := e.containers[x.ListID]
		if !ok {
			c = &rules.ExceptionList{ListID: x.ListID}
			e.containers[x.ListID] = c
		}
		c.Items++
		x.Container = c.ID
		for _, r := range slices.Concat(e.bound[x.ListID], e.bound[c.ID]) {
			if !slices.Contains(x.Rules, r) {
				x.Rules = append(x.Rules, r)
			}
		}
		if x.ListID == rules.EndpointList && len(x.Rules) == 0 && x.NotApplied == "" {
			x.NotApplied = "the endpoint exception list acts on endpoints; rules do not read it"
		}
	}
	var ids []string
	for id := range e.containers {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		e.out.Lists = append(e.out.Lists, *e.containers[id])
	}
}

// ndjson reads Kibana's export of exception lists or of rules (rule-formats.md
// section 2): lines are told by their keys.
func (e *exceptionReader) ndjson(data []byte) {
	for n, line := range strings.Split(string(data), "\n") {
		line = strings.TrimRight(line, "\r \t")
		if strings.TrimLeft(line, " \t") != "" {
			e.line(source.Text{Path: e.path, Body: line, Line: n + 1})
		}
	}
}

func (e *exceptionReader) line(text source.Text) {
	if len(text.Body) > maxRule {
		e.problem(e.path, "", text.Errorf(source.Span{}, "%v", tooLarge("line", maxRule)))
		return
	}
	m, err := decodeJSON(text)
	if err != nil {
		e.problem(e.path, "", err)
		return
	}
	attributes, _ := m["attributes"].(map[string]any)
	switch {
	case isRule(m):
		e.rule(m)
	case isRule(attributes):
		e.rule(attributes)
	case m["list_id"] != nil && (m["item_id"] != nil || m["entries"] != nil):
		e.item(text, m)
	case m["list_id"] != nil:
		e.container(text, m)
	case otherLine(text):
	default:
		e.problem(e.path, "", text.Errorf(source.Span{},
			"expected an exception list or item, a rule, a connector or the details of the export"))
	}
}

// otherLine recognises the lines of an export that say nothing of exceptions.
func otherLine(text source.Text) bool {
	var m map[string]json.RawMessage
	if json.Unmarshal([]byte(text.Body), &m) != nil {
		return false
	}
	_, details := detailsOf(m)
	return details || isConnector(m) || m["exported_exception_list_count"] != nil
}

// rule notes which lists a rule of the file names: the rule may be run from another
// source, which does not say.
func (e *exceptionReader) rule(m map[string]any) {
	id, _ := m["rule_id"].(string)
	list, _ := m["exceptions_list"].([]any)
	for _, item := range list {
		named, _ := item.(map[string]any)
		if named == nil || id == "" || named["type"] == "endpoint" {
			continue
		}
		for _, key := range []string{"list_id", "id"} {
			if list, _ := named[key].(string); list != "" {
				e.bound[list] = append(e.bound[list], id)
			}
		}
	}
}

func (e *exceptionReader) container(text source.Text, m map[string]any) {
	log := new(notes)
	o := newObject(m, log)
	c := &rules.ExceptionList{ID: o.str("id"), ListID: o.str("list_id"), Name: o.str("name"),
		Namespace: o.str("namespace_type"), Type: o.str("type")}
	if e.mistake(text, c.Name, log) {
		return
	}
	e.containers[c.ListID] = c
}

// item reads one item of a list.
func (e *exceptionReader) item(text source.Text, m map[string]any) {
	log := new(notes)
	o := newObject(m, log)
	r := itemReader{object: o, lists: e.lists, dir: filepath.Dir(e.path)}
	x := &rules.ExceptionItem{ID: o.str("item_id"), ListID: o.str("list_id"), Name: o.str("name"),
		File: e.path, Line: text.Line}
	r.into(x, "expire_time")
	o.ignore("_version", "comments", "created_at", "created_by", "description", "id", "meta", "namespace_type",
		"tags", "tie_breaker_id", "type", "updated_at", "updated_by")
	e.add(text, x, o)
}

// add keeps an item that was read whole.
func (e *exceptionReader) add(text source.Text, x *rules.ExceptionItem, o object) {
	o.finish()
	if e.mistake(text, x.Name, o.log) {
		return
	}
	for _, w := range o.log.warnings {
		e.out.Notes = append(e.out.Notes, fmt.Sprintf("%s:%d: exception %q: %s", x.File, x.Line, x.Name, w))
	}
	e.out.Items = append(e.out.Items, x)
}

// mistake makes a problem of the first mistake in a line, if there was one.
func (e *exceptionReader) mistake(text source.Text, name string, log *notes) bool {
	if log.mistake == "" {
		return false
	}
	at := 0
	if strings.HasPrefix(text.Body, "{") {
		top, _, _ := strings.Cut(log.mistakeKey, ".")
		at = max(0, jsonOffset(text.Body, top))
	}
	e.problem(e.path, name, text.Errorf(source.Span{Start: at, End: at}, "%s", log.mistake))
	return true
}
