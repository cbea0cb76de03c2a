package scanner

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/rules"
	"coldcase/scanner/input"
	"coldcase/scanner/lines"
)

// pool is the map side of a run: readers that decompress and frame, workers that
// match. What the workers find stays with each until the reduction merges it.
type pool struct {
	cfg      Config
	readers  int
	budget   *lines.Budget
	inputs   []*inputState
	workers  []*worker
	severity []int // by rule: place in rules.Severities, -1 when unknown
}

func newPool(cfg Config, dir string) *pool {
	p := &pool{cfg: cfg}
	for range cfg.Inputs {
		p.inputs = append(p.inputs, &inputState{})
	}
	p.readers = max(1, min(cfg.Jobs, len(cfg.Inputs)))
	p.budget = lines.NewBudget(cfg.MaxMemory/batchShare, cfg.MaxLine, p.readers)
	for _, r := range cfg.Matcher.Rules() {
		p.severity = append(p.severity, severityRank(r.Severity)-1)
	}
	for range cfg.Jobs {
		p.workers = append(p.workers, &worker{p: p, match: cfg.Matcher.NewWorker(cfg.Reference),
			out: correlate.NewCollector(dir, int(cfg.MaxMemory)/spillShare/cfg.Jobs)})
	}
	return p
}

// run reads all inputs. Readers take inputs in order and send batches; workers
// receive them. The goroutines end thus: readers when the inputs are used up or the
// context is cancelled; the last reader closes batches; workers when batches is
// closed. A worker that fails cancels the readers and goes on emptying the channel,
// so that nobody waits for a batch that is never released.
func (p *pool) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	batches := make(chan *lines.Batch, p.cfg.Jobs)
	var next atomic.Int64
	var reading, working sync.WaitGroup
	wide := make(chan struct{}, 1)
	for range p.readers {
		reading.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(p.cfg.Inputs); i = int(next.Add(1)) - 1 {
				p.read(ctx, i, wide, batches)
			}
		})
	}
	for _, w := range p.workers {
		working.Go(func() {
			for b := range batches {
				if w.err == nil {
					if w.err = w.scan(b); w.err != nil {
						cancel(w.err)
					}
				}
				b.Release()
			}
		})
	}
	reading.Wait()
	close(batches)
	working.Wait()
	return p.firstError()
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

// stopped says whether an input was not read to its end because the run was
// interrupted.
func (p *pool) stopped() bool {
	return slices.ContainsFunc(p.inputs, func(in *inputState) bool { return in.stopped })
}

// read frames one input into batches. wide admits one long zstd window at a time.
func (p *pool) read(ctx context.Context, i int, wide chan struct{}, batches chan<- *lines.Batch) {
	in := p.inputs[i]
	if ctx.Err() != nil {
		in.stopped = true
		return
	}
	lim := input.Limits{Wide: wide, Done: ctx.Done(),
		Stored: &p.cfg.Progress.StoredBytes, Decoded: &p.cfg.Progress.DecodedBytes}
	s, err := input.Open(p.cfg.Inputs[i], p.stdin(), lim)
	if err != nil {
		in.openErr = err
		return
	}
	r := lines.NewReader(s, int32(i), p.budget)
	err = p.frame(ctx, r, batches)
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

// frame sends batches until the stream ends, and returns what ended it; nil is the
// end of the input.
func (p *pool) frame(ctx context.Context, r *lines.Reader, batches chan<- *lines.Batch) error {
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
		batches <- b
	}
}

func (p *pool) collectors() []*correlate.Collector {
	out := make([]*correlate.Collector, len(p.workers))
	for i, w := range p.workers {
		out[i] = w.out
	}
	return out
}

// census merges what the workers have learnt.
func (p *pool) census() *matchers.Census {
	c := p.workers[0].match.Census()
	for _, w := range p.workers[1:] {
		c.Merge(w.match.Census())
	}
	return c
}

func (p *pool) cutShort() (n int64) {
	for _, w := range p.workers {
		n += w.match.CutShort()
	}
	return n
}

func (p *pool) close() error {
	var errs []error
	for _, w := range p.workers {
		errs = append(errs, w.out.Close())
	}
	return errors.Join(errs...)
}

// countHit shows a hit on the progress bar.
func (p *pool) countHit(rule int32) {
	if s := p.severity[rule]; s >= 0 && s < len(rules.Severities) {
		p.cfg.Progress.BySeverity[s].Add(1)
	}
}
