package proof

import (
	"encoding/json"
	"errors"
	"strings"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/scanner"
	"coldcase/scanner/input"
	"coldcase/scanner/lines"
)

// foundInput is what has become of an input that lines are wanted of. It goes with those
// that wait.
type foundInput struct {
	File, FileSum string // as the findings file has them
	Status        string // of the input as a whole
	Reason        string

	SHA256 string
	Moved  bool
	Order  int

	located Located // where it is, unless the status is Missing
}

// is says whether a line is wanted of it.
func (f *foundInput) is(want *wantedLine) bool {
	return f.File == want.File && f.FileSum == want.FileSum
}

// later says whether lines of it have to wait for others of the same archive.
func (f *foundInput) later() bool {
	in := f.located.Input
	return f.Status != Missing && in.Follows(in)
}

// find finds an input and judges it as a whole.
func (v *verifier) find(want *wantedLine) *foundInput {
	f := &foundInput{File: want.File, FileSum: want.FileSum, Status: Proven}
	at, err := v.locator.Find(want.File, want.FileSum)
	f.located, f.SHA256, f.Moved, f.Order = at, at.SHA256, at.Moved, at.order
	switch {
	case err != nil:
		f.missing(err)
	case want.FileSum != "" && at.SHA256 != want.FileSum:
		f.Status, f.Reason = Changed, "the input's SHA-256 is "+at.SHA256+" now"
	}
	return f
}

func (f *foundInput) missing(err error) {
	f.Status, f.Reason = Missing, "the input is not at hand: "+plainFileError(err).Error()
}

// findAgain finds where an input is that has waited.
func (v *verifier) findAgain(f *foundInput) {
	var err error
	if f.located, err = v.locator.again(f.File, f.SHA256, f.Moved, f.Order); err != nil {
		f.missing(err)
	}
}

// outerFile is what the names of all members of one archive begin with.
func outerFile(name string) string {
	outer, _, _ := strings.Cut(name, "!")
	return outer
}

// evidence reads inputs one after the other and holds wanted lines against them.
type evidence struct {
	v      *verifier
	worker *matchers.Worker
	budget *lines.Budget
	// Members of one compressed archive come in its order, for each of the two: again
	// reads those a second time of which lines are not at their place.
	opener, again *input.Opener
	in            *openInput // may be nil
	waiting       *correlate.Sorter
}

func (v *verifier) newEvidence() *evidence {
	return &evidence{v: v, worker: v.cfg.Matcher.NewWorker(false), budget: lines.NewBudget(0, v.cfg.MaxLine, 1),
		opener: input.NewOpener(nil, v.lim), again: input.NewOpener(nil, v.lim), waiting: correlate.NewSorter(v.dir, v.budget)}
}

// end ends the reading, which may have failed.
func (e *evidence) end(err error) error {
	if err == nil {
		err = e.leave()
	}
	e.in.close()
	_, _ = e.opener.Close(), e.again.Close() // they only read
	return errors.Join(err, e.waiting.Close())
}

// take holds a line against its input. Lines come by input, and in the order of offsets.
func (e *evidence) take(at *foundInput, want *wantedLine) error {
	if e.in == nil || e.in.name != want.File || e.in.sum != want.FileSum {
		err := e.leave()
		if err != nil {
			return err
		}
		if e.in, err = e.open(at); err != nil {
			return err
		}
	}
	p, err := e.in.prove(e.v, want)
	if err != nil {
		return err
	}
	e.v.counts.Lines++
	if e.in.displaced.take(want, p) {
		return nil
	}
	return e.v.addPart(want, p)
}

// leave ends the reading of an input.
func (e *evidence) leave() error {
	in := e.in
	if e.in = nil; in == nil {
		return nil
	}
	in.close()
	return e.search(&in.displaced)
}

// waitingLine is a wanted line until its archive is read.
type waitingLine struct {
	At   foundInput
	Want *wantedLine
}

// wait puts a line by, in the order in which its archive is decoded.
func (e *evidence) wait(at *foundInput, want *wantedLine) error {
	b, err := json.Marshal(waitingLine{*at, want})
	if err != nil {
		return err
	}
	key := correlate.AppendInt(correlate.AppendText(nil, at.located.Input.Path), int64(at.Order))
	return e.waiting.Add(append(key, want.key()...), b)
}

// takeLater takes the lines that have waited.
func (e *evidence) takeLater() error {
	var at *foundInput
	err := correlate.Merge([]*correlate.Sorter{e.waiting}, func(_, payload []byte) error {
		if err := e.v.ctx.Err(); err != nil {
			return err
		}
		x := waitingLine{}
		if err := json.Unmarshal(payload, &x); err != nil {
			return scanner.ErrSpilled
		}
		if at == nil || !at.is(x.Want) {
			at = &x.At
			e.v.findAgain(at)
		}
		return e.take(at, x.Want)
	})
	if err != nil {
		return err
	}
	if err := e.leave(); err != nil {
		return err
	}
	err = e.waiting.Close()
	e.waiting = correlate.NewSorter(e.v.dir, e.v.budget)
	return err
}
