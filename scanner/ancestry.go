package scanner

import (
	"encoding/binary"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
)

// Ancestry is kept in the same pass as hits: each worker files a compact record of every
// start of a process. When the findings are known, [chaining] looks up the processes
// behind them, their parents, and so on.

// maxStartBytes bounds the records of a run, which lie in the temporary directory but
// for a share of memory. Beyond it none are used: a part of them, which would depend on
// who read what, would be worse. Evidence of a terabyte stays below.
const maxStartBytes = 64 << 30

// startShare is the share of MaxMemory for the records of all workers.
const startShare = 32

// processHash is what a process is known by on its host: its entity id, or its number,
// which is used again and so needs a time as well. 0 stands for none. It is keyed (see
// event.Secret), so that evidence cannot make two processes collide.
func processHash(kind byte, host, id []byte) uint64 {
	if len(id) == 0 {
		return 0
	}
	return max(event.KeyedHash(kind, host, id), 1)
}

// Kinds of processHash.
const (
	byEntity = 'e'
	byNumber = 'p'
	bySource = 's' // of a session: see sessionKeys
)

// ancestry is the records of one worker.
type ancestry struct {
	log   *correlate.Log
	entry []byte
	bytes int64
	tee   func(entry []byte) // is given each record as well; may be nil
}

// take files a start.
func (a *ancestry) take(st matchers.Start, o event.Origin) error {
	if a.bytes > maxStartBytes && a.tee == nil {
		return nil
	}
	b := a.entry[:0]
	for _, h := range [...]uint64{
		processHash(byEntity, st.HostKey, st.Entity), processHash(byNumber, st.HostKey, st.PID),
		processHash(byEntity, st.HostKey, st.ParentEntity), processHash(byNumber, st.HostKey, st.ParentPID), uint64(st.Time)} {
		b = binary.LittleEndian.AppendUint64(b, h)
	}
	for _, n := range [...]int64{int64(o.Input), o.Line, o.Offset} {
		b = binary.AppendVarint(b, n)
	}
	for _, s := range [...][]byte{st.Name, st.Command, st.User, st.PID, st.ParentPID, st.ParentName} {
		b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
	}
	a.entry = b
	if a.tee != nil {
		a.tee(b)
	}
	return a.add(b)
}

// add files a record as take has made it.
func (a *ancestry) add(b []byte) error {
	if a.bytes += int64(len(b)); a.bytes > maxStartBytes {
		return a.log.Close()
	}
	return a.log.Add(b)
}

// startHead is the length of the part of a record that every look through them reads.
const startHead = 5 * 8

// startEntry is a record as it is read back. Its texts point into it.
type startEntry struct {
	entity, number             uint64
	parentEntity, parentNumber uint64
	time                       int64
	rest                       []byte
}

func readStart(b []byte) (e startEntry, ok bool) {
	if len(b) < startHead {
		return e, false
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[8*i:]) }
	return startEntry{word(0), word(1), word(2), word(3), int64(word(4)), b[startHead:]}, true
}

// facts reads the rest of a record. The error says that the temporary file was changed.
func (e *startEntry) facts() (f processFacts, err error) {
	b := e.rest
	var place [3]int64
	for i := range place {
		n, size := binary.Varint(b)
		if size <= 0 {
			return f, ErrSpilled
		}
		place[i], b = n, b[size:]
	}
	f.origin = event.Origin{Input: int32(place[0]), Line: place[1], Offset: place[2]}
	for _, s := range [...]*string{&f.name, &f.command, &f.user, &f.pid, &f.parentPid, &f.parentName} {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return f, ErrSpilled
		}
		*s, b = string(b[size:size+int(n)]), b[size+int(n):]
	}
	f.entity, f.number, f.parentEntity, f.parentNumber = e.entity, e.number, e.parentEntity, e.parentNumber
	f.time, f.hasTime, f.started = e.time, true, true
	return f, nil
}

// processFacts is what an event says of a process: of the one that it starts, or of the
// one that did what it tells of.
type processFacts struct {
	entity, number             uint64 // see processHash
	parentEntity, parentNumber uint64
	time                       int64 // of the start, else of the event; nanoseconds since 1970
	hasTime                    bool
	started                    bool // time is that of the start
	name, command, user, pid   string
	parentPid, parentName      string
	origin                     event.Origin
}
