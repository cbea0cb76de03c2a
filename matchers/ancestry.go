package matchers

import (
	"unicode/utf8"

	"coldcase/matchers/event"
)

// Start is what is kept of the start of a process, so that how processes descend from
// each other can be drawn later. Bytes belong to the Worker and are valid until its next
// Match.
type Start struct {
	// Time is process.start where the event has it, else its own, in nanoseconds since
	// 1970: a beat reports processes that it found running long after they began.
	Time int64
	// HostKey is that of Facts: numbers and ids of processes mean something on one host.
	HostKey                             []byte
	Entity, PID                         []byte
	ParentEntity, ParentPID, ParentName []byte
	Name, User                          []byte
	Command                             []byte // or the joined arguments; cut at 200 bytes
}

// maxStartCommand bounds Start.Command in bytes, maxStartText its other texts.
const (
	maxStartCommand = 200
	maxStartText    = 256
)

// startSlots are the places of the fields behind a Start beside those of Facts.
type startSlots struct {
	category, types, action, entity, pid, began int
	parentEntity, parentPid, parentName, ppid   int
}

func newStartSlots(l *event.Layout) startSlots {
	return startSlots{
		category: l.Slot("event.category"), types: l.Slot("event.type"), action: l.Slot("event.action"),
		entity: l.Slot("process.entity_id"), pid: l.Slot("process.pid"), began: l.Slot("process.start"),
		parentEntity: l.Slot("process.parent.entity_id"), parentPid: l.Slot("process.parent.pid"),
		parentName: l.Slot("process.parent.name"), ppid: l.Slot("process.ppid"),
	}
}

// Start returns what the event of the last Match says of the start of a process; ok is
// false when it is none, or cannot be told from others. It does not allocate.
func (w *Worker) Start() (s Start, ok bool) {
	slots, ev := &w.m.starts, &w.ev
	if !slots.isStart(ev) {
		return s, false
	}
	s.Entity, s.PID = idText(ev, slots.entity), idText(ev, slots.pid)
	if len(s.Entity)+len(s.PID) == 0 {
		return s, false
	}
	fs := &w.m.facts
	if s.Time, ok = fs.time(ev); !ok {
		return s, false
	}
	for _, v := range ev.Values(slots.began) {
		if t, known := event.ParseTime(v); known && t < s.Time {
			s.Time = t
		}
	}
	s.HostKey = firstOf4(fs.first(ev, fHostID), fs.first(ev, fAgentID), fs.first(ev, fHostName), fs.first(ev, fHostname))
	s.ParentEntity, s.ParentName = idText(ev, slots.parentEntity), idText(ev, slots.parentName)
	if s.ParentPID = idText(ev, slots.parentPid); s.ParentPID == nil {
		s.ParentPID = idText(ev, slots.ppid)
	}
	s.Name = cutText(firstOf4(fs.first(ev, fProcess), fs.first(ev, fExecutable), nil, nil), maxStartText)
	s.User = cutText(firstOf4(fs.first(ev, fUserName), fs.first(ev, fUserID), nil, nil), maxStartText)
	s.Command = w.startCommand()
	return s, true
}

// startCommand is the command line, or the arguments joined in the worker's own buffer.
func (w *Worker) startCommand() []byte {
	fs := &w.m.facts
	if c := fs.first(&w.ev, fCommand); len(c) > 0 {
		return cutText(c, maxStartCommand)
	}
	b := w.joined[:0]
	for i, v := range w.ev.Values(fs[fArgs]) {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, cutText(v.Text, maxStartCommand)...)
		if len(b) > maxStartCommand {
			break
		}
	}
	w.joined = b
	return cutText(b, maxStartCommand)
}

// idText is the first value of a slot that is a text or a number. Ids are compared
// whole, so one that is too long for one is none.
func idText(ev *event.Event, slot int) []byte {
	for _, v := range ev.Values(slot) {
		if v.Kind != event.Null && v.Kind != event.Object && len(v.Text) > 0 && len(v.Text) <= maxStartText {
			return v.Text
		}
	}
	return nil
}

// cutText cuts a text to so many bytes, at a whole character.
func cutText(b []byte, most int) []byte {
	if len(b) <= most {
		return b
	}
	n := most
	for n > most-utf8.UTFMax && !utf8.RuneStart(b[n]) {
		n--
	}
	return b[:n]
}

// isStart says whether the event tells of a process that has begun, or that was found
// running. Connections, sessions and libraries that are loaded are of the type start,
// too: only the category tells them apart.
func (s *startSlots) isStart(ev *event.Event) bool {
	if categories := ev.Values(s.category); len(categories) > 0 && !holdsText(categories, "process") {
		return false
	}
	for _, v := range ev.Values(s.types) {
		switch string(v.Text) {
		case "start", "process_start":
			return true
		}
	}
	for _, v := range ev.Values(s.action) {
		switch string(v.Text) {
		case "start", "exec", "executed", "fork", "process_started", "existing_process", "already_running",
			"creation_event", "already_running_event", "fork_event", "exec_event", "created-process":
			return true
		}
	}
	return false
}

func holdsText(values []event.Value, text string) bool {
	for _, v := range values {
		if string(v.Text) == text {
			return true
		}
	}
	return false
}
