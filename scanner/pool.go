package scanner

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"coldcase/matchers/correlate"
	"coldcase/rules"
	"coldcase/scanner/input"
	"coldcase/scanner/lines"
)

// pool is the map side of a run: readers that decompress and frame, workers that
// match. What the workers find stays with each until the reduction merges it.
type pool struct {
	cfg      Config
	all      []input.Input // of the whole run: the evidence, then the baseline
	from, to int           // which of them this pool maps
	readers  int
	budget   *lines.Budget
	inputs   []*inputState
	workers  []*worker
	severity []int // by rule: place in rules.Severities, -1 when unknown
}

// newPool makes the pool that maps the inputs of the run from number from up to to.
func newPool(cfg Config, dir string, from, to int) *pool {
	p := &pool{cfg: cfg, from: from, to: to}
	p.all = allInputs(cfg)
	for range p.all {
		p.inputs = append(p.inputs, &inputState{})
	}
	p.readers = max(1, min(cfg.Jobs, to-from))
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
			for i := p.from + int(next.Add(1)) - 1; i < p.to; i = p.from + int(next.Add(1)) - 1 {
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

// read frames one input into batches. wide admits one long zstd window at a time.
func (p *pool) read(ctx context.Context, i int, wide chan struct{}, batches chan<- *lines.Batch) {
	in := p.inputs[i]
	if ctx.Err() != nil {
		in.stopped = true
		return
	}
	lim := input.Limits{Wide: wide, Done: ctx.Done(),
		Stored: &p.cfg.Progress.StoredBytes, Decoded: &p.cfg.Progress.DecodedBytes}
	s, err := input.Open(p.all[i], p.stdin(), lim)
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

// countHit shows a hit on the progress bar.
func (p *pool) countHit(rule int32) {
	if s := p.severity[rule]; s >= 0 && s < len(rules.Severities) {
		p.cfg.Progress.BySeverity[s].Add(1)
	}
}
