package correlate

import (
	"errors"
	"math"
	"time"

	"coldcase/matchers/rows"
	"coldcase/rules"
)

// rowWindows runs a rule in ES|QL over the windows of its look-back: those that end at
// multiples of its interval, as far as the last interval of the window had a row, or as
// NOW(), which is the window's end, is looked at.
//
// Where the query groups rows first, rows come key by key and are added to the state of
// their cell of time; a window is the union of its cells, so that no row is held. What a
// window makes of a key goes on at once when what follows looks at one row at a time, and
// else, as other rows do, to a tape that is sorted by window. The results of windows that
// overlap and have the same keys are one finding.
//
//	rows by key -> cells -> window: one row a key -+-> each -> results by key -> findings
//	rows by time -> once for each of its windows --+-> tape by window -> rowPipe -^
type rowWindows struct {
	rule  int32
	r     *rules.Rule
	rd    *Reduction
	p     *rows.Program
	yield func(*Finding) error
	pipe  *rowPipe

	width, step, cell int64 // in milliseconds
	age               int64 // how old the oldest row of a group may be; 0 for any age
	direct            bool  // what follows looks at one row at a time
	// idle windows, in which no row arrives, count too: other keys may have rows in them,
	// or NOW() is looked at.
	idle bool

	cells    queue[windowCell] // of the key at hand
	keys     rows.Row          // a row of the key at hand
	end0     int64             // end of the last window, of the last row
	stepped  bool              // end0 is set
	tape     *Sorter           // rows by window
	results  *Sorter           // rows of the result, by key and window
	key      []byte            // of the key at hand
	number   int64
	window   int64 // end of the window at hand
	buf      []byte
	finished bool
}

// windowCell is the rows of a key in one cell of time.
type windowCell struct {
	cell   int64
	first  int64 // milliseconds
	state  *rows.State
	behind *backing
}

// Bounds of the windows of a rule, which chooses its look-back and its interval: cells of
// a window, and windows that a row is copied to.
const (
	maxCells  = 2048
	maxCopies = 256
)

func (rd *Reduction) newRowWindows(rule int32, r *rules.Rule, yield func(*Finding) error) detector {
	d := &rowWindows{rule: rule, r: r, rd: rd, p: rd.Rows(rule), yield: yield,
		tape: NewSorter(rd.Dir, rd.Budget), results: NewSorter(rd.Dir, rd.Budget)}
	d.pipe = newRowPipe(d.p, rd.Dir, rd.Budget, &rd.Stats, d.keep)
	d.schedule()
	if age, ok := d.p.MaxAge(); ok {
		d.age = int64(age / time.Millisecond)
	}
	d.direct = d.p.Lead != nil
	for _, s := range d.p.Stages {
		if _, each := s.(*rows.Each); !each {
			d.direct = false
		}
	}
	d.idle = !d.direct || d.p.Timed && d.age == 0
	return d
}

// schedule works out width, step and cell. A window is as wide as the look-back, and is
// widened to whole cells where there would be too many.
func (d *rowWindows) schedule() {
	const longest = int64(10 * 365 * 24 * time.Hour / time.Millisecond)
	d.width = min(longest, max(1000, int64(d.r.LookBack/time.Millisecond)))
	d.step = min(d.width, max(1000, int64(intervalOf(d.r.Interval)/time.Millisecond)))
	most := int64(maxCells)
	if d.p.Lead == nil {
		most = maxCopies
	}
	d.step = max(d.step, (d.width+most-1)/most)
	if d.cell = gcd(d.width, d.step); d.width/d.cell > maxCells {
		d.cell = d.step
		d.width = (d.width + d.step - 1) / d.step * d.step
	}
}

func gcd(a, b int64) int64 {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// floorStep rounds down to a multiple of n.
func floorStep(x, n int64) int64 {
	r := x % n
	if r < 0 {
		r += n
	}
	return x - r
}

// add takes the next row of the key at hand, in the order of events.
func (d *rowWindows) add(r *Record) error {
	now := floorMillis(r.Time)
	if now > math.MaxInt64/4 || now < math.MinInt64/4 {
		d.rd.Stats.Dropped++
		return nil
	}
	end := floorStep(now, d.step) + d.step
	if d.p.Lead == nil {
		return d.copy(r, now, end)
	}
	if d.stepped && end != d.end0 {
		if err := d.close0(end); err != nil {
			return err
		}
	}
	d.end0, d.stepped = end, true
	if !d.direct {
		if err := d.mark(end); err != nil {
			return err
		}
	}
	return d.group(r, now)
}

// group adds a row to its cell.
func (d *rowWindows) group(r *Record, now int64) error {
	e := d.pipe.env
	if _, err := d.p.CutRow(e.Row, []byte(r.Row)); err != nil {
		return err
	}
	cell := floorStep(now, d.cell)
	last := d.cells.end() - 1
	if d.cells.len() == 0 || d.cells.at(last).cell != cell {
		limits := rows.DefaultLimits.Share(int(d.width / d.cell))
		d.cells.push(windowCell{cell: cell, first: now, state: d.p.Lead.NewState(limits), behind: &backing{}})
		last++
	}
	if len(d.key) == 0 {
		d.key = append(d.key, r.Key...)
		d.keys = append(d.keys[:0], e.Row...)
	}
	c := d.cells.at(last)
	d.p.Lead.Add(e, c.state)
	c.behind.add(backed(r, cell))
	return nil
}

// close0 finishes the windows that end before the one that ends at next, and gives up what
// that one does not hold.
func (d *rowWindows) close0(next int64) error {
	for t := d.end0; t < next && d.cells.len() > 0; t += d.step {
		d.unhold(t - d.width)
		if d.cells.len() == 0 {
			break
		}
		if err := d.evaluate(t); err != nil {
			return err
		}
		if !d.idle {
			break
		}
	}
	d.unhold(next - d.width)
	return nil
}

// unhold drops the cells in front of a time.
func (d *rowWindows) unhold(from int64) {
	for d.cells.len() > 0 && d.cells.at(d.cells.start).cell < from {
		d.rd.Stats.Dropped += d.cells.pop().state.Dropped()
	}
}

// evaluate makes the row of the key at hand in the window that ends at a time.
func (d *rowWindows) evaluate(end int64) error {
	if d.age > 0 && d.cells.at(d.cells.start).first < end-d.age {
		return nil
	}
	state, behind := d.window0()
	e := d.pipe.env
	copy(e.Row, d.keys)
	e.Now = end
	d.p.Lead.Finish(e, state)
	d.window = end
	t := &track{behind: behind, id: groupID(d.key)}
	if d.direct {
		return d.pipe.row(0, t)
	}
	if d.p.Timed {
		if err := d.mark(end); err != nil {
			return err
		}
	}
	return d.record(t)
}

// window0 is the union of the cells.
func (d *rowWindows) window0() (*rows.State, *backing) {
	first := d.cells.at(d.cells.start)
	if d.cells.len() == 1 {
		return first.state, first.behind.clone()
	}
	state, behind := d.p.Lead.NewState(rows.DefaultLimits), &backing{}
	for i := d.cells.start; i < d.cells.end(); i++ {
		c := d.cells.at(i)
		state.Merge(c.state)
		behind.add(c.behind)
	}
	return state, behind
}

// Kinds of entries on the tape, in their order.
const (
	tapeMark = iota // the window's last interval has a row
	tapeRow
)

// tapeHead is the length of window and kind in front of a key.
const tapeHead = 9

func (d *rowWindows) mark(end int64) error {
	return d.tape.Add(append(AppendInt(nil, end), tapeMark), nil)
}

// record puts env.Row on the tape.
func (d *rowWindows) record(t *track) error {
	d.number++
	key := append(AppendInt(nil, d.window), tapeRow)
	if d.p.Lead != nil {
		key = append(AppendText(key, string(t.id)), 0)
	}
	d.buf = t.append(d.p.AppendGrouped(d.buf[:0], d.pipe.env.Row))
	return d.tape.Add(AppendInt(key, d.number), d.buf)
}

// copy puts a row on the tape once for each window that holds it.
func (d *rowWindows) copy(r *Record, now, end int64) error {
	if err := d.mark(end); err != nil {
		return err
	}
	if _, err := d.p.CutRow(d.pipe.env.Row, []byte(r.Row)); err != nil {
		return err
	}
	t := &track{behind: backed(r, floorStep(now, d.cell)), id: eventID(r)}
	for d.window = end; d.window-d.width <= now; d.window += d.step {
		if err := d.record(t); err != nil {
			return err
		}
		if d.p.Timed {
			if err := d.mark(d.window); err != nil {
				return err
			}
		}
	}
	return nil
}

// The id of a row begins with its kind. That of an event goes on with what tells events of
// this run apart, of a fixed length, and then with what tells the rows of one event apart.
const (
	idOfEvent = 'e'
	idOfGroup = 'g'

	idEventSize = 1 + 16 + 16 + 8 + 8 + 8
)

// eventID is the identity of a row that is of one event.
func eventID(r *Record) []byte {
	id := append([]byte{idOfEvent}, r.IDHash[:]...)
	id = AppendInt(r.AppendOrigin(append(id, r.Content[:]...)), r.Nth)
	if r.Step > 0 {
		id = AppendInt(id, int64(r.Step))
	}
	return id
}

// groupID is the identity of a row that is a group's.
func groupID(key []byte) []byte { return append([]byte{idOfGroup}, key...) }

// keyOf is the part of an id that a finding shows, and by which it is known in any run.
func keyOf(id []byte) string {
	if id[0] == idOfEvent {
		return string(id[idEventSize:])
	}
	return string(id[1:])
}

// end closes the key at hand.
func (d *rowWindows) end() error {
	var err error
	if d.stepped {
		next := d.end0 + d.step
		if d.idle {
			next = d.end0 + d.width + d.step
		}
		err = d.close0(next)
	}
	d.unhold(math.MaxInt64)
	d.key, d.stepped = d.key[:0], false
	return err
}

// close runs the tape, once all keys are on it, and makes findings of the results.
func (d *rowWindows) close() error {
	if d.finished {
		return nil
	}
	d.finished = true
	err := d.play()
	if err == nil {
		err = d.findings()
	}
	return errors.Join(err, d.pipe.close(), d.tape.Close(), d.results.Close())
}

// play runs the pipe over the windows on the tape in which a row arrived.
func (d *rowWindows) play() error {
	marked, open := int64(math.MinInt64), false
	err := Merge([]*Sorter{d.tape}, func(key, payload []byte) error {
		end, ok := cutKeyInt(key)
		if !ok || len(key) < tapeHead {
			return errRecord
		}
		if open && end != d.window {
			open = false
			if err := d.pipe.end(); err != nil {
				return err
			}
		}
		if key[tapeHead-1] == tapeMark {
			marked = end
			return nil
		}
		if end != marked {
			return nil
		}
		d.window, open = end, true
		d.pipe.env.Now = end
		rest, err := d.p.CutGrouped(d.pipe.env.Row, payload)
		if err != nil {
			return err
		}
		t, err := cutTrack(rest)
		if err != nil {
			return err
		}
		return d.pipe.row(0, t)
	})
	if err == nil && open {
		err = d.pipe.end()
	}
	return err
}
