package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// unit decodes one of the pieces that a compressed stream is a series of, each of
// which can be decoded without the others: a gzip member, a zstd frame, an xz block, a
// run of bzip2 blocks.
type unit interface {
	// begin passes over padding and opens the unit at the tape's position. It returns
	// io.EOF where the stream ends regularly.
	begin() error
	// Read returns decoded bytes; io.EOF at the end of a unit that is whole, and
	// errChecksum at the end of one that is not what was compressed.
	io.Reader
	// find returns the index in b of the first byte at which a unit may begin, -1 when
	// there is none. The last lookahead bytes of b come again.
	find(b []byte) int
	// sane reports whether what stands at the tape's position decodes. It may read on,
	// no further than keepBytes.
	sane() bool
	// from is the stored offset at which to look for the unit after the one that
	// begin opened at start.
	from(start int64) int64
	// missing returns how many decoded bytes a unit held, of which size were returned and
	// which ended at end, where another begins. ok is false when it does not say.
	missing(end, size int64) (n int64, ok bool)
	release()
}

const (
	// lookahead is the longest piece of a unit that find must see whole.
	lookahead = 1 << 10
	// saneStored and saneDecoded bound what sane looks at. Random bytes behind a magic
	// number decode for some dozens of bytes at most.
	saneStored  = 192 << 10
	saneDecoded = 1 << 10
	// maxTries and maxTried bound the places of one stream at which a unit might have
	// begun and did not, and the bytes looked at for it: the number of such places is
	// the evidence's choice, where chance makes one in a hundred megabytes.
	maxTries = 1 << 16
	maxTried = 256 << 20
	// emptyTries is what a unit counts for that decoded to nothing before its damage.
	emptyTries = 64
	// maxResumed bounds how often a stream goes on after damage.
	maxResumed = 1 << 18
)

// series is the decoder of a stream of units. After damage it goes on with the next
// unit that decodes.
type series struct {
	t     *tape
	u     unit
	ahead *ahead // may be nil
	open  bool   // within a unit
	err   error  // what ended the unit, to be dealt with

	start int64 // stored offset of the unit
	made  int64 // decoded bytes of it
	last  byte  // the last of them

	whole           int64 // decoded bytes of units that were whole,
	spent           int64 // and their stored bytes
	noticed         int64 // stored offset at which the last damage was
	tries, resumed  int
	tried           int64
	until           int64 // search no further; 0: to the end
	limit, complete bool
}

func newSeries(t *tape, u unit) *series {
	t.remind(keepBytes)
	return &series{t: t, u: u}
}

// Read implements decoder.
func (d *series) Read(p []byte) (int, error) {
	for {
		if !d.open && d.err == nil && d.ahead != nil {
			var n int
			if n, d.err = d.ahead.read(d, p); n > 0 {
				return n, nil
			}
		}
		if !d.open && d.err == nil {
			d.begin()
		}
		if d.err == nil {
			var n int
			n, d.err = d.u.Read(p)
			d.made += int64(n)
			if n > 0 {
				d.last = p[n-1]
				return n, nil
			}
		}
		if d.err == nil {
			continue
		}
		if err := d.ended(); err != nil {
			return 0, err
		}
	}
}

func (d *series) begin() {
	d.start, d.made = d.t.offset(), 0
	if d.err = d.u.begin(); d.err == nil {
		d.open = true
		return
	}
	d.complete = d.err == io.EOF
}

// ended deals with what ended a unit; nil means that the next may begin.
func (d *series) ended() error {
	err := d.err
	if d.complete {
		return io.EOF
	}
	if err != io.EOF {
		return d.damaged(err)
	}
	d.whole += d.made
	d.spent += d.t.offset() - d.start
	d.open, d.err = false, nil
	return nil
}

// damaged looks for the next unit. It returns a *Gap when there is one, or why.
func (d *series) damaged(why error) error {
	end := d.t.offset()
	d.noticed = end
	if errors.Is(why, ErrStopped) || d.t.broken() {
		return why
	}
	if d.made == 0 {
		d.tries += emptyTries
	}
	next, ok := end, false
	if why == errChecksum && d.follows() {
		if next, ok = d.before(end); !ok {
			return d.joined(end)
		}
	} else {
		next, ok = d.search(d.u.from(d.start))
	}
	if !ok {
		d.complete = false
		return &lastUnit{err: d.reason(why), offset: end, unverified: d.made, expected: d.expected}
	}
	g := &Gap{Why: reasonOf(why), StoredOffset: min(end, next), StoredLength: max(0, next-end), Unverified: d.made}
	g.LostDecoded, g.Estimated = d.lost(next, g.StoredLength)
	d.t.rewind(next)
	d.open, d.err = false, nil
	return g
}

// before finds a unit that the decoder ran over before it ended the damaged one at end,
// as regularly as another unit may have ended there: short codes find back into step.
func (d *series) before(end int64) (at int64, ok bool) {
	d.until = end
	at, ok = d.search(d.u.from(d.start))
	d.until = 0
	return at, ok && at < end
}

// joined is what is said of a unit that was decoded whole, up to end, and is wrong.
func (d *series) joined(end int64) error {
	d.t.rewind(end)
	// Wrong bytes may have taken the place of a line end: no line of the next unit is to
	// suffer for it.
	_, err := d.t.br.Peek(1)
	d.open, d.err = false, nil
	return &Gap{Why: errChecksum.Error(), StoredOffset: end, Unverified: d.made, joined: d.last == '\n' || err != nil}
}

// reason adds to why that no more was looked for, if so.
func (d *series) reason(why error) error {
	if d.limit {
		return fmt.Errorf("%w; gave up looking for what follows (a limit)", why)
	}
	return why
}

// follows reports that the stream ends or goes on right here, or that there is padding:
// more than a few zeros, which stand in headers too.
func (d *series) follows() bool {
	b, _ := d.t.br.Peek(lookahead)
	return d.u.find(b) == 0 || len(bytes.Trim(b, "\x00")) == 0
}

// lost says how much the damaged unit, which ended at end, would have decoded to
// beyond what it did.
func (d *series) lost(end, stored int64) (n int64, estimated bool) {
	if n, ok := d.u.missing(end, d.made); ok && n >= 0 && n <= 1040*(stored+8)+1<<16 {
		return n, true
	}
	return d.expected(stored), true
}

// expected is what stored bytes decode to if they are like those before.
func (d *series) expected(stored int64) int64 {
	whole, spent := d.whole, d.spent
	if spent == 0 {
		whole, spent = d.made, d.noticed-d.start
	}
	if spent <= 0 || stored <= 0 {
		return max(0, stored)
	}
	return int64(float64(stored) * float64(whole) / float64(spent))
}

// search finds the next unit that decodes at or after a stored offset, and leaves the
// tape there.
func (d *series) search(from int64) (at int64, ok bool) {
	d.resumed++
	d.t.rewind(min(from, d.t.taken))
	for {
		b, err := d.t.br.Peek(bufSize)
		if d.until > 0 && d.t.offset() > d.until {
			return 0, false
		}
		i := d.u.find(b)
		if _, gap := err.(*Gap); i < 0 {
			d.skip(max(0, len(b)-lookahead))
			switch {
			case gap && d.until > 0:
				return 0, false
			case gap:
				d.skip(min(len(b), lookahead))
				d.t.pass()
			case err != nil:
				return 0, false
			}
			continue
		}
		d.skip(i)
		at = d.t.offset()
		if d.tries > maxTries || d.tried > maxTried || d.resumed > maxResumed {
			d.limit = true
			return 0, false
		}
		if d.u.sane() {
			d.t.rewind(at)
			return at, true
		}
		d.tries++
		d.tried += d.t.offset() - at
		d.t.rewind(at + 1)
	}
}

// within reports whether a unit that decodes begins in the first n bytes of the
// stream, and leaves the tape where it began.
func (d *series) within(n int64) bool {
	d.until = n
	_, ok := d.search(0)
	d.until, d.limit, d.resumed = 0, false, 0
	d.t.rewind(0)
	return ok
}

// skip drops bytes that are buffered.
func (d *series) skip(n int) {
	if _, err := d.t.br.Discard(n); err != nil {
		panic("BUG: input: skip of bytes that are not buffered: " + err.Error())
	}
}

func (d *series) release() {
	if d.ahead != nil {
		d.ahead.release()
	}
	d.u.release()
}

// lastUnit ends a stream in a unit after which there is no other.
type lastUnit struct {
	err        error
	offset     int64 // where it was noticed
	unverified int64
	expected   func(stored int64) int64
}

func (e *lastUnit) Error() string { return e.err.Error() }
func (e *lastUnit) Unwrap() error { return e.err }

// reasonOf is what an error says, without the name of a variable of package io.
func reasonOf(err error) string {
	if err == io.ErrUnexpectedEOF {
		return "unexpected end"
	}
	return err.Error()
}
