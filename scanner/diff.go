package scanner

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"coldcase/matchers/correlate"
	"coldcase/rules"
	"coldcase/scanner/input"
)

// DiffConfig is everything that Diff needs.
type DiffConfig struct {
	// A and B are findings files (schema coldcase/finding/1), the older first. One of
	// them may hold alerts of Elastic Security instead.
	A, B  input.Input
	Stdin io.Reader // of an input without a path
	// Rules are those that the findings were made with. They tell why a stack has missed
	// a finding where its alerts do not; nil is none.
	Rules *rules.Set

	MaxMemory int64 // bytes; more spills; 0 means 256 MiB
	TempDir   string
}

// Statuses of a Difference: the first four between two findings files, the others
// between findings and alerts.
const (
	DiffNew     = "new"     // only in B
	DiffGone    = "gone"    // only in A
	DiffChanged = "changed" // the same evidence, by another version of the rule
	DiffSame    = "same"

	DiffMissed = "missed"     // a finding without an alert
	DiffAlert  = "alert_only" // an alert without a finding
	DiffBoth   = "both"
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

// DiffRow counts the differences of one rule on one host by status, candidates apart.
type DiffRow struct {
	RuleID, RuleName, Severity, Host string
	Candidate                        bool
	Count                            map[string]int64
	// Why is the reason of the first difference that has one, and Whys how many reasons
	// there are among the first differences.
	Why  string
	Whys int
}

// DiffSide says what was read of one of the two files.
type DiffSide struct {
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

// DiffResult is what Diff amounts to. Differences are not in memory: Each streams them.
type DiffResult struct {
	A, B DiffSide
	// Alerts is set when one side holds alerts.
	Alerts bool
	Counts map[string]int64 // by status
	// Candidates counts those of both sides by status; Counts holds none of them.
	Candidates map[string]int64
	// Rows are those with a difference: severity, differences, rule, host; those of
	// candidates last.
	Rows    []DiffRow
	RowsCut int64 // rows with a difference that were left out

	out   *correlate.Sorter
	close func() error
}

// Complete says whether both files were read whole.
func (r *DiffResult) Complete() bool {
	return r.A.BadLines+r.B.BadLines == 0 && len(r.A.Problems)+len(r.B.Problems) == 0
}

// Each calls yield for every finding, candidate and alert in order: rule, host, time. The
// difference is valid during the call only.
func (r *DiffResult) Each(yield func(*Difference) error) error {
	return correlate.Merge([]*correlate.Sorter{r.out}, func(_, payload []byte) error {
		d := &Difference{}
		if err := json.Unmarshal(payload, d); err != nil {
			return errSpilled
		}
		return yield(d)
	})
}

// Close removes what was spilled.
func (r *DiffResult) Close() error { return r.close() }

// ErrTwoAlerts says that neither of the files of a DiffConfig holds findings.
var ErrTwoAlerts = errors.New("both files hold alerts; one must hold findings, as scan --jsonl writes them")

// Diff compares two findings files, or findings with the alerts of a stack. Everything
// goes through sorters that spill: memory is bounded for files of any size. A line that
// is neither finding nor alert is counted and named in the result. An error is
// ErrTwoAlerts, or that of opening a file, of the temporary directory, or of ctx. The
// caller closes the result.
func Diff(ctx context.Context, cfg DiffConfig) (*DiffResult, error) {
	if cfg.MaxMemory <= 0 {
		cfg.MaxMemory = DefaultMaxMemory
	}
	dir, err := os.MkdirTemp(cfg.TempDir, "coldcase-*")
	if err != nil {
		return nil, fmt.Errorf("temporary directory: %w", err)
	}
	d := newDiffer(ctx, cfg, dir)
	if err := d.run(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	d.res.close = func() error { return os.RemoveAll(dir) }
	return d.res, nil
}

// differ is one Diff under way.
type differ struct {
	ctx    context.Context
	cfg    DiffConfig
	dir    string
	budget int
	res    *DiffResult
	rows   *top[DiffRow]
	row    *DiffRow
}

// Bounds of the rows that are kept; see maxGroups.
const (
	maxDiffRows    = 10_000
	maxDiffRowText = 8 << 20
)

func newDiffer(ctx context.Context, cfg DiffConfig, dir string) *differ {
	d := &differ{ctx: ctx, cfg: cfg, dir: dir, budget: int(cfg.MaxMemory / spillShare),
		rows: &top[DiffRow]{n: maxDiffRows, text: maxDiffRowText, compare: compareDiffRows,
			size: func(r DiffRow) int { return len(r.RuleName) + len(r.Host) + len(r.Why) }}}
	d.res = &DiffResult{A: DiffSide{File: cfg.A.Name}, B: DiffSide{File: cfg.B.Name}, Counts: map[string]int64{},
		Candidates: map[string]int64{}, out: d.sorter()}
	return d
}

func (d *differ) sorter() *correlate.Sorter { return correlate.NewSorter(d.dir, d.budget) }

// run reads both files, then compares what is in them.
func (d *differ) run() error {
	items := d.sorter()
	if err := d.readSide(&d.res.A, d.cfg.A, 0, items); err != nil {
		return err
	}
	if err := d.readSide(&d.res.B, d.cfg.B, 1, items); err != nil {
		return err
	}
	if d.res.A.Alerts && d.res.B.Alerts {
		return ErrTwoAlerts
	}
	d.res.Alerts = d.res.A.Alerts || d.res.B.Alerts
	compare := d.compareFindings
	if d.res.Alerts {
		compare = d.compareAlerts
	}
	if err := errors.Join(compare(items), items.Close()); err != nil {
		return err
	}
	return d.countRows()
}

// side returns the side with the number that items carry.
func (d *differ) side(n int) *DiffSide {
	if n == 0 {
		return &d.res.A
	}
	return &d.res.B
}

// file sends a difference to the output.
func (d *differ) file(x *Difference, n int64) error {
	counts, kind := d.res.Counts, int64(0)
	if x.Candidate {
		counts, kind = d.res.Candidates, 1
	}
	counts[x.Status]++
	key := correlate.AppendText(nil, x.RuleID)
	key = correlate.AppendInt(correlate.AppendText(key, x.Host), kind)
	key = correlate.AppendText(key, x.Time)
	key = correlate.AppendText(key, x.Status)
	key = correlate.AppendInt(correlate.AppendText(key, x.ID), n)
	b, err := json.Marshal(x)
	if err != nil {
		return err
	}
	return d.res.out.Add(key, b)
}

// countRows makes the rows of the result: the differences of one rule and host are
// neighbours.
func (d *differ) countRows() error {
	err := d.res.Each(func(x *Difference) error {
		if d.row == nil || d.row.RuleID != x.RuleID || d.row.Host != x.Host || d.row.Candidate != x.Candidate {
			d.endRow()
			d.row = &DiffRow{RuleID: x.RuleID, Host: x.Host, Candidate: x.Candidate, Count: map[string]int64{}}
		}
		r := d.row
		r.Count[x.Status]++
		if r.RuleName == "" || x.Status == DiffNew || x.Status == DiffChanged {
			r.RuleName, r.Severity = x.RuleName, x.Severity
		}
		if x.Why != "" && x.Why != r.Why {
			r.Whys++
			r.Why = cmp.Or(r.Why, x.Why)
		}
		return d.ctx.Err()
	})
	d.endRow()
	d.res.Rows = d.rows.sorted()
	d.res.RowsCut = d.rows.seen - int64(len(d.res.Rows))
	return err
}

func (d *differ) endRow() {
	if d.row != nil && d.row.different() > 0 {
		d.rows.add(*d.row)
	}
}

// different counts what is not on both sides alike.
func (r *DiffRow) different() int64 {
	return r.Count[DiffNew] + r.Count[DiffGone] + r.Count[DiffChanged] + r.Count[DiffMissed] + r.Count[DiffAlert]
}

// kindOf is 1 for candidates.
func kindOf(r DiffRow) int {
	if r.Candidate {
		return 1
	}
	return 0
}

// compareDiffRows puts first what matters most; rule id and host make the order total.
func compareDiffRows(a, b DiffRow) int {
	return cmp.Or(
		cmp.Compare(kindOf(a), kindOf(b)),
		cmp.Compare(severityRank(b.Severity), severityRank(a.Severity)),
		cmp.Compare(b.different(), a.different()),
		cmp.Compare(a.RuleName, b.RuleName),
		cmp.Compare(a.RuleID, b.RuleID),
		cmp.Compare(a.Host, b.Host),
	)
}
