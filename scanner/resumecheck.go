package scanner

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/rows"
	"coldcase/rules"
	"coldcase/scanner/lines"
)

// recordChecker reads the records of a journal, which anybody may have written: what it
// lets pass can be wrong, and cannot bring down what comes after.
type recordChecker struct {
	rules  []*rules.Rule
	match  *matchers.Matcher
	worker *matchers.Worker
	rows   map[int32]rows.Row // scratch, by rule
	length int64              // of the longest line as it stands in its input
}

func newRecordChecker(p *pool) *recordChecker {
	const widest = 4 // bytes that one of a line was written with, at most
	line := p.cfg.MaxLine
	if line <= 0 {
		line = lines.DefaultMaxLine
	}
	return &recordChecker{rules: p.cfg.Matcher.Rules(), match: p.cfg.Matcher, worker: p.cfg.Matcher.NewWorker(true),
		rows: map[int32]rows.Row{}, length: widest*int64(line) + 1<<10}
}

// alone says whether a record is a finding by itself.
func (c *recordChecker) alone(r *correlate.Record) bool {
	return !correlate.Correlates(c.rules[r.Rule])
}

// record reads a record of an input. It points into b.
func (c *recordChecker) record(b []byte, input int32, baseline bool) (*correlate.Record, error) {
	r := &correlate.Record{}
	rest, err := r.Decode(b)
	if err != nil || len(rest) > 0 {
		return nil, errKept
	}
	r.Origin.Input = input
	o := r.Origin
	switch {
	case r.Rule < 0, int(r.Rule) >= len(c.rules), r.Step < 0, r.Baseline != baseline, baseline && c.rules[r.Rule].Type != rules.KindNewTerms,
		o.Line < 0, o.Offset < 0, o.Length < 0, o.Line > math.MaxInt64/2, o.Offset > math.MaxInt64/2, int64(o.Length) > c.length,
		r.Risk < 0, r.Risk > math.MaxInt32, r.Severity != "" && !slices.Contains(rules.Severities, r.Severity),
		r.Indicator != "" && !isObject(r.Indicator), c.alone(r) != (len(r.Event) > 0):
		return nil, errKept
	}
	if err := c.row(r); err != nil {
		return nil, err
	}
	if len(r.Event) > 0 {
		if _, _, err := c.worker.Describe(r.Event); err != nil {
			return nil, fmt.Errorf("%w: %w", errKept, err)
		}
	}
	return r, nil
}

// row checks the row of a rule in ES|QL: a JSON object where it is shown as it is.
func (c *recordChecker) row(r *correlate.Record) error {
	rule := c.rules[r.Rule]
	switch {
	case rule.ESQL == nil:
		if r.Row != "" {
			return errKept
		}
		return nil
	case !OverWindows(rule):
		if !isObject(r.Row) {
			return errKept
		}
		return nil
	}
	p := c.match.RowProgram(int(r.Rule))
	if c.rows[r.Rule] == nil {
		c.rows[r.Rule] = p.NewEnv().Row
	}
	if _, err := p.CutRow(c.rows[r.Rule], []byte(r.Row)); err != nil {
		return fmt.Errorf("%w: %w", errKept, err)
	}
	return nil
}

func isObject(s string) bool { return len(s) > 0 && s[0] == '{' && json.Valid([]byte(s)) }

// moveStart returns a record of ancestry with the number that its input has in this run.
func moveStart(b []byte, input int32) (out []byte, ok bool) {
	e, ok := readStart(b)
	if !ok {
		return nil, false
	}
	if _, err := e.facts(); err != nil {
		return nil, false
	}
	_, size := binary.Varint(e.rest) // the input's number
	out = binary.AppendVarint(slices.Clone(b[:startHead]), int64(input))
	return append(out, e.rest[size:]...), true
}

// maxKind bounds the name of a kind of bad lines.
const maxKind = 1 << 10

// readReject reads what inputPart.reject wrote.
func readReject(b []byte) (bad lines.Bad, ok bool) {
	offset, n := binary.Varint(b)
	if n <= 0 || offset < 0 || offset > math.MaxInt64/2 {
		return bad, false
	}
	line, m := binary.Varint(b[n:])
	if m <= 0 || line < 0 || len(b) == n+m || len(b) > n+m+maxKind {
		return bad, false
	}
	return lines.Bad{Kind: string(b[n+m:]), Count: 1, Line: line, Offset: offset}, true
}
