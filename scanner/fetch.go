package scanner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"coldcase/matchers/event"
	"coldcase/scanner/input"
	"coldcase/scanner/lines"
)

// errNotAsScanned says that an input does not hold a line where the run saw it.
var errNotAsScanned = errors.New("the line is not where it was scanned: the input has changed")

// Fetch reads the lines at origins a second time, for evidence that was not carried
// with its record. cfg is the configuration of the run that named the origins: its
// Inputs, MaxLine and, for lines of standard input, Spool are used.
//
// yield is called with each index into origins, its line as it is matched, and as it
// stands in the evidence (see lines.Batch.Raw); both are valid during the call only. The
// calls are in the order of inputs and offsets. Only inputs with a wanted line are
// opened, each once, and are read no further than the last one wanted. Memory is that
// of one reader; lines are cut as they were the first time.
//
// An input that does not hold the line at that place any more is an error; a change
// that leaves every line's place alone is for the caller to find, who has the line's
// SHA-256. Other errors are those of the inputs, of ctx, and of yield, as it is.
func Fetch(ctx context.Context, cfg Config, origins []event.Origin, yield func(i int, line, raw []byte) error) error {
	wanted, err := inOrder(cfg, origins)
	if err != nil {
		return err
	}
	f := newFetcher(ctx, cfg, origins, 1, yield)
	err = f.inputs(ctx, wanted)
	if cerr := f.opener.Close(); err == nil {
		err = cerr
	}
	return err
}

// fetchAtOnce is Fetch with several readers, each over inputs of its own, or over parts of
// one where places of it are known. yield is called from all of them, in no order, with
// the number of the reader from 0 up to jobs. An input that fails does not keep the others from being read; the
// error is that of the first in order.
func fetchAtOnce(ctx context.Context, cfg Config, jobs int, origins []event.Origin, yield func(reader, i int, line, raw []byte) error) error {
	wanted, err := inOrder(cfg, origins)
	if err != nil {
		return err
	}
	if wanted, err = fetchFromPlaces(ctx, cfg, jobs, origins, wanted, yield); err != nil {
		return err
	}
	items := wantedItems(cfg, origins, wanted)
	errs := make([]error, len(items))
	var next atomic.Int64
	var reading sync.WaitGroup
	for n := range min(max(1, jobs), len(items)) {
		reading.Go(func() {
			f := newFetcher(ctx, cfg, origins, atOnce(jobs, len(items)), func(i int, line, raw []byte) error { return yield(n, i, line, raw) })
			for i := int(next.Add(1)) - 1; i < len(items); i = int(next.Add(1)) - 1 {
				errs[i] = f.inputs(ctx, items[i])
			}
			_ = f.opener.Close() // opened for reading: what it had to say its streams have said
		})
	}
	reading.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// wantedItems cuts what is wanted, in order, where another reader may go on.
func wantedItems(cfg Config, origins []event.Origin, wanted []int) (items [][]int) {
	start := 0
	for i := 1; i <= len(wanted); i++ {
		if i < len(wanted) {
			a, b := origins[wanted[i-1]].Input, origins[wanted[i]].Input
			if a == b || cfg.Inputs[b].Follows(cfg.Inputs[a]) {
				continue
			}
		}
		items = append(items, wanted[start:i])
		start = i
	}
	return items
}

// inOrder returns the indices of origins in the order of inputs and offsets.
func inOrder(cfg Config, origins []event.Origin) (wanted []int, err error) {
	wanted = make([]int, len(origins))
	for i, o := range origins {
		if o.Input < 0 || int(o.Input) >= len(cfg.Inputs) {
			return nil, fmt.Errorf("no input %d: the run has %d", o.Input, len(cfg.Inputs))
		}
		wanted[i] = i
	}
	return sorted(origins, wanted), nil
}

func sorted(origins []event.Origin, wanted []int) []int {
	slices.SortFunc(wanted, func(a, b int) int {
		x, y := origins[a], origins[b]
		return cmp.Or(cmp.Compare(x.Input, y.Input), cmp.Compare(x.Offset, y.Offset), cmp.Compare(a, b))
	})
	return wanted
}

func newFetcher(ctx context.Context, cfg Config, origins []event.Origin, parallel int, yield func(i int, line, raw []byte) error) *fetcher {
	return &fetcher{cfg: cfg, budget: lines.NewBudget(0, cfg.MaxLine, 1), origins: origins, yield: yield,
		opener: input.NewOpener(nil, input.Limits{Done: ctx.Done(), Parallel: parallel})}
}

// inputs fetches what is wanted, in order.
func (f *fetcher) inputs(ctx context.Context, wanted []int) error {
	for len(wanted) > 0 {
		n := 1
		for n < len(wanted) && f.origins[wanted[n]].Input == f.origins[wanted[0]].Input {
			n++
		}
		if err := f.input(ctx, wanted[:n]); err != nil {
			return err
		}
		wanted = wanted[n:]
	}
	return nil
}

// fetcher is one reader of a Fetch.
type fetcher struct {
	cfg     Config
	opener  *input.Opener
	budget  *lines.Budget
	origins []event.Origin
	yield   func(i int, line, raw []byte) error
}

// input fetches the wanted lines of one input, of which there is at least one.
func (f *fetcher) input(ctx context.Context, wanted []int) error {
	index := f.origins[wanted[0]].Input
	in := f.cfg.Inputs[index]
	s, closeInput, err := f.open(ctx, in)
	if err != nil {
		return fmt.Errorf("%s: %w", in.Name, err)
	}
	r := lines.NewReader(s, index, f.budget)
	for len(wanted) > 0 && err == nil {
		wanted, err = f.batch(ctx, r, in, wanted)
	}
	if cerr := closeInput(); err == nil {
		err = cerr
	}
	return err
}

// open opens an input as the first pass did; standard input comes from the spool.
func (f *fetcher) open(ctx context.Context, in input.Input) (s *input.Stream, closeInput func() error, err error) {
	if in.Path != "" {
		if s, err = f.opener.Open(in); err != nil {
			return nil, nil, err
		}
		return s, s.Close, nil
	}
	if f.cfg.Spool == nil {
		return nil, nil, errNoSpool
	}
	kept, err := f.cfg.Spool.open()
	if err != nil {
		return nil, nil, err
	}
	if s, err = input.Open(in, kept, input.Limits{Done: ctx.Done()}); err != nil {
		return nil, nil, errors.Join(err, kept.Close())
	}
	return s, func() error { return errors.Join(s.Close(), kept.Close()) }, nil
}

// batch yields what is wanted of the next lines and returns what is wanted still.
func (f *fetcher) batch(ctx context.Context, r *lines.Reader, in input.Input, wanted []int) ([]int, error) {
	b, err := f.budget.Get(ctx)
	if err != nil {
		return nil, err
	}
	defer b.Release()
	switch err := r.Next(ctx, b); {
	case err == nil:
		return f.take(b, in, wanted)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err == io.EOF:
		return nil, f.missing(in, wanted, errNotAsScanned)
	default:
		return nil, f.missing(in, wanted, err)
	}
}

// take yields the wanted lines of a batch. Both are in the order of offsets.
func (f *fetcher) take(b *lines.Batch, in input.Input, wanted []int) ([]int, error) {
	for _, l := range b.Lines {
		end := l.Offset + int64(b.Origin(l).Length)
		n := 0
		for n < len(wanted) && f.origins[wanted[n]].Offset < end {
			n++
		}
		if n == 0 {
			continue
		}
		if err := f.line(b, in, l, wanted[:n]); err != nil {
			return nil, err
		}
		wanted = wanted[n:]
	}
	return wanted, nil
}

// line yields what is wanted of a line: all of it, or the pieces that the run found on it.
func (f *fetcher) line(b *lines.Batch, in input.Input, l lines.Line, wanted []int) (err error) {
	wanted, err = f.same(b, l, wanted)
	if len(wanted) > 0 && err == nil {
		for p := range b.Pieces(l) {
			if p.Lost != "" {
				continue
			}
			if wanted, err = f.same(b, p.Line, wanted); len(wanted) == 0 || err != nil {
				break
			}
		}
	}
	if len(wanted) > 0 && err == nil {
		return f.missing(in, wanted, errNotAsScanned)
	}
	return err
}

// same yields a line to those that want just it, and returns what is wanted still.
func (f *fetcher) same(b *lines.Batch, l lines.Line, wanted []int) ([]int, error) {
	for len(wanted) > 0 && f.origins[wanted[0]] == b.Origin(l) {
		if err := f.yield(wanted[0], b.Bytes(l), b.Raw(l)); err != nil {
			return nil, err
		}
		wanted = wanted[1:]
	}
	return wanted, nil
}

// missing says of the first wanted line why it cannot be had.
func (f *fetcher) missing(in input.Input, wanted []int, why error) error {
	return fmt.Errorf("%s: line %d: %w", in.Name, f.origins[wanted[0]].Line, why)
}
