package scanner

import (
	"bytes"
	"slices"
	"strings"
)

// union is sets that grow together; of two the one with the lesser first member names
// both.
type union []int32

func newUnion(n int) union {
	u := make(union, n)
	for i := range u {
		u[i] = int32(i)
	}
	return u
}

func (u union) find(i int32) int32 {
	for u[i] != i {
		u[i] = u[u[i]]
		i = u[i]
	}
	return i
}

func (u union) join(a, b int32) {
	a, b = u.find(a), u.find(b)
	u[max(a, b)] = min(a, b)
}

// join joins findings: by ancestry, then by session, then by time.
func (c *chaining) join() {
	n := int32(len(c.findings))
	c.sets = newUnion(len(c.findings) + len(c.procs))
	for i := range c.findings {
		for _, p := range c.findings[i].procs {
			c.sets.join(int32(i), n+p)
		}
	}
	for i := range c.procs {
		if up := c.procs[i].parent; up >= 0 && !c.procs[up].boundary && !c.procs[i].boundary {
			c.sets.join(n+int32(i), n+up)
		}
	}
	c.ancestral = c.snapshot()
	c.joinSessions()
	c.sessional = c.snapshot()
	c.joinTimes()
}

// snapshot is the set of each finding and process as it is now.
func (c *chaining) snapshot() []int32 {
	out := make([]int32, len(c.sets))
	for i := range out {
		out[i] = c.sets.find(int32(i))
	}
	return out
}

// joinSessions joins findings of one session that are not too far apart.
func (c *chaining) joinSessions() {
	last := map[uint64]int32{}
	for i := range c.findings {
		f := &c.findings[i]
		if f.time.IsZero() {
			continue
		}
		for _, s := range f.sessions {
			if j, ok := last[s]; ok && f.time.Sub(c.findings[j].last) <= sessionGap {
				c.sets.join(int32(i), j)
			}
			last[s] = int32(i)
		}
	}
}

// joinTimes joins strands of one host whose first findings lie within an hour of the
// first of them. A strand of low risk alone joins nothing: such rules fire all the time.
func (c *chaining) joinTimes() {
	risk := map[int32]int{}
	for i := range c.findings {
		s := c.sessional[i]
		risk[s] = max(risk[s], c.findings[i].risk)
	}
	first := map[string]int32{} // by host: the first finding of its window
	seen := map[int32]bool{}
	for i := range c.findings {
		f, s := &c.findings[i], c.sessional[i]
		if seen[s] || f.time.IsZero() || risk[s] <= weights.breadthRisk {
			continue
		}
		seen[s] = true
		if j, ok := first[f.hostKey]; ok && f.time.Sub(c.findings[j].time) <= timeWindow {
			c.sets.join(int32(i), j)
			continue
		}
		first[f.hostKey] = int32(i)
	}
}

// components lists the findings of each set of at least two, in the order of time.
func (c *chaining) components() [][]int32 {
	place := map[int32]int{}
	var out [][]int32
	for i := range c.findings {
		s := c.sets.find(int32(i))
		at, ok := place[s]
		if !ok {
			at = len(out)
			place[s] = at
			out = append(out, nil)
		}
		out[at] = append(out[at], int32(i))
	}
	return slices.DeleteFunc(out, func(m []int32) bool { return len(m) < 2 })
}

// sessionFields name a logon session, or what stands for one.
var sessionFields = []struct{ kind, name string }{
	{"entry", "process.entry_leader.entity_id"}, {"audit", "auditd.session"}, {"audit", "auditd.data.ses"},
	{"logon", "winlog.logon.id"}, {"logon", "winlog.event_data.SubjectLogonId"},
	{"logon", "winlog.event_data.TargetLogonId"}, {"logon", "process.Ext.authentication_id"},
}

// sharedSessions are what events without a session say, and the sessions in which
// Windows runs its services (0x3e7, 0x3e4, 0x3e5).
var sharedSessions = []string{"", "-", "-1", "0", "0x0", "unset", "4294967295", "0x3e7", "0x3e4", "0x3e5", "999", "997", "996"}

// sessions are the keys of the sessions that the event at hand names.
func (r *processReader) sessions(host string) (out []uint64) {
	for i, s := range sessionFields {
		id := bytes.ToLower(r.id(r.sessionSlots[i]))
		if slices.Contains(sharedSessions, strings.TrimSpace(string(id))) {
			continue
		}
		if s.kind == "entry" && slices.Contains([]string{"0", "1"}, string(r.id(r.leaderPid))) {
			continue // what began with the host itself
		}
		out = append(out, processHash(bySource, []byte(host), append([]byte(s.kind+"\x00"), id...)))
	}
	return out
}
