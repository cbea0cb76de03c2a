package input

import (
	"io"
	"slices"
	"sync"
)

// splitter knows where the units of a series end without decoding them.
type splitter struct {
	// cut appends the unit at the tape's position to b, with the padding before it. most
	// is what it decodes to at the most. ok is false where no unit can be cut, because its
	// end is not known or far away, or the stream ends; out has what was consumed of it.
	cut func(t *tape, b []byte) (out []byte, most int, ok bool)
	// decode appends what whole units decode to, or reports that it is not certain that
	// the series would decode them to just that. It is called from several goroutines.
	decode func(dst, units []byte, most int) (out []byte, ok bool)
}

const (
	// groupStored and groupDecoded are when a group is long enough that a goroutine of its
	// own costs nothing beside it.
	groupStored  = 128 << 10
	groupDecoded = 512 << 10
	// maxUnit bounds what a unit may take, as stored and decoded, to be cut. Longer ones
	// are decoded as they are read.
	maxUnit = 8 << 20
	// aheadBytes bounds what waits, decoded and stored, before no more is cut.
	aheadBytes = 64 << 20
)

// ahead decodes units of a series before they are read, several at once:
//
//	tape --cut--> group --decode, each in a goroutine of its own--> read, in order
//
// It is a look-ahead for what is whole, and for nothing else. Where a group is not, or a
// limit stands in the way, the stored bytes go back to the tape, and the series decodes
// them as if they had never been looked at: so bytes, gaps, ledger and errors are those
// of the series alone. No stored byte is cut twice, so that evidence which goes back
// again and again costs twice its decoding at most.
//
// Cutting is done by whoever reads, between two groups: it costs a copy of the stored
// bytes. A goroutine owns its group until it sends on group.done, never blocks, and ends
// with the group.
type ahead struct {
	splitter
	most   int // groups at once
	length int // of a group, as stored
	done   <-chan struct{}
	// allows reports whether no limit is met within n more decoded bytes that stand
	// behind a stored offset.
	allows func(n, offset int64) bool

	queue []*group // in order; the first is what is read
	spare []*group // to be used again
	held  int      // bytes that the queue holds
	tail  []byte   // consumed, and not part of a group
	ended bool     // nothing can be cut behind the queue
	from  int64    // stored offset before which nothing is cut
	busy  sync.WaitGroup
}

// group is a run of whole units.
type group struct {
	stored []byte
	offset int64 // as stored
	most   int   // decoded bytes
	out    []byte
	pos    int // read of out
	whole  bool
	opened bool // done was received
	done   chan struct{}
}

// newAhead returns nil unless several units are to be decoded at once. The first unit of
// a stream never is: what it holds decides what the stream is.
func newAhead(s splitter, lim Limits) *ahead {
	if lim.Parallel < 2 {
		return nil
	}
	a := &ahead{splitter: s, most: lim.Parallel + 1, length: lim.group, done: lim.Done, from: 1}
	if a.length == 0 {
		a.length = groupStored
	}
	return a
}

// read returns decoded bytes of units that begin at the position of the series, which is
// between two units; none where the series is to decode the next itself. The error is
// ErrStopped.
func (a *ahead) read(d *series, p []byte) (int, error) {
	for {
		g, err := a.first(d.t)
		if g == nil || err != nil {
			return 0, err
		}
		if n := copy(p, g.out[g.pos:]); n > 0 {
			g.pos += n
			return n, nil
		}
		d.passed(g)
		a.drop()
	}
}

// passed counts a group as the series counts units that it decodes.
func (d *series) passed(g *group) {
	d.whole += int64(len(g.out))
	d.spent += int64(len(g.stored))
	if len(g.out) > 0 {
		d.last = g.out[len(g.out)-1]
	}
}

// first returns the group to read, nil when there is none.
func (a *ahead) first(t *tape) (*group, error) {
	if len(a.queue) == 0 && t.offset() < a.from {
		return nil, nil
	}
	if len(a.queue) > 0 && a.queue[0].opened {
		return a.queue[0], nil
	}
	select {
	case <-a.done:
		return nil, ErrStopped
	default:
	}
	a.fill(t)
	if len(a.queue) > 0 {
		g := a.queue[0]
		<-g.done
		if g.opened = true; g.whole && a.allows(int64(len(g.out)), g.offset) {
			return g, nil
		}
	}
	a.giveBack(t)
	return nil, nil
}

// fill cuts and starts groups until there are enough.
func (a *ahead) fill(t *tape) {
	for !a.ended && len(a.queue) < a.most && (len(a.queue) == 0 || a.held < aheadBytes) {
		g := a.group(t)
		if len(g.stored) == 0 {
			return
		}
		a.queue = append(a.queue, g)
		a.held += g.size()
		a.busy.Go(func() {
			g.out, g.whole = a.decode(g.out[:0], g.stored, g.most)
			g.done <- struct{}{}
		})
	}
}

// group cuts a group. It is empty where there is no unit that can be cut.
func (a *ahead) group(t *tape) *group {
	g := &group{done: make(chan struct{}, 1)}
	if n := len(a.spare); n > 0 {
		g, a.spare = a.spare[n-1], a.spare[:n-1]
	}
	g.stored, g.offset, g.most, g.pos, g.opened = g.stored[:0], t.offset(), 0, 0, false
	for len(g.stored) < a.length && g.most < groupDecoded {
		out, most, ok := a.cut(t, g.stored)
		if !ok {
			a.tail = slices.Clone(out[len(g.stored):])
			a.ended = true
			break
		}
		g.stored = out
		g.most += most
	}
	return g
}

// size is how many bytes are held for a group, at the most.
func (g *group) size() int { return len(g.stored) + g.most }

// drop takes the first group, which was read, from the queue. Its memory is used again
// unless all groups together, with as much, would hold more than they may.
func (a *ahead) drop() {
	g := a.queue[0]
	a.queue = slices.Delete(a.queue, 0, 1)
	a.held -= g.size()
	if cap(g.out)+cap(g.stored) <= aheadBytes/a.most {
		a.spare = append(a.spare, g)
	}
}

// giveBack returns to the tape what was cut from it and not read, and lets the series go
// on. The groups are left to their goroutines.
func (a *ahead) giveBack(t *tape) {
	a.from = t.offset()
	var pieces [][]byte
	for _, g := range a.queue {
		pieces = append(pieces, g.stored)
	}
	if len(a.tail) > 0 {
		pieces = append(pieces, a.tail)
	}
	if len(pieces) > 0 {
		t.unread(pieces)
	}
	a.queue, a.held, a.tail, a.ended = nil, 0, nil, false
}

// release waits for the goroutines.
func (a *ahead) release() { a.busy.Wait() }

// grab appends the next n stored bytes to b; fewer when ok is false.
func grab(t *tape, b []byte, n int) (out []byte, ok bool) {
	b = slices.Grow(b, n)
	got, err := io.ReadFull(t.br, b[len(b):len(b)+n])
	return b[:len(b)+got], err == nil
}
