package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"coldcase/scanner"
)

func aChain() scanner.Chain {
	fired := func(severity string, count int64) []scanner.ChainFinding {
		return []scanner.ChainFinding{{ID: "f1", Rule: ticketRule, Name: "Ticket <b>", Severity: severity, Score: 73, Count: count,
			First: at("2026-03-01T10:00:02Z"), Last: at("2026-03-01T10:00:04Z")}}
	}
	return scanner.Chain{ID: "chain-f1", Host: "mac01", Users: []string{"alice"}, Score: 85.1, Band: "high", Findings: 3, Rules: 2,
		Tactics: []string{"Execution", "Credential Access"}, First: at("2026-03-01T10:00:02Z"), Last: at("2026-03-02T11:00:00Z"),
		Nodes: []scanner.ChainNode{
			{Process: true, Outside: true, Name: "launchd", PID: "1"},
			{Depth: 1, Process: true, Name: "zsh", Command: "zsh -i", PID: "20", User: "alice"},
			{Depth: 2, Process: true, Name: "kcc", Command: "kcc \x1b[2J</code>", Findings: fired("high", 2)},
			{Depth: 3, Process: true, Name: "cat.exe", Command: "CAT x"},
			{Depth: 2, Process: true, Name: "ls", Findings: fired("low", 1)},
			{Depth: 1, Join: scanner.JoinSession, Process: true, Name: "curl", Command: "-o x"},
			{Join: scanner.JoinTime, Command: "something else"},
		}, More: 2}
}

// The tree, its marks and what hostile texts become.
func TestScreenChains(t *testing.T) {
	res := someResult()
	res.Chains, res.Counts.Chains = []scanner.Chain{aChain()}, 5
	draw := func(opt Options) string {
		s := &screen{res: res, opt: opt}
		s.chains()
		return s.buf.String()
	}
	want := `CHAINS  5 chains of findings that belong together by the ancestry of processes, by session, or by time alone
   85.1 high      mac01  3 findings of 2 rules, 2026-03-01 10:00:02 to 2026-03-02 11:00:00 UTC
                  Execution > Credential Access
    launchd  pid 1  (start not in the evidence)
    |- zsh -i  pid 20  alice
    |  |- kcc \x1b[2J</code>
    |  |  |  ! high  Ticket <b> x2  03-01 10:00:02
    |  |  ` + "`" + `- CAT x
    |  ` + "`" + `- ls
    |        ! low  Ticket <b>  03-01 10:00:02
    ` + "`" + `- [same session] curl: -o x
    [close in time only] something else
    and 2 more of the tree
  and 4 chains of lower score; --summary FILE lists them

`
	if got := draw(Options{}); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	terminal := draw(Options{Terminal: true, Color: true})
	for _, part := range []string{"├─ zsh -i", "│  │  └─ CAT x", "! \x1b[35mhigh\x1b[0m  Ticket"} {
		if !strings.Contains(terminal, part) {
			t.Errorf("%q is not in:\n%s", part, terminal)
		}
	}
	for _, l := range strings.Split(draw(Options{Width: 60}), "\n") {
		if displayWidth(l) > 60 && !strings.Contains(l, "CHAINS") {
			t.Errorf("%d columns: %q", displayWidth(l), l)
		}
	}
	res.Chains = nil
	if got := draw(Options{}); got != "" {
		t.Errorf("no chains: %q", got)
	}
}

// Of a large tree the best findings are shown with what is above them.
func TestBestNodes(t *testing.T) {
	nodes := []scanner.ChainNode{{Name: "root"}}
	for i := range 40 {
		n := scanner.ChainNode{Depth: 1 + i%2, Name: "n", Findings: []scanner.ChainFinding{{Score: 10}}}
		if i == 31 {
			n.Name, n.Findings[0].Score = "best", 99
		}
		nodes = append(nodes, n)
	}
	got := bestNodes(nodes, 3)
	if len(got) != 3 || got[0].Name != "root" || got[1].Depth != 1 || got[2].Name != "best" {
		t.Errorf("got %+v", got)
	}
	if got := bestNodes(nodes[:3], 3); len(got) != 3 {
		t.Errorf("%d of few nodes", len(got))
	}
}

// A tree of any depth, and one whose depths make no sense, is drawn within bounds.
func TestDeepTrees(t *testing.T) {
	var nodes []scanner.ChainNode
	for i := range 100 {
		nodes = append(nodes, scanner.ChainNode{Depth: i, Process: true, Name: "p"})
	}
	nodes = append(nodes, scanner.ChainNode{Depth: 50}, scanner.ChainNode{Depth: 0}, scanner.ChainNode{Depth: 9})
	for i, l := range drawTree(nodes, strokes{"|- ", "`- ", "|  ", "   "}) {
		if len(l.first) > 3*chainDepthMost || len(l.rest) > 3*(chainDepthMost+1) {
			t.Errorf("node %d is indented by %d and %d", i, len(l.first), len(l.rest))
		}
	}
	depth, n := 0, 0
	var walk func(list []*nodeView, d int)
	walk = func(list []*nodeView, d int) {
		depth = max(depth, d)
		for _, v := range list {
			n++
			walk(v.Children, d+1)
		}
	}
	walk(nested(nodes), 0)
	if n != len(nodes) || depth > maxPageDepth+2 {
		t.Errorf("%d nodes of %d, %d deep", n, len(nodes), depth)
	}
}

// The page and the summary hold the chains, and nothing of evidence becomes markup.
func TestChainsInReports(t *testing.T) {
	res := someResult()
	res.Chains, res.Counts.Chains = []scanner.Chain{aChain()}, 1
	var page, sum bytes.Buffer
	if err := writeHTML(&page, res, findings()); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`<a href="#chains">`, `<section id="chains"`, "kcc \\x1b[2J&lt;/code&gt;", "Ticket &lt;b&gt;",
		`<span class="join">close in time only</span>`, "start not in the evidence"} {
		if !strings.Contains(page.String(), part) {
			t.Errorf("the page has no %q", part)
		}
	}
	if err := Summary(&sum, res, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"id": "chain-f1"`, `"join": "session"`, `"more_nodes": 2`, `"outside": true`, `"finding_id": "f1"`} {
		if !strings.Contains(sum.String(), part) {
			t.Errorf("the summary has no %s", part)
		}
	}
	f := ticketFinding()
	f.Chain = "chain-f1"
	var rows bytes.Buffer
	if err := writeJSONL(&rows, findings(f, ticketFinding())); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(rows.String(), `"chain":"chain-f1"`); n != 1 || strings.Contains(rows.String(), `"chain":""`) {
		t.Errorf("%d findings name their chain", n)
	}
}

// The bars: a row for each severity that was found, as wide as fits, with what is busiest.
func TestScreenTimeline(t *testing.T) {
	draw := func(opt Options, times ...string) string {
		res := someResult()
		res.First, res.Last = time.Time{}, time.Time{}
		tl := newTimeline(at(times[0]), at(times[len(times)-1]), 20)
		for i, tm := range times {
			tl.add(at(tm), []string{"low", "critical"}[i%2])
		}
		s := &screen{res: res, opt: opt}
		for i := 3; i >= 0; i-- {
			s.timelineRow(tl, i)
		}
		s.timelineAxis(tl)
		return s.buf.String()
	}
	got := draw(Options{}, "2026-03-01T10:00:00Z", "2026-03-01T10:00:01Z", "2026-03-01T10:00:02Z", "2026-03-01T10:00:02Z", "2026-03-01T10:00:09Z")
	for _, part := range []string{"  critical |", "| 2\n", "  low      |", "| 3\n", "            2026-03-01 10:00:00"} {
		if !strings.Contains(got, part) {
			t.Errorf("%q is not in:\n%s", part, got)
		}
	}
	if strings.Contains(got, "medium") {
		t.Errorf("a severity without findings is drawn:\n%s", got)
	}
	if blocks := draw(Options{Terminal: true}, "2026-03-01T10:00:00Z", "2026-03-01T10:00:01Z"); !strings.Contains(blocks, "█") {
		t.Errorf("no blocks on a terminal:\n%s", blocks)
	}
	for n, want := range map[int64]int{0: 0, 1: 1, 50: 4, 100: 8} {
		if got := level(n, 100, 8); got != want {
			t.Errorf("level of %d is %d, want %d", n, got, want)
		}
	}
}

// Names that are counted alike stand in their own order; hostile ones stay on one line.
func TestBusiest(t *testing.T) {
	s := &screen{res: someResult(), opt: Options{}}
	s.busiestOf("hosts", []countedName{{"b", 1}, {"a", 1}, {"evil\n\x1b[0m", 9}, {"c", 1}, {"d", 1}, {"e", 1}, {"f", 1}})
	want := "  busiest hosts    evil\\n\\x1b[0m 9; a 1; b 1; c 1; d 1 and 2 more\n"
	if got := s.buf.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
