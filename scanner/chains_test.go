package scanner

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// proc is an event of one process. started makes it the start of it; else the event is
// a connection that it made.
type proc struct {
	at                int
	host, name, more  string
	id, parent        string // entity ids
	pid, ppid         int
	started, timeless bool
}

func (p proc) String() string {
	f := []string{fmt.Sprintf(`"process.command_line":"%s --run"`, p.name)}
	add := func(cond bool, format string, v any) {
		if cond {
			f = append(f, fmt.Sprintf(format, v))
		}
	}
	add(p.id != "", `"process.entity_id":"%s"`, p.id)
	add(p.parent != "", `"process.parent.entity_id":"%s"`, p.parent)
	add(p.pid > 0, `"process.pid":%d`, p.pid)
	add(p.ppid > 0, `"process.parent.pid":%d`, p.ppid)
	if p.started {
		f = append(f, `"event.category":["process"],"event.type":["start"]`)
	} else {
		f = append(f, `"event.category":["network"],"event.type":["connection","start"]`)
	}
	add(p.more != "", "%s", p.more)
	e := ev{time: at(p.at), host: p.host, name: p.name, more: strings.Join(f, ",")}
	if p.timeless {
		e.time = "-"
	}
	return e.String()
}

// chainRules fire on the processes named r1, r2, r3.
func chainRules(t *testing.T) Config {
	return withRules(t,
		kqlRule(t, "one", `process.name: r1`, risk("high", 73), tactic(8, "TA0006", "Credential Access")),
		kqlRule(t, "two", `process.name: r2`, tactic(2, "TA0002", "Execution")),
		kqlRule(t, "three", `process.name: r3`, risk("low", 21), tactic(11, "TA0011", "Command and Control")))
}

// drawn is the chains as text: what matters of each node, indented by depth.
func drawn(res *Result) string {
	var b strings.Builder
	for _, ch := range res.Chains {
		fmt.Fprintf(&b, "%s %d findings %d rules: %s\n", ch.Host, ch.Findings, ch.Rules, strings.Join(ch.Tactics, " > "))
		for _, nd := range ch.Nodes {
			b.WriteString(strings.Repeat("  ", nd.Depth+1))
			if nd.Join != "" {
				b.WriteString("[" + string(nd.Join) + "] ")
			}
			switch {
			case !nd.Process:
				b.WriteString("event")
			case nd.Outside:
				b.WriteString("(" + cmp.Or(nd.Name, nd.PID, "?") + ")")
			default:
				b.WriteString(nd.Name)
			}
			for _, f := range nd.Findings {
				fmt.Fprintf(&b, " %s:%d", f.Name, f.Count)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// chained scans lines in one file and draws the chains.
func chainedText(t *testing.T, cfg Config, ps ...proc) string {
	t.Helper()
	var lines []string
	for _, p := range ps {
		lines = append(lines, p.String())
	}
	return drawn(scan(t, cfg, write(t, t.TempDir(), "a.ndjson", lines...)))
}

// Two findings hours apart meet in a shell that no rule looks at; its own parent is not in
// the evidence, and sshd above it is as far up as the tree goes.
func TestChainByEntityID(t *testing.T) {
	got := chainedText(t, chainRules(t),
		proc{at: 0, name: "bash", id: "b", parent: "s", pid: 50, started: true, more: `"process.parent.name":"sshd","process.parent.pid":40`},
		proc{at: 10, name: "curl", id: "c", parent: "b", started: true},
		proc{at: 20, name: "r2", id: "x", parent: "c", started: true},
		proc{at: 20_000, name: "r1", id: "y", parent: "b", started: true},
		proc{at: 20_001, name: "r1", id: "y", parent: "b"})
	want := `h1 3 findings 2 rules: Execution > Credential Access
  (sshd)
    bash
      curl
        r2 two:1
      r1 one:2
`
	equal(t, "chain", got, want)
}

// Without ids a number means the last process that was started with it before.
func TestChainByNumberAndTime(t *testing.T) {
	got := chainedText(t, chainRules(t),
		proc{at: 0, name: "bash", pid: 7, started: true},
		proc{at: 10, name: "r2", pid: 8, ppid: 7, started: true},
		proc{at: 9000, name: "zsh", pid: 7, started: true}, // the number is used again
		proc{at: 9010, name: "r1", pid: 9, ppid: 7, started: true},
		proc{at: 9020, name: "r3", pid: 10, ppid: 9, started: true})
	want := `h1 2 findings 2 rules: Credential Access > Command and Control
  zsh
    r1 one:1
      r3 three:1
`
	equal(t, "chain", got, want)
}

// process.start of an event that is no start tells that the start with its number is of
// another process.
func TestChainKnowsReusedNumbers(t *testing.T) {
	got := chainedText(t, chainRules(t),
		proc{at: 0, name: "bash", pid: 5, started: true},
		proc{at: 10, name: "r2", pid: 8, ppid: 5, started: true},
		proc{at: 9000, name: "r1", pid: 8, more: `"process.start":"` + at(8000) + `"`})
	equal(t, "an old process of the same number", got, "")
	got = chainedText(t, chainRules(t),
		proc{at: 0, name: "bash", pid: 5, started: true},
		proc{at: 10, name: "r2", pid: 8, ppid: 5, started: true},
		proc{at: 9000, name: "r1", pid: 8, more: `"process.start":"` + at(10) + `"`})
	want := `h1 2 findings 2 rules: Execution > Credential Access
  bash
    r2 two:1 one:1
`
	equal(t, "the same process", got, want)
}

// A missing parent that two processes name joins them, and is shown as outside.
func TestChainOverAMissingParent(t *testing.T) {
	got := chainedText(t, chainRules(t),
		proc{at: 0, name: "r1", id: "x", parent: "gone", started: true, more: `"process.parent.name":"dropper"`},
		proc{at: 9000, name: "r2", id: "y", parent: "gone", started: true, more: `"process.parent.name":"dropper"`})
	want := `h1 2 findings 2 rules: Credential Access > Execution
  (dropper)
    r1 one:1
    r2 two:1
`
	equal(t, "chain", got, want)
}

// What all of a host descends from joins nothing, unless a rule fired on it.
func TestChainStopsAtBoundaries(t *testing.T) {
	family := func(root string) []proc {
		return []proc{{at: 0, name: root, id: "root", pid: 33, started: true},
			{at: 10, name: "r1", id: "x", parent: "root", started: true},
			{at: 9000, name: "r2", id: "y", parent: "root", started: true}}
	}
	equal(t, "services.exe", chainedText(t, chainRules(t), family("services.exe")...), "")
	if got := chainedText(t, chainRules(t), family("bash")...); !strings.HasPrefix(got, "h1 2 findings") {
		t.Errorf("a shell: %q", got)
	}
	cfg := withRules(t, kqlRule(t, "hollow", `process.name: services.exe`), kqlRule(t, "one", `process.name: r1`))
	want := `h1 2 findings 2 rules: 
  services.exe hollow:1
    r1 one:1
`
	equal(t, "with a finding of its own", chainedText(t, cfg, family("services.exe")...), want)
}

// Findings of one logon session are joined, and marked so; those of no session, or of
// the one in which services run, are not.
func TestChainBySession(t *testing.T) {
	in := func(field, first, second string) string {
		more := func(v string) string { return `"` + field + `":"` + v + `"` }
		return chainedText(t, chainRules(t),
			proc{at: 0, name: "r1", id: "x", parent: "p", started: true, more: more(first)},
			proc{at: 9000, name: "r2", id: "y", parent: "q", started: true, more: more(second)})
	}
	want := `h1 2 findings 2 rules: Credential Access > Execution
  (?)
    r1 one:1
  [session] (?)
    r2 two:1
`
	for _, field := range []string{"winlog.logon.id", "auditd.session", "process.entry_leader.entity_id", "process.Ext.authentication_id"} {
		equal(t, field, in(field, "0x9F3a", "0x9f3A"), want)
		equal(t, field+" of two sessions", in(field, "0x1", "0x2"), "")
	}
	equal(t, "the services' session", in("winlog.logon.id", "0x3e7", "0x3e7"), "")
	equal(t, "no audit session", in("auditd.session", "4294967295", "4294967295"), "")
	equal(t, "a number of another kind", chainedText(t, chainRules(t),
		proc{at: 0, name: "r1", id: "x", started: true, more: `"auditd.session":"77"`},
		proc{at: 9000, name: "r2", id: "y", started: true, more: `"winlog.logon.id":"77"`}), "")
}

// What shares the host alone belongs together within an hour of the first, marked as the
// weakest join; a strand of low risk joins nothing, and nothing drifts on from hour to hour.
func TestChainByTime(t *testing.T) {
	got := chainedText(t, chainRules(t),
		proc{at: 0, name: "r1", id: "x", started: true},
		proc{at: 10, name: "r3", id: "l", started: true},
		proc{at: 3600, name: "r2", id: "y", started: true},
		proc{at: 3700, name: "r1", id: "z", started: true},
		proc{at: 3800, name: "r2", id: "zz", started: true, host: "h2"})
	want := `h1 2 findings 2 rules: Credential Access > Execution
  r1 one:1
  [time] r2 two:1
`
	equal(t, "chain", got, want)
}

// One rule alone makes no chain, however often it fires.
func TestOneRuleIsNoChain(t *testing.T) {
	equal(t, "chains", chainedText(t, chainRules(t),
		proc{at: 0, name: "r1", id: "x", started: true}, proc{at: 1, name: "r1", id: "y", parent: "x", started: true}), "")
}

// A chain scores like a host with its findings; findings name their chain.
func TestChainScoreAndIDs(t *testing.T) {
	res := scan(t, chainRules(t), write(t, t.TempDir(), "a",
		proc{at: 0, name: "r1", id: "x", started: true}.String(),
		proc{at: 1, name: "r2", id: "y", parent: "x", started: true}.String(),
		proc{at: 2, name: "r3", id: "z", parent: "y", started: true}.String(),
		proc{at: 9999, name: "r2", id: "alone", started: true}.String()))
	equal(t, "chains", len(res.Chains), 1)
	ch := res.Chains[0]
	near(t, "score", ch.Score, res.Entities[0].Score, 1e-9)
	equal(t, "band", ch.Band, res.Entities[0].Band)
	equal(t, "span", ch.First.Format("05")+" "+ch.Last.Format("05"), "00 02")
	equal(t, "place", ch.Nodes[1].File != "" && ch.Nodes[1].Line == 2, true)
	for _, f := range findings(t, res) {
		want := ch.ID
		if f.Time.Hour() > 8 {
			want = ""
		}
		equal(t, "chain of a finding", f.Chain, want)
	}
}

// A process that descends from itself, and a line of descent longer than any, end.
func TestChainHostileAncestry(t *testing.T) {
	got := chainedText(t, chainRules(t),
		proc{at: 0, name: "r1", id: "x", parent: "y", started: true},
		proc{at: 1, name: "r2", id: "y", parent: "x", started: true},
		proc{at: 2, name: "r3", id: "self", parent: "self", started: true})
	if !strings.HasPrefix(got, "h1 2 findings 2 rules") || strings.Count(got, "\n") != 3 {
		t.Errorf("a circle: %q", got)
	}
	var ps []proc
	for i := range 3000 {
		name := "quiet"
		if i == 0 || i == 2999 {
			name = fmt.Sprint("r", 1+i%2)
		}
		ps = append(ps, proc{at: i, name: name, id: fmt.Sprint(i), parent: fmt.Sprint(i - 1), started: true})
	}
	equal(t, "the ends of a long line", chainedText(t, chainRules(t), ps...), `h1 2 findings 2 rules: Credential Access > Execution
`+chainTail(t, ps))
}

// chainTail is what the tree of a long line of descent shows: the first finding, and the
// second below as many ancestors as are looked for, joined by time alone.
func chainTail(t *testing.T, ps []proc) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("  (?)\n    r1 one:1\n  [time] ")
	for depth := range maxGenerations + 1 {
		if depth > 0 {
			b.WriteString(strings.Repeat("  ", depth+1))
		}
		if depth == maxGenerations {
			b.WriteString("r2 two:1\n")
			break
		}
		b.WriteString("quiet\n")
	}
	return b.String()
}

// Values of the wrong kind, and of any length, break nothing.
func TestChainHostileValues(t *testing.T) {
	long := strings.Repeat("é", 60_000)
	for _, more := range []string{
		`"process.parent.entity_id":{"a":1}`, `"process.parent.pid":[null,[],"x"]`, `"process.start":"never"`,
		`"process.args":["` + long + `"]`, `"process.parent.name":"` + long + `"`, `"process.parent.entity_id":"` + long + `"`,
		`"auditd.session":{"x":1}`, `"process.entry_leader.pid":[1e999]`, `"event.type":["start","start",null,7]`,
	} {
		got := chainedText(t, chainRules(t), proc{at: 0, name: "r1", id: "x", started: true, more: more},
			proc{at: 1, name: "r2", id: "y", parent: "x", started: true, more: more})
		if !strings.HasPrefix(got, "h1 2 findings 2 rules") {
			t.Errorf("%.60s: %.200q", more, got)
		}
	}
}

// Many processes that descend from each other at random: the same chains come out for any
// number of workers, any memory and any order of the lines.
func TestSameChainsForAnyWorkersMemoryAndOrder(t *testing.T) {
	cfg := chainRules(t)
	r := rand.New(rand.NewPCG(3, 4))
	var lines []string
	for i := range 6000 {
		p := proc{at: i, host: fmt.Sprintf("h%d", i%40), pid: 100 + r.IntN(300), started: r.IntN(4) > 0,
			name: [...]string{"quiet", "quiet", "bash", "sshd", "r1", "r2", "r3", "cron"}[r.IntN(8)]}
		if i%3 > 0 {
			p.id, p.parent = fmt.Sprint("e", i), fmt.Sprint("e", max(i-40*(1+r.IntN(30)), 0))
		} else {
			p.ppid = 100 + r.IntN(300)
		}
		if r.IntN(5) == 0 {
			p.more = fmt.Sprintf(`"auditd.session":"%d"`, r.IntN(30))
		}
		lines = append(lines, p.String())
	}
	want := ""
	for run, jobs := range []int{1, 2, 7, 3} {
		cfg.Jobs, cfg.MaxMemory = jobs, []int64{DefaultMaxMemory, 4 << 20}[run%2]
		order := slices.Clone(lines)
		if run == 3 {
			r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		dir := t.TempDir()
		for part := range 4 {
			write(t, dir, fmt.Sprint(part), order[part*1500:(part+1)*1500]...)
		}
		res := scan(t, cfg, dir)
		got := fmt.Sprint(res.Counts.Chains, "\n", drawn(res))
		for _, ch := range res.Chains {
			got += fmt.Sprintln(ch.ID, ch.Score, ch.First, ch.Last, ch.Users)
		}
		if want == "" {
			want = got
			if n := strings.Count(got, "[session]"); res.Counts.Chains < 40 || n < 20 {
				t.Fatalf("the evidence proves too little: %d chains, %d sessions", res.Counts.Chains, n)
			}
		}
		same(t, fmt.Sprint(jobs, " workers"), got, want)
	}
}

// More findings than are joined: those of the best scores are, and the rest is counted.
func TestFindingsBeyondTheBestAreLeftOut(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "one", `process.name: r1`), kqlRule(t, "two", `process.name: r2`),
		kqlRule(t, "flood", `process.name: flood`, risk("low", 21)))
	lines := []string{proc{at: 0, name: "r1", id: "x", started: true}.String(), proc{at: 1, name: "r2", id: "y", parent: "x", started: true}.String()}
	for i := range maxChained + 50 {
		lines = append(lines, proc{at: i % 1000, name: "flood", id: fmt.Sprint(i), started: true}.String())
	}
	res := scan(t, cfg, write(t, t.TempDir(), "a", lines...))
	equal(t, "chains", len(res.Chains), 1)
	equal(t, "the best are joined", res.Chains[0].Findings, 2)
	equal(t, "note", slices.Contains(res.Notes, "findings of lower score that chains leave out: 52"), true)
}

// An entity id means one process: its start may be told late, as that of one that was
// found running. A number means the last before.
func TestChainKnowsLateStarts(t *testing.T) {
	late := func(a, b proc) string {
		return chainedText(t, chainRules(t), a, b,
			proc{at: 9000, name: "bash", id: a.parent, pid: a.ppid, parent: "up", started: true})
	}
	want := `h1 2 findings 2 rules: Credential Access > Execution
  (?)
    bash
      r1 one:1
      r2 two:1
`
	equal(t, "by id", late(proc{at: 0, name: "r1", id: "x", parent: "sh", started: true},
		proc{at: 8000, name: "r2", id: "y", parent: "sh", started: true}), want)
	got := late(proc{at: 0, name: "r1", pid: 8, ppid: 7, started: true}, proc{at: 8000, name: "r2", pid: 9, ppid: 7, started: true})
	if strings.Contains(got, "bash") {
		t.Errorf("by number: %q", got)
	}
}

// Beyond their bound no records are used, and that is said.
func TestTooManyStarts(t *testing.T) {
	c := newChaining(nil, nil, nil)
	c.use([]*ancestry{{bytes: maxStartBytes/2 + 1}, {bytes: maxStartBytes / 2}})
	if len(c.logs) != 0 || len(c.notes) != 1 {
		t.Errorf("%d logs, notes %q", len(c.logs), c.notes)
	}
}
