package load

import (
	"regexp"
	"strings"

	"path/filepath"

	"coldcase/rules"
	"coldcase/rules/source"
)

// The TOML form of exceptions says what Kibana's says, and to which rules it applies:
//
//	[[exception]]
//	name = "the backup agent"
//	rules = ["Suspicious Process", "ad88231f-e2ab-491c-8fc6-64746da26cfe"]  # names or ids; "*" is every rule
//	list = "backup"                   # or: the rules that name this exception list
//	expires = 2026-12-31T00:00:00Z    # optional; held against the time of the event
//	os_types = ["windows"]            # optional: windows, linux, macos
//
//	[[exception.entries]]             # all entries must hold
//	field = "process.executable"
//	type = "wildcard"                 # match, match_any, exists, wildcard, list, nested
//	operator = "included"             # optional; "excluded" inverts the entry
//	value = 'C:\\Program Files\\Backup\\*'   # a list of values for match_any; a backslash escapes, as in Kibana
//
// An entry of type list has the id of a value list for its value and may say its
// list_type (keyword, ip, ip_range, text; else what its values are). One of type nested
// has [[exception.entries.entries]], whose fields are named below its own.

// exceptionHeader is how an item begins; it gives items their lines.
var exceptionHeader = regexp.MustCompile(`^[ \t]*\[\[[ \t]*"?exception"?[ \t]*\]\]`)

func (e *exceptionReader) toml(data []byte) {
	text := source.Text{Path: e.path, Body: string(data)}
	if _, limit := scanTOML(text); limit != nil {
		e.problem(e.path, "", limit)
		return
	}
	file, err := decodeTOML(text)
	if err != nil {
		e.problem(e.path, "", err)
		return
	}
	lines := itemLines(text.Body)
	log := new(notes)
	top := newObject(file, log)
	items := top.objects("exception")
	top.finish()
	if log.mistake != "" {
		e.problem(e.path, "", text.Errorf(source.Span{}, "%s", log.mistake))
		return
	}
	for _, w := range log.warnings {
		e.out.Notes = append(e.out.Notes, e.path+": "+w)
	}
	for i, o := range items {
		at := source.Text{Path: e.path, Body: "[[exception]]", Line: 1}
		if len(lines) == len(items) {
			at.Line = lines[i]
		}
		e.tomlItem(at, newObject(o.m, new(notes)))
	}
}

// itemLines returns the lines on which items begin.
func itemLines(body string) []int {
	var out []int
	for n, line := range strings.Split(body, "\n") {
		if exceptionHeader.MatchString(line) {
			out = append(out, n+1)
		}
	}
	return out
}

func (e *exceptionReader) tomlItem(at source.Text, o object) {
	r := itemReader{object: o, lists: e.lists, dir: filepath.Dir(e.path)}
	x := &rules.ExceptionItem{Name: o.str("name"), ListID: o.str("list"), Rules: o.strs("rules"), File: e.path, Line: at.Line}
	r.into(x, "expires")
	o.ignore("comment", "description")
	switch {
	case x.Name == "":
		o.fail("name", "an exception needs a name, by which reports call it")
	case x.ListID == "" && len(x.Rules) == 0:
		o.fail("rules", "the exception applies to no rule: name rules, or a list that rules name")
	}
	e.add(at, x, o)
}
