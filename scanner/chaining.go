package scanner

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
	"coldcase/rules"
)

// chaining joins the findings of a run:
//
//	findings (the best) ─ take ─> processes asked for ─ resolve: one look through the
//	records of starts for each generation ─> processes with their parents ─ join ─>
//	components ─ tree ─> chains
//
// Findings and processes are bounded; the records are read as they lie, in no order, so
// that keeping them costs the scan next to nothing.
type chaining struct {
	rules  []*rules.Rule
	inputs []InputResult
	assets *Assets
	logs   []*correlate.Log
	reader processReader

	findings []chained
	notes    []string
	apart    int64 // findings of no host, which belong to no chain
	refs     []processRef
	procs    []process
	byKey    map[processKey]int32

	sets      union   // findings, then processes
	ancestral []int32 // by finding: its component by ancestry alone
	sessional []int32 // and by session, too
}

// chained is one finding.
type chained struct {
	id                          string
	rule                        *rules.Rule
	name, severity              string
	score                       float64
	risk                        int
	time, last                  time.Time
	hostKey, host, user, sample string
	procs                       []int32
	sessions                    []uint64
}

// processKey tells processes apart: by entity id, or by number with the time of the
// start; or with the day when the start is not in the evidence.
type processKey struct {
	hash  uint64
	at    int64
	known byte
}

// process is one process of which something is known.
type process struct {
	processFacts
	parent   int32 // -1: not known
	touched  bool  // a rule fired on it
	asked    bool  // its parent was asked for
	boundary bool
}

// processRef is a process that is asked for: by a finding, or as a parent.
type processRef struct {
	facts   processFacts
	began   int64 // process.start of an event that is no start itself; 0 when not known
	finding int32 // -1 for none
	child   int32 // -1 for none
}

func newChaining(rs []*rules.Rule, assets *Assets, inputs []InputResult) *chaining {
	return &chaining{rules: rs, assets: assets, inputs: inputs, reader: newProcessReader(), byKey: map[processKey]int32{}}
}

func (c *chaining) note(format string, args ...any) {
	c.notes = append(c.notes, fmt.Sprintf(format, args...))
}

// use takes the records of all workers, unless they are beyond their bound.
func (c *chaining) use(logs []*ancestry) {
	total := int64(0)
	for _, a := range logs {
		total += a.bytes
	}
	if total > maxStartBytes {
		c.note("more processes than are kept: chains name those alone that the events behind findings name")
		return
	}
	for _, a := range logs {
		c.logs = append(c.logs, a.log)
	}
}

// take files a finding, and the processes and sessions of its events.
func (c *chaining) take(x *found, score float64) {
	if x.hostKey == "" {
		c.apart++
		return
	}
	f := chained{id: findingID(x), rule: x.rule, name: strings.Clone(x.name), severity: strings.Clone(x.severity), score: score,
		risk: x.riskScore(), time: x.time(), last: x.last(), hostKey: x.hostKey, host: x.host, user: x.user,
		sample: clipTo(x.sample(), maxChainSample)}
	n := int32(len(c.findings))
	for _, r := range x.Records[:min(len(x.Records), maxChainEvents)] {
		if len(r.Event) == 0 || !c.reader.read(r.Event) {
			continue
		}
		facts, began := c.reader.facts(r)
		if facts.entity|facts.number != 0 {
			c.refs = append(c.refs, processRef{facts: facts, began: began, finding: n, child: -1})
		}
		for _, s := range c.reader.sessions(r.HostKey) {
			if !slices.Contains(f.sessions, s) {
				f.sessions = append(f.sessions, s)
			}
		}
	}
	c.findings = append(c.findings, f)
}

// maxGenerations bounds how far above a finding's process its ancestors are looked for.
const maxGenerations = 32

// resolve looks for the starts of the processes that are asked for, then for those of
// their parents, generation by generation.
func (c *chaining) resolve() error {
	for generation := 0; len(c.refs) > 0 && generation <= maxGenerations; generation++ {
		asked := ask(c.refs)
		for _, l := range c.logs {
			if err := asked.look(l); err != nil {
				return err
			}
		}
		refs := c.refs
		c.refs = nil
		for i := range refs {
			c.settle(&refs[i], asked)
		}
	}
	c.refs = nil
	c.cutCircles()
	return nil
}

// settle makes the process of a ref known, and asks for its parent.
func (c *chaining) settle(ref *processRef, asked asking) {
	facts := ref.facts
	if start := asked.answer(ref); start != nil {
		facts = *start
	}
	p := c.process(facts, ref.finding >= 0)
	if p < 0 {
		return
	}
	if ref.child >= 0 && ref.child != p {
		c.procs[ref.child].parent = p
	}
	if ref.finding >= 0 {
		if f := &c.findings[ref.finding]; !slices.Contains(f.procs, p) {
			f.procs = append(f.procs, p)
		}
	}
	// A boundary is as far up as anybody wants to see.
	if parent := parentOf(&facts); !c.procs[p].asked && !c.procs[p].boundary && parent.entity|parent.number != 0 {
		c.procs[p].asked = true
		c.refs = append(c.refs, processRef{facts: parent, finding: -1, child: p})
	}
}

// parentOf is what a process says of its parent.
func parentOf(f *processFacts) processFacts {
	return processFacts{entity: f.parentEntity, number: f.parentNumber, time: f.time, hasTime: f.hasTime,
		name: f.parentName, pid: f.parentPid}
}

// process returns the place of a process, -1 at the bound.
func (c *chaining) process(f processFacts, touched bool) int32 {
	key := processKeyOf(&f)
	p, ok := c.byKey[key]
	if !ok {
		if len(c.procs) == maxChainProcesses {
			return -1
		}
		p = int32(len(c.procs))
		c.byKey[key] = p
		c.procs = append(c.procs, process{processFacts: f, parent: -1})
	}
	pr := &c.procs[p]
	for _, x := range [...]struct{ dst, src *string }{
		{&pr.name, &f.name}, {&pr.command, &f.command}, {&pr.user, &f.user}, {&pr.pid, &f.pid}} {
		if *x.dst == "" {
			*x.dst = *x.src
		}
	}
	pr.touched = pr.touched || touched
	pr.boundary = !pr.touched && isBoundary(pr)
	return p
}

func processKeyOf(f *processFacts) processKey {
	switch {
	case f.entity != 0:
		return processKey{f.entity, 0, byEntity}
	case f.started:
		return processKey{f.number, f.time, byNumber}
	case !f.hasTime:
		return processKey{f.number, 0, 'x'}
	}
	return processKey{f.number, f.time / int64(24*time.Hour), 'd'}
}

// boundaries are processes from which all that runs on a host, or all that is done from
// one kind of access, descends: what shares only them is not joined by ancestry. One on
// which a rule fired is no boundary, so that none can hide behind such a name.
var boundaries = []string{
	"systemd", "init", "launchd", "kthreadd", "upstart", "runit", "tini", "dumb-init", "dockerd", "containerd",
	"containerd-shim", "containerd-shim-runc-v2", "sshd", "cron", "crond", "login", "gnome-shell", "xpcproxy",
	"system", "smss.exe", "csrss.exe", "wininit.exe", "winlogon.exe", "services.exe", "svchost.exe", "lsass.exe",
	"userinit.exe", "explorer.exe", "taskeng.exe", "taskhostw.exe", "wmiprvse.exe", "sihost.exe", "dllhost.exe",
}

func isBoundary(p *process) bool {
	switch p.pid {
	case "0", "1", "2", "4":
		return true
	}
	return slices.Contains(boundaries, strings.ToLower(p.name))
}

// cutCircles takes away parents by which a process would descend from itself: hostile
// evidence may say so.
func (c *chaining) cutCircles() {
	done := make([]int32, len(c.procs)) // by process: the walk that met it, from 1
	for i := range c.procs {
		walk := int32(i + 1)
		for p := int32(i); p >= 0 && done[p] == 0; {
			done[p] = walk
			up := c.procs[p].parent
			if up >= 0 && done[up] == walk {
				c.procs[p].parent = -1
				break
			}
			p = up
		}
	}
}

// processReader reads what events say of processes and sessions.
type processReader struct {
	parser *event.Parser
	ev     event.Event

	entity, pid, began, name, executable, command, args, userName, userID int
	parentEntity, parentPid, parentName, ppid                             int
	sessionSlots                                                          []int
	leaderPid                                                             int
}

func newProcessReader() processReader {
	l := event.NewLayout()
	r := processReader{
		entity: l.Slot("process.entity_id"), pid: l.Slot("process.pid"), began: l.Slot("process.start"),
		name: l.Slot("process.name"), executable: l.Slot("process.executable"),
		command: l.Slot("process.command_line"), args: l.Slot("process.args"),
		userName: l.Slot("user.name"), userID: l.Slot("user.id"),
		parentEntity: l.Slot("process.parent.entity_id"), parentPid: l.Slot("process.parent.pid"),
		parentName: l.Slot("process.parent.name"), ppid: l.Slot("process.ppid"),
		leaderPid: l.Slot("process.entry_leader.pid"),
	}
	for _, s := range sessionFields {
		r.sessionSlots = append(r.sessionSlots, l.Slot(s.name))
	}
	r.parser = event.NewParser(l)
	return r
}

func (r *processReader) read(source []byte) bool {
	return r.parser.Extract(&r.ev, source) || r.parser.Parse(&r.ev, source) == nil
}

// text is the first value of a slot, cut to what is shown.
func (r *processReader) text(slot int) string {
	for _, v := range r.ev.Values(slot) {
		if v.Kind != event.Null && v.Kind != event.Object && len(v.Text) > 0 {
			return clipTo(string(v.Text[:min(len(v.Text), 4*maxChainSample)]), maxChainSample)
		}
	}
	return ""
}

// id is the first value of a slot; one that is too long for an id is none.
func (r *processReader) id(slot int) []byte {
	for _, v := range r.ev.Values(slot) {
		if v.Kind != event.Null && v.Kind != event.Object && len(v.Text) > 0 && len(v.Text) <= maxName {
			return v.Text
		}
	}
	return nil
}

// facts is what the event at hand says of the process behind it; began is when that is
// said to have begun, 0 when it is not said.
func (r *processReader) facts(rec *correlate.Record) (f processFacts, began int64) {
	host := []byte(rec.HostKey)
	number := r.id(r.parentPid)
	if number == nil {
		number = r.id(r.ppid)
	}
	f = processFacts{
		entity: processHash(byEntity, host, r.id(r.entity)), number: processHash(byNumber, host, r.id(r.pid)),
		parentEntity: processHash(byEntity, host, r.id(r.parentEntity)), parentNumber: processHash(byNumber, host, number),
		time: rec.Time, hasTime: !rec.NoTime, name: r.text(r.name), command: r.text(r.command), user: r.text(r.userName),
		pid: string(r.id(r.pid)), parentPid: string(number), parentName: r.text(r.parentName), origin: rec.Origin,
	}
	if f.name == "" {
		f.name = r.text(r.executable)
	}
	if f.user == "" {
		f.user = r.text(r.userID)
	}
	if f.command == "" {
		f.command = r.arguments()
	}
	for _, v := range r.ev.Values(r.began) {
		if t, ok := event.ParseTime(v); ok {
			began = t
		}
	}
	return f, began
}

func (r *processReader) arguments() string {
	var b strings.Builder
	for i, v := range r.ev.Values(r.args) {
		if b.Len() > maxChainSample {
			break
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.Write(v.Text[:min(len(v.Text), 4*maxChainSample)])
	}
	return clipTo(b.String(), maxChainSample)
}
