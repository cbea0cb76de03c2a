package correlate

import (
	"crypto/sha256"
)

// distinct counts the distinct values in two windows that end at the same moment, the
// narrow one inside the wide one, and of the episode under way. Times are in
// milliseconds and never go back. Memory follows the number of values, not of
// sightings, up to limit.
type distinct struct {
	wide, narrow tally
	last         map[digest]int64 // when each value was seen last
	seen         queue[sighting]  // by time; from the wide window's start
	// whole keeps values that left the wide window, so that total counts those of an
	// episode.
	whole   bool
	limit   int    // of values
	dropped *int64 // counts the values that the limit cost
}

// digest is cut from SHA-256, so that evidence cannot be made to collide.
type digest [16]byte

func digestOf(value string) digest {
	sum := sha256.Sum256([]byte(value))
	return digest(sum[:16])
}

// sighting is one value at one time. It is stale once the value was seen again.
type sighting struct {
	value digest
	at    int64
}

// tally counts what lies in one window.
type tally struct {
	width int64 // in milliseconds; both ends belong to the window
	next  int   // position of its first item; of the narrow window only
	count int64
}

// total returns how many values are known: of the window, or since whole was set.
func (d *distinct) total() int64 { return int64(len(d.last)) }

func (d *distinct) stale(s *sighting) bool { return d.last[s.value] != s.at }

// slide lets both windows end at now. The narrow one goes first: sightings that the
// wide one gives up are behind it then.
func (d *distinct) slide(now int64) {
	for n := &d.narrow; n.next < d.seen.end() && d.seen.at(n.next).at < now-n.width; n.next++ {
		if !d.stale(d.seen.at(n.next)) {
			n.count--
		}
	}
	for d.seen.len() > 0 && d.seen.at(d.seen.start).at < now-d.wide.width {
		if s := d.seen.pop(); !d.stale(&s) {
			d.wide.count--
			if !d.whole {
				delete(d.last, s.value)
			}
		}
	}
}

// add counts a value at now, to which the windows have been slid.
func (d *distinct) add(value digest, now int64) {
	at, known := d.last[value]
	if known && at == now {
		return
	}
	if !known && len(d.last) >= d.limit {
		d.makeRoom(now)
	}
	for _, t := range [...]*tally{&d.wide, &d.narrow} {
		if !known || at < now-t.width {
			t.count++
		}
	}
	if d.last == nil {
		d.last = map[digest]int64{}
	}
	d.last[value] = now
	d.seen.push(sighting{value, now})
	if d.seen.len() > 2*len(d.last)+64 {
		d.compact()
	}
}

// compact drops stale sightings, which may be many for each value.
func (d *distinct) compact() {
	fresh := queue[sighting]{start: d.seen.start}
	next := -1
	for i := d.seen.start; i < d.seen.end(); i++ {
		if i == d.narrow.next {
			next = fresh.end()
		}
		if s := d.seen.at(i); !d.stale(s) {
			fresh.push(*s)
		}
	}
	if next < 0 {
		next = fresh.end()
	}
	d.seen, d.narrow.next = fresh, next
}

// makeRoom gives up values at the limit: those that only an episode's total still
// needs, else the one that was not seen for longest. What the windows hold stays exact
// as long as the wide one has no more than limit values.
func (d *distinct) makeRoom(now int64) {
	if d.whole {
		*d.dropped += d.forget(now)
	}
	for len(d.last) >= d.limit {
		position := d.seen.start
		s := d.seen.pop()
		inNarrow := position >= d.narrow.next
		d.narrow.next = max(d.narrow.next, d.seen.start)
		if d.stale(&s) {
			continue
		}
		if inNarrow {
			d.narrow.count--
		}
		d.wide.count--
		delete(d.last, s.value)
		*d.dropped++
	}
}

// forget ends an episode: values outside of the wide window go. It returns how many.
func (d *distinct) forget(now int64) (gone int64) {
	d.whole = false
	for value, at := range d.last {
		if at < now-d.wide.width {
			delete(d.last, value)
			gone++
		}
	}
	return gone
}

// smallMap is how many values a map may have had to be kept: clearing it costs its room,
// for each of the keys to come.
const smallMap = 256

// reset makes d as new.
func (d *distinct) reset() {
	if len(d.last) > smallMap {
		d.last = nil
	}
	clear(d.last)
	d.seen.reset()
	d.whole = false
	d.wide.count, d.narrow.count, d.narrow.next = 0, 0, 0
}
