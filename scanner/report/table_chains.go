package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"coldcase/scanner"
)

// What of the chains stands on the screen; --full and the summary have all.
const (
	chainsShown     = 3
	chainNodesShown = 15
	chainDepthMost  = 12 // levels that are drawn; deeper ones stand at the last
)

// chains draws the first chains as trees.
func (s *screen) chains() {
	all := s.res.Chains
	if len(all) == 0 {
		return
	}
	shown := all
	if !s.opt.Full {
		shown = all[:min(len(all), chainsShown)]
	}
	s.headed("CHAINS", plural(max(s.res.Counts.Chains, int64(len(all))), "chain")+
		" of findings that belong together by the ancestry of processes, by session, or by time alone")
	for i := range shown {
		s.chain(&shown[i])
	}
	if more := max(s.res.Counts.Chains, int64(len(all))) - int64(len(shown)); more > 0 {
		s.wrapped(fmt.Sprintf("  and %s of lower score; --summary FILE lists them", plural(more, "chain")), 2)
	}
	s.line("")
}

func (s *screen) chain(c *scanner.Chain) {
	s.wrapped(fmt.Sprintf("  %5s %-8s  %s  %s", score(c.Score), cell(c.Band, 8), cell(dash(c.Host), 40), chainWords(c)), 18)
	if path := strings.Join(c.Tactics, " > "); path != "" {
		s.wrapped(strings.Repeat(" ", 18)+cell(path, 4*defaultWidth), 20)
	}
	nodes := c.Nodes
	if !s.opt.Full {
		nodes = bestNodes(nodes, chainNodesShown)
	}
	for i, lines := range drawTree(nodes, s.strokes()) {
		s.chainNode(&nodes[i], lines)
	}
	if more := len(c.Nodes) - len(nodes) + c.More; more > 0 {
		s.line("    and %s more of the tree", number(int64(more)))
	}
}

// bestNodes keeps the nodes with the findings of the best scores and what is above them,
// as long as there is room, in their order.
func bestNodes(nodes []scanner.ChainNode, room int) []scanner.ChainNode {
	if len(nodes) <= room {
		return nodes
	}
	parent, order := make([]int, len(nodes)), make([]int, len(nodes))
	var open []int // the last node of each depth
	for i := range nodes {
		depth := min(nodes[i].Depth, len(open))
		parent[i], order[i] = -1, i
		if depth > 0 {
			parent[i] = open[depth-1]
		}
		open = append(open[:depth], i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(bestScore(&nodes[b]), bestScore(&nodes[a])) })
	keep := make([]bool, len(nodes))
	for _, i := range order {
		need := 0
		for p := i; p >= 0 && !keep[p]; p = parent[p] {
			need++
		}
		if need > room {
			break
		}
		room -= need
		for p := i; p >= 0 && !keep[p]; p = parent[p] {
			keep[p] = true
		}
	}
	var out []scanner.ChainNode
	for i := range nodes {
		if keep[i] {
			out = append(out, nodes[i])
		}
	}
	return out
}

func bestScore(n *scanner.ChainNode) (best float64) {
	for i := range n.Findings {
		best = max(best, n.Findings[i].Score)
	}
	return best
}

// chainWords: "5 findings of 4 rules, 2026-03-01 10:00:02 to 10:05:33 UTC".
func chainWords(c *scanner.Chain) string {
	text := plural(c.Findings, "finding") + " of " + plural(int64(c.Rules), "rule")
	if c.First.IsZero() {
		return text
	}
	last := second(c.Last)
	if day := c.First.UTC().Format("2006-01-02 "); strings.HasPrefix(last, day) {
		last = strings.TrimPrefix(last, day)
	}
	return text + ", " + second(c.First) + " to " + last + " UTC"
}

// chainNode writes a process and the findings on it.
func (s *screen) chainNode(n *scanner.ChainNode, at treeLines) {
	at.first, at.rest = strings.Repeat(" ", 4)+at.first, strings.Repeat(" ", 4)+at.rest
	s.line("%s%s", at.first, s.cut(nodeWords(n), displayWidth(at.first)))
	for i := range n.Findings {
		f := &n.Findings[i]
		text := "! " + f.Severity + "  " + f.Name
		if f.Count > 1 {
			text += " x" + number(f.Count)
		}
		if !f.First.IsZero() {
			text += "  " + s.moment(f.First)
		}
		l := at.rest + s.cut(text, displayWidth(at.rest))
		if mark := at.rest + "! " + f.Severity; severityColours[f.Severity] != "" && strings.HasPrefix(l, mark) {
			l = at.rest + "! " + paint(f.Severity, severityColours[f.Severity], s.opt) + strings.TrimPrefix(l, mark)
		}
		s.line("%s", l)
	}
}

// nodeWords names a process: how it hangs on the strands before it, its command line,
// number and user, and whether its start is in the evidence.
func nodeWords(n *scanner.ChainNode) string {
	text := joinWords(n.Join)
	if text != "" {
		text = "[" + text + "] "
	}
	text += nodeName(n)
	if n.PID != "" {
		text += "  pid " + n.PID
	}
	if n.User != "" {
		text += "  " + n.User
	}
	if n.Outside {
		text += "  (start not in the evidence)"
	}
	return text
}

// nodeName is the command line, behind the name where that does not say it.
func nodeName(n *scanner.ChainNode) string {
	switch {
	case n.Command == "" && n.Name == "":
		return "?"
	case n.Command == "":
		return n.Name
	case strings.Contains(strings.ToLower(n.Command), strings.TrimSuffix(strings.ToLower(n.Name), ".exe")):
		return strings.TrimSpace(n.Command)
	}
	return n.Name + ": " + strings.TrimSpace(n.Command)
}

func joinWords(j scanner.Join) string {
	switch j {
	case scanner.JoinSession:
		return "same session"
	case scanner.JoinTime:
		return "close in time only"
	}
	return ""
}

// strokes are what a tree is drawn with.
type strokes struct{ child, last, down, gap string }

func (s *screen) strokes() strokes {
	if s.opt.Terminal {
		return strokes{"├─ ", "└─ ", "│  ", "   "}
	}
	return strokes{"|- ", "`- ", "|  ", "   "}
}

// treeLines are what stands before the text of a node: on its first line, and on those
// below.
type treeLines struct{ first, rest string }

// drawTree draws the lines between nodes, each of which stands behind its parent.
func drawTree(nodes []scanner.ChainNode, st strokes) []treeLines {
	out := make([]treeLines, len(nodes))
	for i := range nodes {
		depth := min(nodes[i].Depth, chainDepthMost)
		var b strings.Builder
		for d := 1; d < depth; d++ {
			if follows(nodes[i:], d) {
				b.WriteString(st.down)
			} else {
				b.WriteString(st.gap)
			}
		}
		l := treeLines{b.String(), b.String()}
		switch {
		case depth == 0:
		case follows(nodes[i:], depth):
			l.first, l.rest = l.first+st.child, l.rest+st.down
		default:
			l.first, l.rest = l.first+st.last, l.rest+st.gap
		}
		if follows(nodes[i:], depth+1) {
			l.rest += st.down
		} else {
			l.rest += st.gap
		}
		out[i] = l
	}
	return out
}

// follows says whether a node at depth comes behind the first before one further up.
func follows(nodes []scanner.ChainNode, depth int) bool {
	for i := range nodes[1:] {
		if d := min(nodes[i+1].Depth, chainDepthMost); d <= depth {
			return d == depth
		}
	}
	return false
}
