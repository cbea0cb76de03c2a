package diff

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"coldcase/matchers/correlate"
	"coldcase/scanner"
	"coldcase/scanner/claim"
)

// item is a finding or an alert as a comparison keeps it.
type item struct {
	Side     int // 0 for A
	N        int64
	ID       string
	RuleID   string
	RuleName string
	Version  int
	Severity string
	Risk     int
	Host     string
	User     string
	Time     string
	File     string
	Line     int64
	// Evidence hashes rule id and events, without the rule's version.
	Evidence  string
	Candidate bool `json:",omitempty"`
	// Keys are by which a finding and an alert know each other; empty where findings are
	// compared.
	Keys []itemKey `json:",omitempty"`
	// LateBy is how long after its own time an event of the finding was ingested, at most.
	LateBy time.Duration
	Alert  *alertFacts `json:",omitempty"`
}

// itemKey is a hash, and the time in which it counts, in nanoseconds.
type itemKey struct {
	Hash       string // 16 bytes
	Start, End int64
}

// keyOf makes a key that always counts.
func keyOf(parts ...string) itemKey {
	h := sha256.New()
	for _, p := range parts {
		h.Write(binary.AppendUvarint(nil, uint64(len(p))))
		h.Write([]byte(p))
	}
	return itemKey{Hash: hex.EncodeToString(h.Sum(nil)[:8])}
}

// within limits a key to a time; without a start it counts always. Alerts hold times in
// milliseconds, so the time is widened to whole ones.
func (k itemKey) within(start, end time.Time) itemKey {
	if start.IsZero() {
		return k
	}
	if end.Before(start) {
		end = start
	}
	k.Start = start.Truncate(time.Millisecond).UnixNano()
	k.End = end.Truncate(time.Millisecond).UnixNano() + int64(time.Millisecond) - 1
	return k
}

func (x *item) difference(status, why string) *Difference {
	return &Difference{Status: status, Why: why, RuleID: x.RuleID, RuleName: x.RuleName, Severity: x.Severity,
		Host: x.Host, User: x.User, Time: x.Time, ID: x.ID, File: x.File, Line: x.Line, Candidate: x.Candidate}
}

// number makes a number that tells items of both sides apart.
func (x *item) number() int64 { return x.N<<1 | int64(x.Side) }

func (x *item) addTo(s *correlate.Sorter, key []byte) error {
	b, err := json.Marshal(x)
	if err != nil {
		return err
	}
	return s.Add(key, b)
}

func decodeItem(b []byte) (*item, error) {
	x := &item{}
	if err := json.Unmarshal(b, x); err != nil {
		return nil, scanner.ErrSpilled
	}
	return x, nil
}

// finding is a line of a findings file, as far as a comparison asks.
type finding struct {
	Schema string `json:"schema"`
	ID     string `json:"finding_id"`
	Rule   struct {
		claim.Rule
		Risk int `json:"risk_score"`
	} `json:"rule"`
	Time *string `json:"time"`
	Last *string `json:"last"`
	Host *string `json:"host"`
	User *string `json:"user"`
	// Candidate is not written of findings.
	Candidate bool `json:"candidate"`
	Evidence  []struct {
		File  string          `json:"file"`
		Line  int64           `json:"line"`
		ID    *string         `json:"id"`
		Event json.RawMessage `json:"event"`
	} `json:"evidence"`
	Detail struct {
		Threshold *struct {
			Fields []struct {
				Field string `json:"field"`
				Value string `json:"value"`
			} `json:"fields"`
		} `json:"threshold"`
	} `json:"detail"`
}

// findingItem reads a line of a findings file.
func findingItem(line []byte) (*item, error) {
	f := &finding{}
	if err := json.Unmarshal(line, f); err != nil {
		return nil, fmt.Errorf("no finding: %w", err)
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	x := &item{ID: f.ID, RuleID: f.Rule.ID, RuleName: f.Rule.Name, Version: f.Rule.Version(), Severity: f.Rule.Severity,
		Risk: f.Rule.Risk, Host: claim.Text(f.Host), User: claim.Text(f.User), Time: claim.Text(f.Time),
		File: f.Evidence[0].File, Line: f.Evidence[0].Line, Evidence: f.evidence(), Candidate: f.Candidate}
	facts := make([]statedEvent, len(f.Evidence))
	for i := range facts {
		// A field of another type than expected is as good as none; the others are read.
		_ = json.Unmarshal(f.Evidence[i].Event, &facts[i])
		x.LateBy = max(x.LateBy, facts[i].lateBy())
	}
	x.Keys = f.keys(facts)
	return x, nil
}

// check refuses what no scan writes.
func (f *finding) check() error {
	switch {
	case f.Schema != claim.Schema:
		return claim.ErrSchema
	case f.ID == "" || f.Rule.ID == "":
		return errors.New("no finding: finding_id or rule.id is missing")
	case len(f.Evidence) == 0:
		return errors.New("no finding: there is no evidence")
	case len(f.Evidence) > claim.MaxEvidence:
		return fmt.Errorf("more than %d evidence lines (a limit)", claim.MaxEvidence)
	}
	return claim.CheckTexts(f.ID, f.Rule.ID, f.Rule.Name, f.Rule.Severity, claim.Text(f.Host), claim.Text(f.User), claim.Text(f.Time), f.Evidence[0].File)
}

// evidence hashes the rule and the events, which a new version of the rule leaves alone.
func (f *finding) evidence() string {
	h := sha256.New()
	h.Write([]byte(f.Rule.ID))
	for i := range f.Evidence {
		e := &f.Evidence[i]
		sum := claim.EventSum(e.Event)
		fmt.Fprintf(h, "\x00%q", claim.Text(e.ID))
		h.Write(sum[:])
	}
	if f.Candidate {
		h.Write([]byte{1}) // candidates are held against candidates
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// keys are what an alert about the same events has, too: their ids, of a threshold the
// group and its time, and without any id host and time.
func (f *finding) keys(facts []statedEvent) []itemKey {
	var out []itemKey
	add := func(id string) {
		if k := keyOf(f.Rule.ID, "id", id); id != "" && !slices.Contains(out, k) {
			out = append(out, k)
		}
	}
	for i := range f.Evidence {
		add(claim.Text(f.Evidence[i].ID))
		add(facts[i].id())
	}
	start, end := statedTime(claim.Text(f.Time)), statedTime(claim.Text(f.Last))
	if t := f.Detail.Threshold; t != nil {
		terms := make([]string, 0, len(t.Fields))
		for _, x := range t.Fields {
			terms = append(terms, x.Field+"="+x.Value)
		}
		return append(out, thresholdKey(f.Rule.ID, terms).within(start, end))
	}
	if len(out) == 0 && !start.IsZero() {
		out = append(out, hostKey(f.Rule.ID, claim.Text(f.Host)).within(start, end))
	}
	return out
}

func thresholdKey(rule string, terms []string) itemKey {
	slices.Sort(terms)
	return keyOf(append([]string{rule, "threshold"}, terms...)...)
}

func hostKey(rule, host string) itemKey { return keyOf(rule, "host", strings.ToLower(host)) }

// statedEvent is what a comparison asks of an event, whose names may be dotted.
type statedEvent struct {
	Time     any `json:"@timestamp"`
	ID       any `json:"event.id"`
	Ingested any `json:"event.ingested"`
	Event    struct {
		ID       any `json:"id"`
		Ingested any `json:"ingested"`
	} `json:"event"`
}

func (e *statedEvent) id() string { return cmp.Or(textOf(e.Event.ID), textOf(e.ID)) }

// textOf returns a text, or the first of a list; "" for anything else.
func textOf(v any) string {
	if list, ok := v.([]any); ok && len(list) > 0 {
		v = list[0]
	}
	s, _ := v.(string)
	return s
}

// lateBy is how long after its own time an event was ingested, 0 when it does not say.
func (e *statedEvent) lateBy() time.Duration {
	at, ingested := statedTime(textOf(e.Time)), statedTime(cmp.Or(textOf(e.Event.Ingested), textOf(e.Ingested)))
	if at.IsZero() || ingested.IsZero() {
		return 0
	}
	return max(0, ingested.Sub(at))
}

// statedTime reads a time as findings and alerts write it; zero when it is none.
func statedTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

func first(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}
