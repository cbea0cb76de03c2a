package proof

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
)

// lineage finds the starts of the processes from which those of the findings descend.
// A process is known by its process.entity_id, else by its number on its host, of which
// the last start before the child counts.
//
// Starts go to a sorter, which may spill; what is looked for is bounded by maxWanted.
// Each generation is one walk over the starts.
type lineage struct {
	starts  *correlate.Sorter // key: process, time, place; payload: its parent
	wanted  map[processID][]child
	dropped int64
	parser  *event.Parser
	ev      event.Event
	slots   lineageSlots
	n       int // processes wanted
}

// processID is a hash of what a process is known by.
type processID [16]byte

// child is one process whose parent is looked for: when it started, and how many
// generations above it may still be.
type child struct {
	time int64
	left int
}

// Bounds of a lineage.
const (
	maxWantedProcesses = 500_000
	maxGenerations     = 32
)

type lineageSlots struct {
	entity, pid, parentEntity, parentPid, types, action, endgameParent, ppid int
}

func newLineage(dir string, budget int) *lineage {
	layout := event.NewLayout()
	l := &lineage{starts: correlate.NewSorter(dir, budget), wanted: map[processID][]child{}}
	l.slots = lineageSlots{
		entity: layout.Slot("process.entity_id"), pid: layout.Slot("process.pid"),
		parentEntity: layout.Slot("process.parent.entity_id"), parentPid: layout.Slot("process.parent.pid"),
		types: layout.Slot("event.type"), action: layout.Slot("event.action"),
		endgameParent: layout.Slot("process.ppid"), ppid: layout.Slot("endgame.ppid"),
	}
	l.parser = event.NewParser(layout)
	return l
}

func (l *lineage) close() { _ = l.starts.Close() } // the directory is removed as a whole

// note files a start of a process, and notes the parents of a finding's process.
func (l *lineage) note(o event.Origin, f matchers.Facts, source []byte, wanted bool) error {
	if !l.parser.Extract(&l.ev, source) {
		if err := l.parser.Parse(&l.ev, source); err != nil {
			return nil
		}
	}
	host := f.HostKey
	parents := l.ids(host, l.slots.parentEntity, l.slots.parentPid, l.slots.endgameParent, l.slots.ppid)
	if wanted && !f.NoTime {
		for _, id := range parents[:min(1, len(parents))] {
			l.want(id, child{f.Time, maxGenerations})
		}
	}
	if f.NoTime || !l.isStart() {
		return nil
	}
	var payload []byte
	if len(parents) > 0 {
		payload = append(payload, parents[0][:]...)
	}
	for _, id := range l.ids(host, l.slots.entity, l.slots.pid) {
		key := correlate.AppendInt(slices.Clone(id[:]), f.Time)
		if err := l.starts.Add(append(key, placeKey(o)...), payload); err != nil {
			return err
		}
	}
	return nil
}

// isStart says whether the event at hand is the start of a process.
func (l *lineage) isStart() bool {
	for _, v := range l.ev.Values(l.slots.types) {
		if string(v.Text) == "start" || string(v.Text) == "process_start" {
			return true
		}
	}
	for _, v := range l.ev.Values(l.slots.action) {
		switch string(v.Text) {
		case "start", "exec", "executed", "fork", "process_started", "creation_event":
			return true
		}
	}
	return false
}

// ids are what a process may be known by: its entity id, and the first of its numbers
// on the host.
func (l *lineage) ids(host []byte, entity int, numbers ...int) (out []processID) {
	hash := func(kind byte, text []byte) {
		b := append(append(append([]byte{kind}, host...), 0), text...)
		sum := sha256.Sum256(b)
		out = append(out, processID(sum[:16]))
	}
	for _, v := range l.ev.Values(entity) {
		if len(v.Text) > 0 {
			hash('e', v.Text)
			break
		}
	}
	for _, slot := range numbers {
		if vs := l.ev.Values(slot); len(vs) > 0 && len(vs[0].Text) > 0 {
			hash('p', vs[0].Text)
			break
		}
	}
	return out
}

// want looks for the start of a process.
func (l *lineage) want(id processID, c child) {
	if slices.ContainsFunc(l.wanted[id], func(x child) bool { return x.time == c.time }) {
		return
	}
	if l.n == maxWantedProcesses {
		l.dropped++
		return
	}
	l.n++
	l.wanted[id] = append(l.wanted[id], c)
}

// ancestors selects the starts that are looked for, generation by generation.
func (p *selecting) ancestors() error {
	l := p.lineage
	for len(l.wanted) > 0 {
		asked := l.wanted
		l.wanted = map[processID][]child{}
		if err := l.generation(asked, p.s); err != nil {
			return err
		}
	}
	return nil
}

// generation walks the starts once. Those of one process come together in the order of
// time.
func (l *lineage) generation(asked map[processID][]child, s *Selection) error {
	best := map[processID]map[int64]start{} // by the time of the child
	err := correlate.Merge([]*correlate.Sorter{l.starts}, func(key, payload []byte) error {
		id := processID(key[:16])
		children, ok := asked[id]
		if !ok {
			return nil
		}
		st := decodeStart(key[16:], payload)
		for _, c := range children {
			if st.time > c.time {
				continue
			}
			if best[id] == nil {
				best[id] = map[int64]start{}
			}
			st.left = c.left
			best[id][c.time] = st
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, found := range best {
		for _, st := range found {
			if err := s.add(st.origin, whyAncestor); err != nil {
				return err
			}
			if st.hasParent && st.left > 1 {
				l.want(st.parent, child{st.time, st.left - 1})
			}
		}
	}
	return nil
}

// start is the start of one process.
type start struct {
	time      int64
	origin    event.Origin
	parent    processID
	hasParent bool
	left      int
}

// decodeStart reads what note filed, behind the process.
func decodeStart(key, payload []byte) start {
	st := start{time: correlateInt(key), origin: placeOf(key[8:])}
	if len(payload) == len(st.parent) {
		st.parent, st.hasParent = processID(payload), true
	}
	return st
}

// correlateInt reads what correlate.AppendInt wrote.
func correlateInt(b []byte) int64 { return int64(binary.BigEndian.Uint64(b) ^ 1<<63) }
