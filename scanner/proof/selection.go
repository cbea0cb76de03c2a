package proof

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"time"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/scanner"
	"coldcase/scanner/lines"
)

// Why a line is part of a bundle, in the order in which reasons are listed.
const (
	whyFinding   = iota // evidence of a finding
	whyCounted          // counted by a finding that does not list it: see count
	whyAncestor         // the start of a process from which one of a finding descends
	whyNeighbour        // before or after, on the same host
)

// whyWords are the reasons as a map file states them.
var whyWords = [...]string{"finding", "counted", "ancestor", "neighbour"}

// Selection is the lines of a run's evidence that a bundle holds: those behind its
// findings, their neighbours and the starts of their processes' ancestors. It is for
// one goroutine.
type Selection struct {
	cfg   scanner.Config
	dir   string
	lines *correlate.Sorter // by input, line, offset, why
	drop  map[bundleLine]bool
	at    []bundleLine // of the lines last written, while a check may ask for them
	// Notes say what the bundle lacks, sorted.
	Notes []string
}

// bundleLine is where a line of a bundle came from.
type bundleLine struct {
	event.Origin
	why uint8
}

// Select chooses the lines of a bundle for the findings of res, with so many neighbours
// before and after each on the same host. cfg is the configuration of the run, whose
// inputs are read once more, whole. Memory is bounded; what does not fit spills below
// cfg.TempDir. The caller closes the selection.
func Select(ctx context.Context, cfg scanner.Config, res *scanner.Result, neighbours int) (_ *Selection, err error) {
	if cfg.MaxMemory <= 0 {
		cfg.MaxMemory = scanner.DefaultMaxMemory
	}
	dir, err := os.MkdirTemp(cfg.TempDir, "coldcase-*")
	if err != nil {
		return nil, fmt.Errorf("temporary directory: %w", err)
	}
	budget := int(cfg.MaxMemory / sorterShare)
	s := &Selection{cfg: cfg, dir: dir, lines: correlate.NewSorter(dir, budget), drop: map[bundleLine]bool{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	p := newSelecting(s, budget, neighbours)
	defer p.close()
	if err := p.wantFindings(res); err != nil {
		return nil, err
	}
	if err := p.readAll(ctx); err != nil {
		return nil, err
	}
	if err := p.ancestors(); err != nil {
		return nil, err
	}
	s.Notes = p.notes()
	return s, nil
}

// Close removes what was spilled.
func (s *Selection) Close() error { return errors.Join(s.lines.Close(), os.RemoveAll(s.dir)) }

// placeKey orders lines by input and place. Pieces of one line follow each other; the
// length tells a line from its first piece.
func placeKey(o event.Origin) []byte {
	dst := correlate.AppendInt(make([]byte, 0, 40), int64(o.Input))
	dst = correlate.AppendInt(correlate.AppendInt(dst, o.Offset), o.Line)
	return correlate.AppendInt(dst, int64(o.Length))
}

// placeSize is the length of a placeKey.
const placeSize = 32

// placeOf reads what placeKey wrote.
func placeOf(key []byte) event.Origin {
	return event.Origin{Input: int32(correlateInt(key)), Offset: correlateInt(key[8:]), Line: correlateInt(key[16:]),
		Length: int32(correlateInt(key[24:]))}
}

// add selects a line.
func (s *Selection) add(o event.Origin, why uint8) error {
	return s.lines.Add(append(placeKey(o), why), nil)
}

// selecting is a Select under way.
type selecting struct {
	s        *Selection
	n        int // neighbours
	wanted   *correlate.Sorter
	rules    map[*rules.Rule]int32
	counted  map[pairKey]*span
	joined   map[int32]*span // by rule in ES|QL of which all rows are wanted
	uncount  int64           // findings whose events could not all be looked for
	lost     int64           // hosts whose neighbours were given up at the bound
	lineage  *lineage
	worker   *matchers.Worker
	hosts    map[string]*ring
	isWanted func(o event.Origin) bool
}

// pairKey is one rule with one join key.
type pairKey struct {
	rule int32
	key  string
}

// span is a time in nanoseconds since 1970, both ends inclusive.
type span struct{ first, last int64 }

func newSelecting(s *Selection, budget, neighbours int) *selecting {
	p := &selecting{s: s, n: neighbours, wanted: correlate.NewSorter(s.dir, budget), rules: map[*rules.Rule]int32{},
		counted: map[pairKey]*span{}, joined: map[int32]*span{}, worker: s.cfg.Matcher.NewWorker(s.cfg.Reference)}
	for i, r := range s.cfg.Matcher.Rules() {
		p.rules[r] = int32(i)
	}
	p.lineage = newLineage(s.dir, budget)
	return p
}

func (p *selecting) close() {
	_ = p.wanted.Close() // the directory is removed as a whole
	p.lineage.close()
}

// maxCounted bounds the findings of which all events are looked for.
const maxCounted = 100_000

// wantFindings notes the lines behind the findings.
func (p *selecting) wantFindings(res *scanner.Result) error {
	return res.Findings(func(f *scanner.Finding) error {
		for _, e := range f.Evidence {
			if err := p.wanted.Add(placeKey(e.Origin), nil); err != nil {
				return err
			}
		}
		switch {
		case scanner.OverWindows(f.Rule):
			p.countRows(f)
		case f.Rule.Type == rules.KindThreshold && f.Count > len(f.Evidence):
			p.count(f)
		}
		return nil
	})
}

// count remembers a finding that lists only some of the events of its key.
func (p *selecting) count(f *scanner.Finding) {
	k := pairKey{p.rules[f.Rule], f.Key}
	if p.counted[k] == nil && len(p.counted) == maxCounted {
		p.uncount++
		return
	}
	p.counted[k] = p.counted[k].with(f.Time, f.Last)
}

// countRows remembers a finding of a rule in ES|QL that rests on more than what it lists:
// on further events of its group, or, where its events do not decide by themselves (INLINE
// STATS, a second STATS, LIMIT), on all rows of the windows around them.
func (p *selecting) countRows(f *scanner.Finding) {
	rule := p.rules[f.Rule]
	decide, grouped := correlate.SourcesDecide(f.Rule, p.s.cfg.Matcher.RowProgram(int(rule)))
	switch {
	case !decide || !grouped && f.Count > len(f.Evidence):
		p.joined[rule] = p.joined[rule].with(f.Time.Add(-f.Rule.LookBack), f.Last.Add(f.Rule.LookBack))
	case f.Count > len(f.Evidence):
		p.count(f)
	}
}

// with returns the span, which may be nil, widened to hold two times.
func (s *span) with(first, last time.Time) *span {
	from, to := first.UnixNano(), last.UnixNano()
	if s != nil {
		from, to = min(from, s.first), max(to, s.last)
	}
	return &span{from, to}
}

func (s *span) holds(t int64) bool { return s != nil && s.first <= t && t <= s.last }

// readAll reads the evidence once more, in order.
func (p *selecting) readAll(ctx context.Context) error {
	next, stop, failed := pull(p.wanted)
	defer stop()
	cur, more := next()
	p.isWanted = func(o event.Origin) bool {
		k := placeKey(o)
		for more && slices.Compare(cur, k) < 0 {
			cur, more = next()
		}
		return more && slices.Equal(cur, k)
	}
	r := scanner.NewRereader(ctx, p.s.cfg)
	defer r.Close() // it only reads
	for i := range p.s.cfg.Inputs {
		if err := p.read(ctx, r, int32(i)); err != nil {
			return err
		}
	}
	return failed()
}

// pull turns the walk of a sorter into calls of next, which returns the next key, valid
// until the call after. An error of the temporary file ends the walk; failed returns it.
func pull(s *correlate.Sorter) (next func() ([]byte, bool), stop func(), failed func() error) {
	var err error
	var seq iter.Seq[[]byte] = func(yield func([]byte) bool) {
		err = correlate.Merge([]*correlate.Sorter{s}, func(key, _ []byte) error {
			if !yield(key) {
				return errStopped
			}
			return nil
		})
	}
	next, stop = iter.Pull(seq)
	return next, stop, func() error {
		if err == errStopped {
			return nil
		}
		return err
	}
}

var errStopped = errors.New("stopped")

// read looks at the lines of one input.
func (p *selecting) read(ctx context.Context, r *scanner.Rereader, index int32) error {
	p.hosts = map[string]*ring{}
	err := r.Each(ctx, index, p.worker, func(d *lines.Documents, l lines.Line) error { return p.line(d, l) })
	if err != nil && !scanner.IsDamage(err) {
		return err
	}
	return nil
}

// line looks at one document, or at the pieces of a line that is none.
func (p *selecting) line(d *lines.Documents, l lines.Line) error {
	ok, err := p.element(d, l)
	if ok || err != nil {
		return err
	}
	for piece := range d.Pieces(l) {
		if piece.Lost != "" {
			continue
		}
		if _, err := p.element(d, piece.Line); err != nil {
			return err
		}
	}
	return nil
}

// element looks at one event; ok is false when it is none.
func (p *selecting) element(d *lines.Documents, l lines.Line) (ok bool, err error) {
	hits, err := p.worker.Match(d.Bytes(l))
	if err != nil {
		return false, nil
	}
	o := d.Origin(l)
	f, source := p.worker.Facts()
	wanted := p.isWanted(o)
	if err := p.lineage.note(o, f, source, wanted); err != nil {
		return true, err
	}
	if err := p.neighbours(o, string(f.HostKey), wanted); err != nil {
		return true, err
	}
	if len(p.counted)+len(p.joined) == 0 || wanted {
		return true, nil
	}
	return true, p.countHits(o, hits)
}

// countHits selects what a finding counted.
func (p *selecting) countHits(o event.Origin, hits []matchers.Hit) error {
	for _, h := range hits {
		if t, ok := p.worker.Time(h); ok && p.isCounted(h, t) {
			return p.s.add(o, whyCounted)
		}
	}
	return nil
}

func (p *selecting) isCounted(h matchers.Hit, t int64) bool {
	if p.joined[h.Rule].holds(t) {
		return true
	}
	switch r := p.s.cfg.Matcher.Rules()[h.Rule]; {
	case scanner.OverWindows(r):
		return slices.ContainsFunc(p.worker.Rows(h), func(row matchers.RowHit) bool { return p.counted[pairKey{h.Rule, row.Key}].holds(t) })
	case r.Type == rules.KindThreshold:
		keys, _ := p.worker.Keys(h, func() string { return "" })
		return slices.ContainsFunc(keys, func(key string) bool { return p.counted[pairKey{h.Rule, key}].holds(t) })
	}
	return false
}

// notes says what could not be selected.
func (p *selecting) notes() (out []string) {
	add := func(n int64, what string) {
		if n > 0 {
			out = append(out, fmt.Sprintf("%s: %d", what, n))
		}
	}
	add(p.uncount, "findings of which only the listed events are in the bundle")
	add(p.lost, "hosts whose neighbours were given up at a bound of memory")
	add(p.lineage.dropped, "processes whose ancestors were not looked for, at a bound of memory")
	slices.Sort(out)
	return out
}
