package scanner

import (
	"cmp"
	"slices"
	"time"
	"unicode/utf8"
)

// branch is one process, or one event without, in the tree of a chain.
type branch struct {
	proc     int32 // -1 for an event
	first    int32 // finding at or below it
	findings []int32
	children []*branch
	up       *branch
}

// tree draws the processes behind findings with all their ancestors, each behind its
// parent. Findings stand at the process of their last event.
func (c *chaining) tree(members []int32) (nodes []ChainNode, more int) {
	roots := c.forest(members)
	c.sortBranches(roots)
	heads := strands{c: c, ancestral: map[int32]bool{}, sessional: map[int32]bool{}}
	type step struct {
		b     *branch
		depth int
	}
	var stack []step
	push := func(bs []*branch, depth int) {
		c.sortBranches(bs)
		for _, b := range slices.Backward(bs) {
			stack = append(stack, step{b, depth})
		}
	}
	push(roots, 0)
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		push(s.b.children, s.depth+1)
		if len(nodes) == maxChainNodes {
			more++
			continue
		}
		nd := c.node(s.b)
		nd.Depth, nd.Join = s.depth, heads.joinOf(s.b)
		nodes = append(nodes, nd)
	}
	return nodes, more
}

// forest links the processes of findings, which stand in the order of time, so that the
// first to reach a process is the first at or below it.
func (c *chaining) forest(members []int32) (roots []*branch) {
	known := map[int32]*branch{}
	for _, i := range members {
		f := &c.findings[i]
		if len(f.procs) == 0 {
			roots = append(roots, &branch{proc: -1, first: i, findings: []int32{i}})
			continue
		}
		for _, p := range f.procs {
			var below *branch
			for p >= 0 {
				b := known[p]
				fresh := b == nil
				if fresh {
					b = &branch{proc: p, first: i}
					known[p] = b
				}
				if below != nil {
					b.children, below.up = append(b.children, below), b
				}
				if !fresh {
					below = nil
					break
				}
				below, p = b, c.procs[p].parent
			}
			if below != nil {
				roots = append(roots, below)
			}
		}
		at := known[f.procs[len(f.procs)-1]]
		at.findings = append(at.findings, i)
	}
	return roots
}

// sortBranches puts branches in the order of their first findings.
func (c *chaining) sortBranches(bs []*branch) {
	slices.SortStableFunc(bs, func(a, b *branch) int {
		if n := cmp.Compare(a.first, b.first); n != 0 || a.proc < 0 || b.proc < 0 {
			return n
		}
		x, y := &c.procs[a.proc].processFacts, &c.procs[b.proc].processFacts
		return cmp.Or(cmp.Compare(x.time, y.time), compareFacts(x, y))
	})
}

// strands says how the strands of a chain hang together, in the order in which they are
// drawn.
type strands struct {
	c                    *chaining
	ancestral, sessional map[int32]bool
}

func (s *strands) joinOf(b *branch) Join {
	if b.proc >= 0 {
		procs := s.c.procs
		if procs[b.proc].boundary || b.up != nil && !procs[b.up.proc].boundary {
			return ""
		}
	}
	a, e := s.c.ancestral[b.first], s.c.sessional[b.first]
	join := Join("")
	switch {
	case len(s.ancestral) == 0, s.ancestral[a]:
	case s.sessional[e]:
		join = JoinSession
	default:
		join = JoinTime
	}
	s.ancestral[a], s.sessional[e] = true, true
	return join
}

// node is a branch as the result has it.
func (c *chaining) node(b *branch) ChainNode {
	nd := ChainNode{Findings: c.nodeFindings(b.findings)}
	if b.proc < 0 {
		f := &c.findings[b.first]
		nd.Command, nd.User, nd.Time = f.sample, f.user, f.time
		return nd
	}
	p := &c.procs[b.proc]
	nd.Process, nd.Outside = true, !p.started
	nd.Name, nd.Command, nd.PID, nd.User = p.name, p.command, p.pid, p.user
	if p.started {
		nd.Time = time.Unix(0, p.time).UTC()
		nd.Line = p.origin.Line
		if int(p.origin.Input) < len(c.inputs) {
			nd.File = c.inputs[p.origin.Input].File
		}
	}
	return nd
}

// nodeFindings gathers the findings of one node by rule, in the order of the first.
func (c *chaining) nodeFindings(members []int32) (out []ChainFinding) {
	for _, i := range members {
		f := &c.findings[i]
		at := slices.IndexFunc(out, func(x ChainFinding) bool { return x.Rule == f.rule && x.Name == f.name })
		if at < 0 {
			if len(out) == maxNodeRules {
				continue
			}
			at = len(out)
			out = append(out, ChainFinding{ID: f.id, Rule: f.rule, Name: f.name, Severity: f.severity, First: f.time})
		}
		x := &out[at]
		x.Count++
		x.Score = max(x.Score, f.score)
		if f.last.After(x.Last) {
			x.Last = f.last
		}
	}
	return out
}

// clipTo cuts a text to about so many bytes, at a whole character, and says so.
func clipTo(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := most
	for n > most-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
