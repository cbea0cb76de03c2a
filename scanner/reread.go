package scanner

import (
	"context"
	"errors"
	"io"

	"coldcase/matchers"
	"coldcase/scanner/input"
	"coldcase/scanner/lines"
)

// Rereader reads inputs of a run once more, whole and as the run saw them. Inputs are
// taken in their order by one Rereader, so that an archive is decoded once. It is for one
// goroutine; the caller closes it.
type Rereader struct{ f *fetcher }

// NewRereader returns a reader of the inputs of the run with a configuration: its Inputs,
// MaxLine and, for lines of standard input, Spool are used. ctx stops the reading.
func NewRereader(ctx context.Context, cfg Config) *Rereader {
	return &Rereader{newFetcher(ctx, cfg, nil, 0, nil)}
}

// Close closes the archive that is open, if one is.
func (r *Rereader) Close() error { return r.f.opener.Close() }

// Each calls yield for the documents of an input, by its index; w is told of the bulk
// action before each. What yield is given is valid during the call. Damage is returned as
// the input reports it; an input that cannot be opened is damage too (see [IsDamage]). Other
// errors are of ctx, or of yield, as it is.
func (r *Rereader) Each(ctx context.Context, index int32, w *matchers.Worker, yield func(*lines.Documents, lines.Line) error) (err error) {
	s, closeInput, err := r.f.open(ctx, r.f.cfg.Inputs[index])
	if err != nil {
		return &unopened{err}
	}
	defer func() {
		if cerr := closeInput(); err == nil {
			err = cerr
		}
	}()
	d, err := lines.NewDocuments(ctx, lines.NewReader(s, index, r.f.budget), r.f.budget, w)
	if err != nil {
		return err
	}
	defer d.Release()
	for {
		l, err := d.Next(ctx)
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, input.ErrStopped):
			return errors.Join(ctx.Err(), err)
		case err != nil:
			return err
		}
		if err := yield(d, l); err != nil {
			return err
		}
	}
}

// unopened says that an input of a run cannot be opened a second time.
type unopened struct{ err error }

func (e *unopened) Error() string { return e.err.Error() }
func (e *unopened) Unwrap() error { return e.err }

// IsDamage says whether an error of Rereader.Each is of that input alone.
func IsDamage(err error) bool {
	_, damaged := errors.AsType[*input.DamageError](err)
	_, closed := errors.AsType[*unopened](err)
	return damaged || closed
}
