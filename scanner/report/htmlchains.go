package report

import "coldcase/scanner"

// chainView is a chain as the page draws it: lists in lists.
type chainView struct {
	*scanner.Chain
	Place int
	Words string
	Roots []*nodeView
}

// nodeView is one process of a chain.
type nodeView struct {
	*scanner.ChainNode
	Shown    string // command line or name
	Join     string
	Children []*nodeView
}

// maxPageDepth bounds how deep lists are nested; what is deeper stands at that level.
const maxPageDepth = 24

func chainViews(res *scanner.Result) (out []chainView) {
	for i := range res.Chains[:min(len(res.Chains), maxPageChains)] {
		c := &res.Chains[i]
		out = append(out, chainView{Chain: c, Place: i + 1, Words: chainWords(c), Roots: nested(c.Nodes)})
	}
	return out
}

// nested hangs each node on its parent, behind which it stands.
func nested(nodes []scanner.ChainNode) (roots []*nodeView) {
	var open []*nodeView // the last node of each depth
	for i := range nodes {
		n := &nodes[i]
		v := &nodeView{ChainNode: n, Shown: nodeName(n), Join: joinWords(n.Join)}
		depth := min(n.Depth, maxPageDepth, len(open))
		if depth == 0 {
			roots = append(roots, v)
		} else {
			up := open[depth-1]
			up.Children = append(up.Children, v)
		}
		open = append(open[:depth], v)
	}
	return roots
}
