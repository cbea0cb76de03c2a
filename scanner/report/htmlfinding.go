package report

import "coldcase/scanner"

// pageFinding is one finding with its events, ready for the page: every text is safe
// and cut to its limit.
type pageFinding struct {
	ID, Time, Last        string
	Severity, Name, Score string
	Host, User, Deed      string
	Count                 int
	Why                   []string
	Events                []pageEvent
	More                  int // events that are not shown
}

// pageEvent is one event behind a finding.
type pageEvent struct {
	File, FileHash, LineHash string
	Index, ID                string
	Line, Offset             int64
	Length, Step             int
	Fields                   []pageField
	Values                   int  // in the fields
	Cut                      bool // there is more than the page shows
}

// pageField is one value of an event. Marked says that the rule looks at the field.
type pageField struct {
	Name, Value string
	Marked      bool
}

// newPageFinding reads a finding. One that is not full has names and places cut short,
// and no values of its events: there is no room for more (htmllimits.go).
func newPageFinding(f *scanner.Finding, r *fieldReader, m *marker, full bool) *pageFinding {
	text := shown
	if !full {
		text = func(s string) string { return Safe(clipped(s, maxPageShort)) }
	}
	p := &pageFinding{
		ID: text(f.ID), Time: pageTime(f), Last: second(lastOf(f)), Severity: text(f.Severity), Score: score(f.Score),
		Name: text(ruleName(f)), Host: text(f.Host), User: text(f.User), Deed: text(deed(f)), Count: f.Count,
	}
	var looked func(field string) bool
	if full {
		p.Why = append(reasonsOf(f), clausesOf(f.Explain())...)
		looked = m.of(f)
	}
	events := f.Evidence[:min(len(f.Evidence), maxPageEvents)]
	p.More = max(f.Count, len(f.Evidence)) - len(events)
	for i := range events {
		e := newPageEvent(&events[i], text)
		if full {
			e.read(events[i].Event, r, looked)
		} else {
			e.Cut = len(events[i].Event) > 0
		}
		p.Events = append(p.Events, e)
	}
	return p
}

// pageTime is the time to the millisecond, which tells events of one burst apart.
func pageTime(f *scanner.Finding) string {
	if f.Time.IsZero() {
		return "-"
	}
	return f.Time.UTC().Format("2006-01-02 15:04:05.000")
}

// shown makes a text fit for the page.
func shown(s string) string { return Safe(clipped(s, maxPageText)) }

func newPageEvent(e *scanner.Evidence, text func(string) string) pageEvent {
	return pageEvent{
		File: text(e.File), FileHash: text(e.FileSHA256), LineHash: text(e.LineSHA256), Index: text(e.Index), ID: text(e.ID),
		Line: e.Origin.Line, Offset: e.Origin.Offset, Length: int(e.Origin.Length), Step: e.Step,
	}
}

// read takes the values of the event, up to the limits.
func (e *pageEvent) read(text []byte, r *fieldReader, looked func(string) bool) {
	room := maxPageEvent
	over := false
	r.each(text, func(name, value []byte) bool {
		if over = e.Values == maxPageFields || room <= 0; over {
			return false
		}
		f := pageField{Name: shown(string(name[:min(len(name), maxFieldPath)])), Value: shown(string(value)), Marked: looked(string(name))}
		room -= len(f.Name) + len(f.Value)
		e.Values++
		e.add(f)
		return true
	})
	e.Cut = over || e.Values == 0 && len(text) > 0
}

// add keeps the values of a list together, each on its line: values themselves have no
// line ends any more.
func (e *pageEvent) add(f pageField) {
	if n := len(e.Fields); n > 0 && e.Fields[n-1].Name == f.Name {
		e.Fields[n-1].Value += "\n" + f.Value
		return
	}
	e.Fields = append(e.Fields, f)
}

// Marked returns the fields that the rule looks at.
func (e pageEvent) Marked() []pageField {
	var out []pageField
	for _, f := range e.Fields {
		if f.Marked {
			out = append(out, f)
		}
	}
	return out
}

// short is the finding without the values of its events, and with the first one only.
func (p *pageFinding) short() *pageFinding {
	out := *p
	out.Why, out.Events = nil, nil
	if len(p.Events) > 0 {
		e := p.Events[0]
		e.Fields = nil
		out.Events = []pageEvent{e}
	}
	return &out
}
