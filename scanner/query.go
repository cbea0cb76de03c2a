package scanner

import (
	"context"
	"errors"
	"fmt"
	"os"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/rows"
	"coldcase/scanner/lines"
)

// QueryResult is what a query saw beside its rows.
type QueryResult struct {
	Rows        int64
	Inputs      []InputResult // in the order in which they were walked
	Events      int64
	NoIndex     int64       // events of no recognisable index, which FROM does not take
	Indices     []NameCount // of the other events, most first
	Complete    bool        // everything given was read whole
	Interrupted bool
	Notes       []string // sorted
	// Elsewhere is set when no event was of the indices that FROM names.
	Elsewhere bool
	// Unseen are the fields that the query reads and that no event had, sorted.
	Unseen []string
}

// QueryColumns returns the names of the columns of the query that m was compiled for, and
// whether the query also shows whatever fields the events have, which rows do not hold.
func QueryColumns(m *matchers.Matcher) (names []string, every bool) {
	p := m.RowProgram(0)
	for _, c := range p.Columns {
		names = append(names, c.Name)
	}
	return names, p.Every
}

// Query asks one query in ES|QL of all inputs of cfg, whose matcher was compiled with the
// option Table and holds the query as its only rule. The rows come in the order that the
// query asks for, else in that of the evidence; NOW() is the time of the last event. Each
// has one JSON value for each column, and is valid during the call. Memory is bounded as
// that of Run; errors are those of Run, and of yield.
func Query(ctx context.Context, cfg Config, yield func(row []any) error) (*QueryResult, error) {
	cfg = withDefaults(cfg)
	dir, err := os.MkdirTemp(cfg.TempDir, "coldcase-*")
	if err != nil {
		return nil, fmt.Errorf("temporary directory: %w", err)
	}
	res, err := askAll(ctx, cfg, dir, yield)
	return res, errors.Join(err, os.RemoveAll(dir))
}

func askAll(ctx context.Context, cfg Config, dir string, yield func(row []any) error) (*QueryResult, error) {
	cfg.tables = true
	s, err := mapShards(ctx, cfg, dir, 1)
	if err != nil {
		return nil, err
	}
	account := s.account()
	census := account.Census()
	_, last, _ := census.Span()
	var tables []*correlate.Table
	for _, w := range s.workers() {
		tables = append(tables, w.table)
	}
	res := &QueryResult{Inputs: s.inputResults(), Interrupted: s.stopped()}
	res.note(cfg.Matcher, census)
	// An interrupt while the evidence is read ends the reading, and one behind that the query.
	asking := ctx
	if ctx.Err() != nil {
		asking = context.WithoutCancel(ctx)
	}
	var stats correlate.Stats
	p, budget := cfg.Matcher.RowProgram(0), int(cfg.MaxMemory/reduceShare)
	err = correlate.Tabulate(asking, p, tables, dir, budget, last/1e6, &stats, func(row []rows.Value) error {
		res.Rows++
		cells := make([]any, len(row))
		for i, v := range row {
			cells[i] = v.JSON()
		}
		return yield(cells)
	})
	if cause := asking.Err(); cause != nil && errors.Is(err, cause) {
		res.Interrupted, err = true, nil
	}
	for _, t := range tables {
		err = errors.Join(err, t.Close())
	}
	if stats.Dropped > 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("at a bound of memory rows and values were left out: %d", stats.Dropped))
	}
	if n := account.Dropped(); n > 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("an event's lists made more rows than are kept: %d or more were left out", n))
	}
	res.Complete = complete(&Result{Inputs: res.Inputs, Interrupted: res.Interrupted})
	return res, errors.Join(err, s.close())
}

// note says what the events were, for a query that finds less than was meant.
func (r *QueryResult) note(m *matchers.Matcher, census *matchers.Census) {
	r.Events, r.NoIndex, _ = census.Events()
	if m.TakesUnknown(0) {
		r.NoIndex = 0
	}
	for _, c := range census.Indices() {
		r.Indices = append(r.Indices, NameCount{Name: c.Name, Count: c.Events})
	}
	reason, _, ok := census.Coverage(0)
	r.Elsewhere = r.Events > 0 && !ok && reason == matchers.NoIndexSeen
	fields, _ := m.Rules()[0].ESQL.Fields()
	for _, name := range fields {
		if !census.Saw(name) {
			r.Unseen = append(r.Unseen, name)
		}
	}
}

// tabulate files the rows of a line's event.
func (w *worker) tabulate(b *lines.Batch, l lines.Line, hits []matchers.Hit) error {
	r := correlate.Record{Origin: b.Origin(l)}
	for _, h := range hits {
		if err := emitRows(w.match.Rows(h), &r, w.table.Add); err != nil {
			return err
		}
	}
	return nil
}
