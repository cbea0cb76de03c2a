package report

import (
	"bufio"
	"encoding/json"
	"strings"

	"coldcase/rules"
	"coldcase/scanner"
)

// writePageData writes the chosen findings as the JSON block that the script reads,
// and returns those that also stand in the page for readers without script.
//
//	{"rows": [[time, last, severity, score, name, rule, host, user, deed, count, id, why, events, more], ...],
//	 "rules": [[id, type, tactics, techniques, file], ...], "strings": [...]}
//
// Texts are numbers of strings, for most repeat from event to event. Rows come first,
// so that only the strings are held in memory. encoding/json writes "<", ">", "&" and
// the separators U+2028 and U+2029 as escapes: the block cannot end early.
func writePageData(w *bufio.Writer, findings walk, s *survey) ([]*pageFinding, error) {
	d := &pageData{strings: map[string]int{}, rules: map[*rules.Rule]int{}}
	all, static := s.chooser(maxPageFindings), s.chooser(maxPageStatic)
	var rows []*pageFinding
	// Errors of a bufio.Writer stay until Flush, which is looked at.
	w.WriteString(`<script type="application/json" id="data">{"rows":[`)
	err := findings(func(f *scanner.Finding) error {
		if !all.take(f.Score) {
			return nil
		}
		p := newPageFinding(f, s.reader, s.marks, d.used < maxPageStrings)
		if static.take(f.Score) {
			rows = append(rows, p.short())
		}
		if d.rows > 0 {
			w.WriteString(",\n")
		}
		d.rows++
		return d.write(w, d.row(f, p))
	})
	if err != nil {
		return nil, err
	}
	w.WriteString("],\n\"rules\":")
	if err := d.write(w, d.ruleRows); err != nil {
		return nil, err
	}
	w.WriteString(",\n\"strings\":")
	if err := d.write(w, d.list); err != nil {
		return nil, err
	}
	_, err = w.WriteString("}</script>\n")
	return rows, err
}

// pageData numbers strings and rules.
type pageData struct {
	rows     int
	strings  map[string]int
	list     []string
	used     int // bytes of the strings
	rules    map[*rules.Rule]int
	ruleRows [][]any
}

func (d *pageData) write(w *bufio.Writer, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

func (d *pageData) text(s string) int {
	n, ok := d.strings[s]
	if !ok {
		n = len(d.list)
		d.strings[s] = n
		d.list = append(d.list, s)
		d.used += len(s)
	}
	return n
}

func (d *pageData) rule(r *rules.Rule) int {
	n, ok := d.rules[r]
	if !ok {
		n = len(d.ruleRows)
		d.rules[r] = n
		d.ruleRows = append(d.ruleRows, []any{shown(r.ID), shown(string(r.Type)), shown(strings.Join(tacticNames(r), "; ")),
			shown(strings.Join(attackIDs(r, true), " ")), shown(r.File)})
	}
	return n
}

func (d *pageData) row(f *scanner.Finding, p *pageFinding) []any {
	why := make([]int, 0, len(p.Why))
	for _, s := range p.Why {
		why = append(why, d.text(s))
	}
	events := make([][]any, 0, len(p.Events))
	for i := range p.Events {
		events = append(events, d.event(&p.Events[i]))
	}
	return []any{d.text(p.Time), d.text(p.Last), d.text(p.Severity), json.Number(p.Score), d.text(p.Name), d.rule(ruleOf(f)),
		d.text(p.Host), d.text(p.User), d.text(p.Deed), p.Count, d.text(p.ID), why, events, p.More}
}

// event is [file, file hash, line hash, index, id, line, offset, length, step, cut,
// [name, value, ...]]; the number of a name is doubled, and odd where it is marked.
func (d *pageData) event(e *pageEvent) []any {
	fields := make([]int, 0, 2*len(e.Fields))
	for i := range e.Fields {
		f := &e.Fields[i]
		name := 2 * d.text(f.Name)
		if f.Marked {
			name++
		}
		fields = append(fields, name, d.text(f.Value))
	}
	cut := 0
	if e.Cut {
		cut = 1
	}
	return []any{d.text(e.File), d.text(e.FileHash), d.text(e.LineHash), d.text(e.Index), d.text(e.ID),
		e.Line, e.Offset, e.Length, e.Step, cut, fields}
}
