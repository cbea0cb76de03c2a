package scanner

import (
	"cmp"
	"context"
	"io"
	"sync"
	"sync/atomic"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/rules"
	"coldcase/scanner/input"
	"coldcase/scanner/lines"
)

// pool is the map side of a run: workers that decompress, frame and match. What they find
// stays with each until the reduction merges it.
type pool struct {
	cfg      Config
	all      []input.Input // of the whole run: the evidence, then the baseline
	from, to int           // which of them this pool maps
	items    [][2]int      // which of them are read together: from, to
	readers  int
	budget   *lines.Budget
	inputs   []*inputState
	rejects  *rejects // nil when nobody asks
	large    *largeLines
	kept     *keeper // nil without a journal
	workers  []*worker
	tallies  *correlate.Tallies
	severity []int // by rule: place in rules.Severities, -1 when unknown
}

// newPool makes the pool that maps the inputs of the run from number from up to to.
func newPool(cfg Config, dir string, from, to int) *pool {
	p := &pool{cfg: cfg, from: from, to: to, large: newLargeLines(cfg.MaxMemory / largeShare)}
	p.all = allInputs(cfg)
	for range p.all {
		p.inputs = append(p.inputs, &inputState{})
	}
	p.items = itemsOf(p.all[from:to], from)
	p.readers = max(1, min(cfg.Jobs, len(p.items)))
	p.budget = lines.NewBudget(cfg.MaxMemory/batchShare, cfg.MaxLine, p.readers)
	for _, r := range cfg.Matcher.Rules() {
		severity := severityRank(r.Severity) - 1
		if r.Candidates {
			severity = -1 // its hits make no findings
		}
		p.severity = append(p.severity, severity)
	}
	if cfg.Rejects {
		p.rejects = newRejects(dir, int(cfg.MaxMemory/reduceShare))
	}
	p.kept = newKeeper(p)
	p.tallies = correlate.NewTallies(cfg.Matcher.Rules(), rowPrograms(cfg.Matcher))
	for range cfg.Jobs {
		p.workers = append(p.workers, p.newWorker(dir))
	}
	return p
}

// itemsOf groups inputs that are read in one pass: the members of a compressed archive.
func itemsOf(inputs []input.Input, from int) (items [][2]int) {
	for i := range inputs {
		if n := len(items); i > 0 && inputs[i].Follows(inputs[i-1]) {
			items[n-1][1]++
			continue
		}
		items = append(items, [2]int{from + i, from + i + 1})
	}
	return items
}

func (p *pool) newWorker(dir string) *worker {
	w := &worker{p: p, recorder: recorder{match: p.cfg.Matcher.NewWorker(p.cfg.Reference),
		out: correlate.NewCollector(dir, int(p.cfg.MaxMemory)/spillShare/p.cfg.Jobs)}}
	w.out.Share(p.tallies, p.leaveFrom())
	w.ancestry = &ancestry{log: correlate.NewLog(dir, int(p.cfg.MaxMemory)/startShare/p.cfg.Jobs)}
	if p.cfg.tables {
		w.table = correlate.NewTable(dir, int(p.cfg.MaxMemory)/spillShare/p.cfg.Jobs)
	}
	if p.cfg.Audit > 0 {
		w.audit = newAuditor()
		w.match.SetAudit(p.cfg.Audit, func(d matchers.AuditDifference) { w.audit.report(d) })
	}
	if p.cfg.ProfileRules {
		w.match.ProfileRules()
	}
	p.kept.watch(w)
	return w
}

// leaveFrom is from which row of a rule on workers may leave rows out, to be read again if
// need be; below 0 they may not. A journal has all records of an input, nearly a finding is
// what shows too little, and the reference path takes no short cut.
func (p *pool) leaveFrom() int {
	if p.kept != nil || p.cfg.NearMisses || p.cfg.Reference {
		return -1
	}
	return cmp.Or(p.cfg.leaveFrom, leaveFrom)
}

// run reads all inputs. Each worker takes inputs in order and reads them; a batch that it
// has filled goes to a worker that waits for one, or is matched on the spot when none
// does. So no goroutine waits while there is work, batches stay in the cache of the core
// that decoded them as long as there are inputs for all, and one large input is decoded
// by one worker and matched by all.
//
// The goroutines end thus: a worker that finds no further input waits for batches; the
// last one that reads closes the channel; workers end when it is closed. A worker that
// fails cancels the readers and goes on emptying the channel, so that nobody waits for a
// batch that is never released.
func (p *pool) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &reading{batches: make(chan *lines.Batch), wide: make(chan struct{}, 1), cancel: cancel, kept: p.kept}
	r.left.Store(int64(p.readers))
	var working sync.WaitGroup
	for n, w := range p.workers {
		working.Go(func() {
			if n < p.readers {
				p.readAll(ctx, r, w)
			}
			for b := range r.batches {
				r.scan(w, b)
			}
		})
	}
	working.Wait()
	for _, w := range p.workers { // their memory is for what follows
		w.match.Forget()
	}
	return p.firstError()
}

// reading is what the workers of a run share.
type reading struct {
	next    atomic.Int64 // items taken
	left    atomic.Int64 // workers that still read
	wide    chan struct{}
	batches chan *lines.Batch // from those that read to those that do not
	cancel  context.CancelCauseFunc
	kept    *keeper
}

// scan matches a batch and releases it.
func (r *reading) scan(w *worker, b *lines.Batch) {
	input := b.Input
	if w.err == nil {
		r.kept.enter(w, input)
		if w.err = w.scan(b); w.err != nil {
			r.cancel(w.err)
		}
		r.kept.leave(w)
	}
	b.Release()
	r.kept.release(input, w.err != nil)
}

// hand gives a batch to a worker that waits, or to w.
func (r *reading) hand(w *worker, b *lines.Batch) {
	r.kept.hold(b.Input)
	select {
	case r.batches <- b:
	default:
		r.scan(w, b)
	}
}

// readAll reads items until there are no more.
func (p *pool) readAll(ctx context.Context, r *reading, w *worker) {
	for n := int(r.next.Add(1)) - 1; n < len(p.items); n = int(r.next.Add(1)) - 1 {
		p.readItem(ctx, p.items[n], r, w)
	}
	if r.left.Add(-1) == 0 {
		close(r.batches)
	}
}

func (p *pool) firstError() error {
	for _, w := range p.workers {
		if w.err != nil {
			return w.err
		}
	}
	if p.cfg.Spool != nil {
		return p.cfg.Spool.seal()
	}
	return nil
}

// readItem reads inputs one behind the other. reading.wide admits one long zstd window at
// a time.
func (p *pool) readItem(ctx context.Context, item [2]int, rd *reading, w *worker) {
	o := input.NewOpener(p.stdin(), input.Limits{Wide: rd.wide, Done: ctx.Done(), Parallel: atOnce(p.cfg.Jobs, len(p.items)),
		Stored: &p.cfg.Progress.StoredBytes, Decoded: &p.cfg.Progress.DecodedBytes})
	for i := item[0]; i < item[1]; i++ {
		p.read(ctx, o, i, rd, w)
	}
	// What its streams had to say of their end is told; the rest was opened for reading.
	_ = o.Close()
}

// atOnce is how many pieces of one input are decoded at once: as many as there are workers
// for each input, since those that have none of their own would wait for its decoder.
func atOnce(jobs, items int) int {
	return (jobs + items - 1) / max(1, items)
}

// read frames one input into batches.
func (p *pool) read(ctx context.Context, o *input.Opener, i int, rd *reading, w *worker) {
	in := p.inputs[i]
	if ctx.Err() != nil {
		in.stopped = true
		return
	}
	p.kept.begin(w, i)
	defer p.kept.release(int32(i), false)
	s, err := o.Open(p.all[i])
	if err != nil {
		in.openErr = err
		return
	}
	r := lines.NewReader(s, int32(i), p.budget)
	if p.rejects != nil {
		r.Watch(func(b lines.Bad) { w.file(int32(i), b) })
	}
	p.cfg.places.note(i, s)
	err = p.frame(ctx, r, func(b *lines.Batch) { rd.hand(w, b) })
	p.cfg.places.keep(i, s, r)
	in.ended(err, r.Stats(), s)
	p.cfg.Progress.BadLines.Add(in.framed())
	if err := s.Close(); err != nil && in.damage == nil {
		in.openErr = err
	}
}

// stdin returns standard input, which is kept when there is a spool.
func (p *pool) stdin() io.Reader {
	if p.cfg.Spool == nil || p.cfg.Stdin == nil {
		return p.cfg.Stdin
	}
	return p.cfg.Spool.tee(p.cfg.Stdin)
}

// frame hands out batches until the stream ends, and returns what ended it; nil is the
// end of the input.
func (p *pool) frame(ctx context.Context, r *lines.Reader, hand func(*lines.Batch)) error {
	for {
		b, err := p.budget.Get(ctx)
		if err != nil {
			return err
		}
		if err := r.Next(ctx, b); err != nil {
			b.Release()
			// Not errors.Is: damage may wrap the io.EOF of who knows what.
			if err == io.EOF {
				return nil
			}
			return err
		}
		hand(b)
	}
}

// countHit shows a hit on the progress bar.
func (p *pool) countHit(rule int32) {
	if s := p.severity[rule]; s >= 0 && s < len(rules.Severities) {
		p.cfg.Progress.BySeverity[s].Add(1)
	}
}
