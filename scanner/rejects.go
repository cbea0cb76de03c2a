package scanner

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"sync"

	"coldcase/matchers/correlate"
	"coldcase/scanner/input"
	"coldcase/scanner/lines"
)

// Reject is a line that could not be used, or a range of an input that was lost.
type Reject struct {
	File   string
	Kind   string // of the bad line; "" for a lost range
	Line   int64
	Offset int64 // in the decoded stream
	// Length is that of what stands there, in decoded bytes: up to the end of the line or
	// the next reject, of NUL bytes up to the last. Bytes are the first of them, as they
	// stand in the decoded stream, at most 64 KiB; both are 0 where the input could not be
	// read again, which Why says then.
	Length int64
	Bytes  []byte
	Why    string
	Lost   *Lost // nil for a line
}

// maxReject bounds the bytes of a reject.
const maxReject = 64 << 10

// rejects files where bad lines stand. It is safe for concurrent use; nil files nothing.
type rejects struct {
	mu     sync.Mutex
	sorter *correlate.Sorter
	err    error
}

func newRejects(dir string, budget int) *rejects {
	return &rejects{sorter: correlate.NewSorter(dir, budget)}
}

// rejectHead is the size in bytes of the numbers in a key: input, offset, line.
const rejectHead = 4 + 8 + 8

// take files a bad line. Its error is kept for close.
func (x *rejects) take(input int32, b lines.Bad) {
	if x == nil {
		return
	}
	var buf [128]byte
	key := binary.BigEndian.AppendUint32(buf[:0], uint32(input))
	key = binary.BigEndian.AppendUint64(key, uint64(b.Offset))
	key = binary.BigEndian.AppendUint64(key, uint64(b.Line))
	key = append(key, b.Kind...)
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.err == nil {
		x.err = x.sorter.Add(key, nil)
	}
}

// failed returns the error of what was filed.
func (x *rejects) failed() error {
	if x == nil {
		return nil
	}
	return x.err
}

// rejects are those of all shards.
func (s shards) rejects() (out []*correlate.Sorter, err error) {
	for _, p := range s {
		if p.rejects != nil {
			out = append(out, p.rejects.sorter)
			err = errors.Join(err, p.rejects.failed())
		}
	}
	return out, err
}

// Rejects calls yield for each line that could not be used and each lost range, in the
// order of inputs and offsets, when Config.Rejects was set. It reads the inputs with bad
// lines once more, one after the other; memory is bounded. A reject is valid during the
// call only. An error is that of the temporary directory, or of yield, as it is.
func (r *Result) Rejects(yield func(*Reject) error) error {
	if r.rejects == nil {
		return nil
	}
	return r.rejects(yield)
}

// rejecting makes r walk over the rejects of a run.
func (r *Result) rejecting(ctx context.Context, cfg Config, s shards) error {
	if !cfg.Rejects {
		return nil
	}
	sorters, err := s.rejects()
	if err != nil {
		return err
	}
	all := allInputs(cfg)
	r.rejects = func(yield func(*Reject) error) error {
		x := &rejecting{ctx: ctx, cfg: cfg, all: all, res: r, yield: yield}
		return x.run(sorters)
	}
	for _, sorter := range sorters {
		r.closeAlso(sorter.Close)
	}
	return nil
}

// closeAlso makes Close do one thing more.
func (r *Result) closeAlso(f func() error) {
	before := r.close
	r.close = func() error { return errors.Join(before(), f()) }
}

// rejecting is one walk over the rejects.
type rejecting struct {
	ctx   context.Context
	cfg   Config
	all   []input.Input
	res   *Result
	yield func(*Reject) error

	o     *input.Opener
	kept  io.Closer // what standard input is read from
	at    int       // the input at hand
	lost  int       // ranges of it that were told
	again *secondLook
	// held are the rejects that begin at one place of it: how far they go is known when
	// the next comes.
	held []Reject
}

func (x *rejecting) run(sorters []*correlate.Sorter) (err error) {
	x.at = -1
	defer func() { err = errors.Join(err, x.leave()) }()
	err = correlate.Merge(sorters, func(key, _ []byte) error {
		n := int(binary.BigEndian.Uint32(key))
		r := Reject{File: x.res.Inputs[n].File, Kind: string(key[rejectHead:]),
			Offset: int64(binary.BigEndian.Uint64(key[4:])), Line: int64(binary.BigEndian.Uint64(key[12:]))}
		if n != x.at || len(x.held) == 0 || x.held[0].Offset != r.Offset {
			limit := r.Offset
			if n != x.at {
				limit = math.MaxInt64
			}
			if err := errors.Join(x.flush(limit), x.reach(n, r.Offset)); err != nil {
				return err
			}
		}
		x.held = append(x.held, r)
		return nil
	})
	if err != nil {
		return err
	}
	return errors.Join(x.flush(math.MaxInt64), x.reach(len(x.all), 0))
}

// flush tells the rejects that are held, which go no further than limit.
func (x *rejecting) flush(limit int64) error {
	for i := range x.held {
		r := &x.held[i]
		x.read(r, limit)
		if err := x.yield(r); err != nil {
			return err
		}
	}
	x.held = x.held[:0]
	return nil
}

// reach tells the lost ranges before an offset of an input.
func (x *rejecting) reach(n int, offset int64) error {
	for ; x.at < n; x.at, x.lost = x.at+1, 0 {
		if x.at < 0 {
			continue
		}
		if err := x.tell(func(*Lost) bool { return true }); err != nil {
			return err
		}
	}
	if n == len(x.all) {
		return nil
	}
	return x.tell(func(l *Lost) bool { return l.Offset <= offset })
}

func (x *rejecting) tell(is func(*Lost) bool) error {
	in := &x.res.Inputs[x.at]
	for ; x.lost < len(in.Lost) && is(&in.Lost[x.lost]); x.lost++ {
		l := &in.Lost[x.lost]
		if err := x.yield(&Reject{File: in.File, Offset: l.Offset, Why: l.Why, Lost: l}); err != nil {
			return err
		}
	}
	return nil
}

// read reads the bytes of a reject.
func (x *rejecting) read(r *Reject, limit int64) {
	if x.again == nil || x.again.input != x.at {
		x.open()
	}
	l := x.again
	if l.err == nil && (l.start != r.Offset || l.size < 0) {
		l.cut(r.Offset, limit, r.Kind == lines.KindNUL)
	}
	if l.err != nil {
		r.Why = "not read again: " + l.err.Error()
		return
	}
	r.Bytes, r.Length = l.held, l.size
}

// open opens the input at hand again; one opener goes through the members of an archive.
func (x *rejecting) open() {
	if x.again != nil {
		x.again.close()
	}
	x.again = &secondLook{input: x.at, size: -1}
	in := x.all[x.at]
	if x.o == nil || in.Path == "" {
		if x.again.err = x.opener(in.Path == ""); x.again.err != nil {
			return
		}
	}
	if x.again.s, x.again.err = x.o.Open(in); x.again.err == nil {
		x.again.br = bufio.NewReaderSize(overGaps{x.again.s}, maxReject)
	}
}

// opener makes the opener, over what was kept of standard input where that is wanted.
func (x *rejecting) opener(stdin bool) error {
	if err := x.leave(); err != nil {
		return err
	}
	var r io.Reader
	if stdin {
		if x.cfg.Spool == nil {
			return errNoSpool
		}
		kept, err := x.cfg.Spool.open()
		if err != nil {
			return err
		}
		r, x.kept = kept, kept
	}
	x.o = input.NewOpener(r, input.Limits{Done: x.ctx.Done()})
	return nil
}

// leave closes what is open.
func (x *rejecting) leave() error {
	if x.again != nil {
		x.again.close()
	}
	var err error
	if x.o != nil {
		err = x.o.Close()
	}
	if x.kept != nil {
		err = errors.Join(err, x.kept.Close())
	}
	x.o, x.kept = nil, nil
	return err
}

// overGaps reads over the places where bytes are missing.
type overGaps struct{ s *input.Stream }

func (o overGaps) Read(p []byte) (int, error) {
	for {
		n, err := o.s.Read(p)
		if _, gap := err.(*input.Gap); !gap {
			return n, err
		}
	}
}

// secondLook reads an input again, forward only.
type secondLook struct {
	input int
	s     *input.Stream
	br    *bufio.Reader
	pos   int64  // decoded bytes consumed
	held  []byte // the first bytes of what was cut at start,
	start int64
	size  int64 // which is so long; -1 when nothing was
	err   error // sticky
}

func (l *secondLook) close() {
	if l.s != nil {
		_ = l.s.Close() // it was opened for reading
		l.s = nil
	}
}

// cut reads what begins at an offset: a line, or a run of NUL bytes.
func (l *secondLook) cut(offset, limit int64, nul bool) {
	l.start, l.size, l.held = offset, 0, l.held[:0]
	if l.err = l.skip(offset - l.pos); l.err != nil {
		return
	}
	for l.pos < limit {
		part, err := l.br.Peek(int(min(maxReject, limit-l.pos)))
		if len(part) == 0 {
			if errors.Is(err, input.ErrStopped) {
				l.err = err
			}
			return // the end, regular or not: what there is was read
		}
		n := rejectEnd(part, nul)
		l.take(part[:n])
		if n < len(part) {
			l.trim(nul)
			return
		}
	}
}

// rejectEnd returns where a line, or a run of NUL bytes, ends.
func rejectEnd(b []byte, nul bool) int {
	if nul {
		return len(b) - len(bytes.TrimLeft(b, "\x00"))
	}
	if n := bytes.IndexByte(b, '\n'); n >= 0 {
		return n
	}
	return len(b)
}

func (l *secondLook) take(b []byte) {
	l.held = append(l.held, b[:min(len(b), maxReject-len(l.held))]...)
	n, _ := l.br.Discard(len(b)) // they are buffered
	l.size += int64(n)
	l.pos += int64(n)
}

// trim takes the first half of a line end off.
func (l *secondLook) trim(nul bool) {
	if n := len(l.held); !nul && n > 0 && int64(n) == l.size && l.held[n-1] == '\r' {
		l.held = l.held[:n-1]
		l.size--
	}
}

// skip passes over bytes.
func (l *secondLook) skip(n int64) error {
	for n > 0 {
		step, err := l.br.Discard(int(min(n, 1<<30)))
		n -= int64(step)
		l.pos += int64(step)
		if err != nil && n > 0 {
			if errors.Is(err, input.ErrStopped) {
				return err
			}
			return errNotAsScanned
		}
	}
	return nil
}
