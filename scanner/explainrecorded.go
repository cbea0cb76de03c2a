package scanner

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/scanner/claim"
)

// RecordedFinding is a finding as a findings file has it. Its texts may be anything.
type RecordedFinding struct {
	ID       string
	RuleID   string
	RuleName string
	Version  int // 0 where none is stated
	RuleFile string
	Severity string
	Host     string
	User     string
	Time     string
	Evidence []RecordedEvent
	Detail   map[string]any
	// Candidate is as in Finding.
	Candidate bool
}

// RecordedEvent is one event of its evidence.
type RecordedEvent struct {
	File         string
	Line, Offset int64
	Step         int
	index        string
	event        []byte
}

// minPrefix is the shortest beginning of an id that names a finding, in bytes.
const minPrefix = 4

// FindFinding reads a findings file and returns the finding with an id, or the one
// whose id alone begins so. Lines that are no finding are passed over. Memory is that
// of the longest line.
func FindFinding(r io.Reader, id string) (*RecordedFinding, error) {
	if len(id) < minPrefix {
		return nil, fmt.Errorf("%q is too short for a finding id", id)
	}
	c := claim.NewReader(r)
	var found *RecordedFinding
	for {
		x, err := c.Next()
		var bad *claim.Error
		switch {
		case errors.As(err, &bad):
			continue
		case err == io.EOF && found == nil:
			return nil, fmt.Errorf("no finding has the id %q", id)
		case err == io.EOF:
			return found, nil
		case err != nil:
			return nil, err
		case !strings.HasPrefix(x.ID, id):
			continue
		case found != nil && found.ID != id && x.ID != id && found.ID != x.ID:
			return nil, fmt.Errorf("several findings have an id that begins with %q: %q and %q", id, found.ID, x.ID)
		case found != nil && found.ID == id:
			continue
		}
		if found, err = recordedFinding(x, c.Bytes()); err != nil {
			return nil, fmt.Errorf("line %d: %w", c.Line(), err)
		}
	}
}

// recordedFinding completes a claim from its line.
func recordedFinding(x *claim.Finding, line []byte) (*RecordedFinding, error) {
	var more struct {
		Detail    map[string]any `json:"detail"`
		Candidate bool           `json:"candidate"`
		Evidence  []struct {
			Index *string `json:"index"`
		} `json:"evidence"`
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&more); err != nil {
		return nil, err
	}
	out := &RecordedFinding{ID: x.ID, RuleID: x.Rule.ID, RuleName: x.Rule.Name, Version: x.Rule.Version(), RuleFile: x.Rule.File,
		Severity: x.Rule.Severity, Host: claim.Text(x.Host), User: claim.Text(x.User), Time: claim.Text(x.Time), Detail: more.Detail,
		Candidate: more.Candidate}
	for i, e := range x.Evidence {
		ev := RecordedEvent{File: e.File, Line: e.Line, Offset: e.Offset, Step: int(e.Step), event: bytes.Clone(e.Event)}
		if more.Detail["index_assumed"] != true && i < len(more.Evidence) {
			ev.index = claim.Text(more.Evidence[i].Index)
		}
		var text string // what encoding/json does not take stands in a string
		if json.Unmarshal(e.Event, &text) == nil {
			ev.event = []byte(text)
		}
		out.Evidence = append(out.Evidence, ev)
	}
	return out, nil
}

// RuleOf finds the rule of the finding among those of a matcher: by id and version, of
// several that fit the one of the same file. note says that it is of another version.
// rule is -1 when there is none.
func (x *RecordedFinding) RuleOf(m *matchers.Matcher) (rule int, note string) {
	rule, same := -1, false
	for i, r := range m.Rules() {
		fits := r.ID == x.RuleID
		version := r.Version == x.Version
		if !fits || same && !(version && r.File == x.RuleFile) || rule >= 0 && !version {
			continue
		}
		rule, same = i, version
	}
	if rule >= 0 && !same {
		note = fmt.Sprintf("the finding is of version %s of the rule, this is version %s", claim.VersionText(x.Version), claim.VersionText(m.Rules()[rule].Version))
	}
	return rule, note
}

// ExplainedEvent is an event of a recorded finding with what the rule says of it.
type ExplainedEvent struct {
	Place    int // in RecordedFinding.Evidence
	Time     time.Time
	Since    time.Duration // since the event before, where both have a time
	HasSince bool
	// Step is the place in Explanation.Steps of the step that the event stands for.
	Step        int
	Explanation *Explanation
	// Err says why the event cannot be evaluated; Explanation is nil then.
	Err error
	// Behind is set for the event behind a finding that the rule looks at.
	Behind bool
}

// Explain evaluates a rule of the matcher on each event of the finding, at most the
// first 100.
func (x *RecordedFinding) Explain(m *matchers.Matcher, rule int) []ExplainedEvent {
	const most = 100
	ex := newExplainer(m)
	r := m.Rules()[rule]
	var out []ExplainedEvent
	var last time.Time
	for i := range x.Evidence[:min(len(x.Evidence), most)] {
		e := &x.Evidence[i]
		ev := ExplainedEvent{Place: i, Step: ex.distinctStep(rule, e.Step), Behind: OverAlerts(r) && correlate.Correlates(r)}
		f, err := ex.describe(&Evidence{Index: e.index, Event: e.event})
		if ev.Err = err; err == nil {
			if !f.NoTime {
				ev.Time = time.Unix(0, f.Time).UTC()
			}
			ev.Explanation = ex.w.Explain(rule)
			if e.index != "" {
				ev.Explanation.Index.How = "as the finding has it"
			}
			if ev.HasSince = !last.IsZero() && !ev.Time.IsZero(); ev.HasSince {
				ev.Since = ev.Time.Sub(last)
			}
			last = ev.Time
		}
		out = append(out, ev)
	}
	return out
}
