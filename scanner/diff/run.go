package diff

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"coldcase/matchers/correlate"
	"coldcase/rules"
	"coldcase/scanner"
	"coldcase/scanner/input"
	"coldcase/scanner/top"
)

// Config is everything that Run needs.
type Config struct {
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

// ErrTwoAlerts says that neither of the files of a Config holds findings.
var ErrTwoAlerts = errors.New("both files hold alerts; one must hold findings, as scan --jsonl writes them")

// Run compares two findings files, or findings with the alerts of a stack. Everything
// goes through sorters that spill: memory is bounded for files of any size. A line that
// is neither finding nor alert is counted and named in the result. An error is
// ErrTwoAlerts, or that of opening a file, of the temporary directory, or of ctx. The
// caller closes the result.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	if cfg.MaxMemory <= 0 {
		cfg.MaxMemory = scanner.DefaultMaxMemory
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

// sorterShare divides MaxMemory into what one sorter holds before it spills; at most five
// are open at a time.
const sorterShare = 32

// differ is one Run under way.
type differ struct {
	ctx    context.Context
	cfg    Config
	dir    string
	budget int
	res    *Result
	rows   *top.List[Row]
	row    *Row
}

// Bounds of the rows that are kept.
const (
	maxRows    = 10_000
	maxRowText = 8 << 20
)

func newDiffer(ctx context.Context, cfg Config, dir string) *differ {
	d := &differ{ctx: ctx, cfg: cfg, dir: dir, budget: int(cfg.MaxMemory / sorterShare),
		rows: &top.List[Row]{N: maxRows, Text: maxRowText, Compare: compareRows,
			Size: func(r Row) int { return len(r.RuleName) + len(r.Host) + len(r.Why) }}}
	d.res = &Result{A: Side{File: cfg.A.Name}, B: Side{File: cfg.B.Name}, Counts: map[string]int64{},
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
func (d *differ) side(n int) *Side {
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
			d.row = &Row{RuleID: x.RuleID, Host: x.Host, Candidate: x.Candidate, Count: map[string]int64{}}
		}
		r := d.row
		r.Count[x.Status]++
		if r.RuleName == "" || x.Status == StatusNew || x.Status == StatusChanged {
			r.RuleName, r.Severity = x.RuleName, x.Severity
		}
		if x.Why != "" && x.Why != r.Why {
			r.Whys++
			r.Why = cmp.Or(r.Why, x.Why)
		}
		return d.ctx.Err()
	})
	d.endRow()
	d.res.Rows = d.rows.Sorted()
	d.res.RowsCut = d.rows.Seen - int64(len(d.res.Rows))
	return err
}

func (d *differ) endRow() {
	if d.row != nil && d.row.different() > 0 {
		d.rows.Add(*d.row)
	}
}

// kindOf is 1 for candidates.
func kindOf(r Row) int {
	if r.Candidate {
		return 1
	}
	return 0
}

// compareRows puts first what matters most; rule id and host make the order total.
func compareRows(a, b Row) int {
	return cmp.Or(
		cmp.Compare(kindOf(a), kindOf(b)),
		cmp.Compare(slices.Index(rules.Severities, b.Severity), slices.Index(rules.Severities, a.Severity)),
		cmp.Compare(b.different(), a.different()),
		cmp.Compare(a.RuleName, b.RuleName),
		cmp.Compare(a.RuleID, b.RuleID),
		cmp.Compare(a.Host, b.Host),
	)
}
