package diff

import (
	"encoding/json"

	"coldcase/matchers/correlate"
	"coldcase/scanner"
)

// Statuses of a Difference: the first four between two findings files, the others
// between findings and alerts.
const (
	StatusNew     = "new"     // only in B
	StatusGone    = "gone"    // only in A
	StatusChanged = "changed" // the same evidence, by another version of the rule
	StatusSame    = "same"

	StatusMissed = "missed"     // a finding without an alert
	StatusAlert  = "alert_only" // an alert without a finding
	StatusBoth   = "both"
)

// Difference is what became of one finding, or one alert.
type Difference struct {
	Status   string `json:"status"`
	Why      string `json:"why"` // what has changed, or why a stack has missed it
	RuleID   string `json:"rule_id"`
	RuleName string `json:"rule_name"`
	Severity string `json:"severity"`
	Host     string `json:"host"`
	User     string `json:"user"`
	Time     string `json:"time"` // as the file has it, "" when it has none
	ID       string `json:"id"`   // finding_id, or the alert's uuid
	WasID    string `json:"was_id"`
	File     string `json:"file"` // of the first evidence; "" for an alert
	Line     int64  `json:"line"`
	// Candidate is set for a candidate, whichever side it stands on.
	Candidate bool `json:"candidate,omitempty"`
}

// Row counts the differences of one rule on one host by status, candidates apart.
type Row struct {
	RuleID, RuleName, Severity, Host string
	Candidate                        bool
	Count                            map[string]int64
	// Why is the reason of the first difference that has one, and Whys how many reasons
	// there are among the first differences.
	Why  string
	Whys int
}

// Side says what was read of one of the two files.
type Side struct {
	File   string
	Alerts bool  // else findings
	Items  int64 // findings, candidates or alerts, each once
	// Candidates are those of Items that are.
	Candidates int64
	Twice      int64 // findings that stand in the file once more
	Members    int64 // alerts of single events of a sequence, beside the alert of the sequence
	BadLines   int64
	Problems   []string // what was not read, with its place; the first few
}

// Result is what a comparison amounts to. Differences are not in memory: Each streams them.
type Result struct {
	A, B Side
	// Alerts is set when one side holds alerts.
	Alerts bool
	Counts map[string]int64 // by status
	// Candidates counts those of both sides by status; Counts holds none of them.
	Candidates map[string]int64
	// Rows are those with a difference: severity, differences, rule, host; those of
	// candidates last.
	Rows    []Row
	RowsCut int64 // rows with a difference that were left out

	out   *correlate.Sorter
	close func() error
}

// Complete says whether both files were read whole.
func (r *Result) Complete() bool {
	return r.A.BadLines+r.B.BadLines == 0 && len(r.A.Problems)+len(r.B.Problems) == 0
}

// Each calls yield for every finding, candidate and alert in order: rule, host, time. The
// difference is valid during the call only.
func (r *Result) Each(yield func(*Difference) error) error {
	return correlate.Merge([]*correlate.Sorter{r.out}, func(_, payload []byte) error {
		d := &Difference{}
		if err := json.Unmarshal(payload, d); err != nil {
			return scanner.ErrSpilled
		}
		return yield(d)
	})
}

// Close removes what was spilled.
func (r *Result) Close() error { return r.close() }

// different counts what is not on both sides alike.
func (r *Row) different() int64 {
	return r.Count[StatusNew] + r.Count[StatusGone] + r.Count[StatusChanged] + r.Count[StatusMissed] + r.Count[StatusAlert]
}
