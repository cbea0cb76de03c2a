package matchers

import (
	"math"

	"coldcase/matchers/event"
)

// Facts are what findings need of an event beside its rules: when, where, who. Bytes
// belong to the Worker and are valid until its next Match.
type Facts struct {
	Time   int64 // nanoseconds since 1970
	NoTime bool  // no @timestamp that can be read
	// Sequence is event.sequence, math.MaxInt64 when missing.
	Sequence int64
	// HostKey is the first of host.id, agent.id, host.name, host.hostname; Host is
	// the name to show for it. User is user.id, else domain\name, else name
	// (product.md).
	HostKey, Host, User       []byte
	Process, Command, Message []byte
	Index, ID                 []byte // as the envelope, or the event's own words, have it
	// IDScope is what ID is unique in: the index, or agent.id.
	IDScope []byte
}

// factFields are the fields behind Facts.
var factFields = []string{
	"@timestamp", "event.sequence", "host.id", "agent.id", "host.name", "host.hostname",
	"user.id", "user.domain", "user.name", "process.name", "process.command_line", "message", "event.id",
	"process.args", "process.executable", "file.path", "event.ingested",
}

// The places of factFields.
const (
	fTime = iota
	fSequence
	fHostID
	fAgentID
	fHostName
	fHostname
	fUserID
	fUserDomain
	fUserName
	fProcess
	fCommand
	fMessage
	fEventID
	fArgs
	fExecutable
	fFilePath
	fIngested
	factCount
)

type factSlots [factCount]int

func newFactSlots(l *event.Layout) (slots factSlots) {
	for i, name := range factFields {
		slots[i] = l.Slot(name)
	}
	return slots
}

// first returns the text of a field's first value that is a scalar.
func (fs *factSlots) first(ev *event.Event, field int) []byte {
	for _, v := range ev.Values(fs[field]) {
		if v.Kind != event.Null && v.Kind != event.Object {
			return v.Text
		}
	}
	return nil
}

// time returns the event's own time.
func (fs *factSlots) time(ev *event.Event) (nanos int64, ok bool) {
	for _, v := range ev.Values(fs[fTime]) {
		if nanos, ok = event.ParseTime(v); ok {
			return nanos, true
		}
	}
	return 0, false
}

// read gathers the facts of an event. It allocates where texts are joined: it is for
// events that hit.
func (fs *factSlots) read(ev *event.Event, o *origin) (f Facts) {
	t, ok := fs.time(ev)
	f.Time, f.NoTime = t, !ok
	f.Sequence = math.MaxInt64
	if n, ok := parseNumber(fs.first(ev, fSequence)); ok && n.whole {
		f.Sequence = n.i
	}
	f.HostKey = firstOf(fs.first(ev, fHostID), fs.first(ev, fAgentID), fs.first(ev, fHostName), fs.first(ev, fHostname))
	f.Host = firstOf(fs.first(ev, fHostName), fs.first(ev, fHostname), f.HostKey)
	f.User = fs.user(ev)
	f.Process = firstOf(fs.first(ev, fProcess), fs.first(ev, fExecutable))
	f.Command = firstOf(fs.first(ev, fCommand), fs.args(ev))
	f.Message = firstOf(fs.first(ev, fMessage), fs.first(ev, fFilePath))
	f.Index, f.ID, f.IDScope = ev.Index, ev.ID, ev.Index
	if len(f.Index) == 0 {
		f.Index = []byte(o.index)
	}
	if len(f.ID) == 0 {
		f.ID, f.IDScope = fs.first(ev, fEventID), fs.first(ev, fAgentID)
	}
	return f
}

func firstOf(texts ...[]byte) []byte {
	for _, t := range texts {
		if len(t) > 0 {
			return t
		}
	}
	return nil
}

func (fs *factSlots) user(ev *event.Event) []byte {
	if id := fs.first(ev, fUserID); len(id) > 0 {
		return id
	}
	name, domain := fs.first(ev, fUserName), fs.first(ev, fUserDomain)
	if len(name) == 0 || len(domain) == 0 {
		return name
	}
	out := append([]byte(nil), domain...)
	return append(append(out, '\\'), name...)
}

// args joins process.args, for sources that have no command line.
func (fs *factSlots) args(ev *event.Event) []byte {
	var out []byte
	for i, v := range ev.Values(fs[fArgs]) {
		if i > 0 {
			out = append(out, ' ')
		}
		out = append(out, v.Text...)
	}
	return out
}
