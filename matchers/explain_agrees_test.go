package matchers

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"coldcase/rules"
	"coldcase/rules/eql"
	"coldcase/rules/source"
)

// explainAgrees holds the explanations of all rules against what a worker found on the
// event of its last Match: the same rules, for reasons that bear each other out.
func explainAgrees(t testing.TB, w *Worker) {
	t.Helper()
	line := w.line
	hits := map[[2]int]Hit{}
	ruleHit := map[int]bool{}
	made := map[int]int{}
	for _, h := range w.hits {
		hits[[2]int{int(h.Rule), int(h.Step)}], ruleHit[int(h.Rule)] = h, true
		made[int(h.Rule)] = len(w.Rows(h))
	}
	for rule := range w.m.rules {
		e := w.Explain(rule)
		if e.Hit != ruleHit[rule] {
			t.Fatalf("%s\nrule %d: Explain says %v, Match %v\n%s", line, rule, e.Hit, ruleHit[rule], drawn(e))
		}
		for i, step := range e.Steps {
			st := &w.m.steps[int(w.m.stepOf[rule])+i]
			if got, want := step.Root.Verdict == True, st.n.eval(&w.s); got != want {
				t.Fatalf("%s\nstep %d of rule %d: explained as %v, is %v\n%s", line, i, rule, got, want, drawn(e))
			}
			if h, ok := hits[[2]int{rule, i}]; ok && h.Beyond != step.Beyond {
				t.Fatalf("%s\nstep %d of rule %d: beyond ignore_above %v, want %v", line, i, rule, step.Beyond, h.Beyond)
			}
			bearsOut(t, step.Root)
			if step.Pipeline != (st.rows != nil) {
				t.Fatalf("rule %d: pipeline %v", rule, step.Pipeline)
			}
			if step.Pipeline {
				if e.Hit && step.Rows != made[rule] {
					t.Fatalf("%s\n%s\nrule %d: explained as %d rows, are %d", line, w.m.rules[rule].Query, rule, step.Rows, made[rule])
				}
				commandsAgree(t, &step, e.Index.Looks)
			}
			for _, d := range step.Root.Deciding() {
				if d.Kind == AndClause || d.Kind == OrClause || d.Kind == NotClause {
					t.Fatalf("a %s decides:\n%s", d.Kind, drawn(e))
				}
			}
			wrong, right := step.Root.Short()
			if held := step.Root.Verdict == True; held != (wrong == 0) || right < 0 {
				t.Fatalf("%s\n%s: %d clauses short", line, drawn(e), wrong)
			}
		}
	}
}

// commandsAgree holds the commands of a pipeline against the rows that it made: one command
// drops the row when none survives, and none does else.
func commandsAgree(t testing.TB, step *ExplainedStep, looks bool) {
	t.Helper()
	said := func() string { return strings.Join(commandLines(step.Commands), "\n") }
	dropped := 0
	for i, c := range step.Commands {
		bad := c.Number != i+1 || c.Line < 1 || c.Col < 1 || c.Text == ""
		if i == 0 {
			bad = bad || (c.Outcome == Passed) != looks
		} else if c.Outcome == skipped {
			bad = bad || c.Clause != nil || !strings.HasPrefix(c.Text, "COMPLETION") && step.Commands[i-1].Outcome != skipped
		} else if c.Outcome == Dropped {
			dropped++
			bad = bad || c.Clause != nil && c.Clause.Verdict == True
		} else {
			bad = bad || c.Clause != nil && c.Clause.Verdict != True || (c.Outcome == notReached) != (dropped > 0) ||
				c.Outcome == notReached && (c.Clause != nil || len(c.Made) > 0) || (c.Outcome == overAll || c.Outcome == Joins) && !step.Windowed
		}
		if bad {
			t.Fatalf("command %d does not follow:\n%s", i+1, said())
		}
		if c.Clause != nil {
			termsAgree(t, c.Clause)
			checkGrounds(t, c.Clause)
		}
	}
	if dropped > 1 || (dropped == 1) != (step.Rows == 0) {
		t.Fatalf("%d rows, and %d commands dropped one:\n%s", step.Rows, dropped, said())
	}
}

// termsAgree checks a condition against itself: three-valued logic, and a reason for null.
func termsAgree(t testing.TB, c *Clause) {
	t.Helper()
	n := map[Verdict]int{}
	for _, k := range c.Kids {
		if n[k.Verdict]++; c.Kind != TermClause {
			termsAgree(t, k)
		}
	}
	var want Verdict
	switch {
	case c.Kind == TermClause:
		if (c.Verdict == Null) != (c.Note != "") || c.Text == "" || c.Verdict == Untold {
			t.Fatalf("%+v", c)
		}
		return
	case c.Kind == NotClause:
		want = map[Verdict]Verdict{True: False, False: True, Null: Null}[c.Kids[0].Verdict]
	case c.Kind == AndClause && n[False] > 0:
		want = False
	case c.Kind == OrClause && n[True] > 0:
		want = True
	case n[Null] > 0:
		want = Null
	case c.Kind == AndClause:
		want = True
	}
	if c.Verdict != want {
		t.Fatalf("%s is %v, want %v", c.Kind, c.Verdict, want)
	}
}

// checkGrounds: there are grounds for everything, and each is of the kind that is asked for.
func checkGrounds(t testing.TB, c *Clause) {
	t.Helper()
	for _, want := range []Verdict{True, False} {
		grounds := c.Grounds(want)
		if len(grounds) == 0 {
			t.Fatalf("no grounds for %v of %s", want, draw(c, ""))
		}
		for _, g := range grounds {
			asked := want
			if g.Not {
				asked = True + False - want
			}
			if g.Kind != TermClause || (g.Verdict == asked) != (c.Verdict == want) {
				t.Fatalf("%s as grounds for %v of %s", draw(g.Clause, ""), want, draw(c, ""))
			}
		}
	}
}

// commandLines writes commands, one a line.
func commandLines(cs []ExplainedCommand) (out []string) {
	columns := func(word string, list []ExplainedColumn) (s string) {
		for _, c := range list {
			value := c.Value
			if c.Null {
				value = "null"
			}
			s += " " + word + " " + c.Name + "=" + value
		}
		return s
	}
	for _, c := range cs {
		line := fmt.Sprintf("%d %d:%d %s: %s%s%s", c.Number, c.Line, c.Col, c.Text, c.Outcome, columns("by", c.Keys), columns("sets", c.Made))
		if c.Note != "" {
			line += " (" + c.Note + ")"
		}
		if c.Clause != nil {
			line += drawTerm(c.Clause, "\n  ")
		}
		out = append(out, line)
	}
	return out
}

// drawTerm writes a condition of ES|QL, one term a line.
func drawTerm(c *Clause, indent string) string {
	out := indent + c.Verdict.String() + " "
	if c.Kind != TermClause {
		out += string(c.Kind)
		for _, k := range c.Kids {
			out += drawTerm(k, indent+"  ")
		}
		return out
	}
	out += c.Text
	for _, k := range c.Kids {
		out += " [" + k.Text + " = " + k.Result + "]"
	}
	if c.Note != "" {
		out += " (" + c.Note + ")"
	}
	return out
}

// bearsOut checks a tree against itself.
func bearsOut(t testing.TB, c *Clause) {
	t.Helper()
	held := c.Verdict == True
	switch c.Kind {
	case AndClause, OrClause, NotClause:
		if c.Verdict == Missing || held != c.combined() {
			t.Fatalf("%s does not follow from its parts:\n%s", c.Kind, draw(c, ""))
		}
	case leafClause:
		if held && c.Note != constantNote && c.Value == "" && len(c.Values) == 0 {
			t.Fatalf("nothing is said to satisfy %s", draw(c, ""))
		}
		if held && c.Pattern == "" && !strings.HasSuffix(c.Text, " : *") && !strings.HasSuffix(c.Text, "!= null") &&
			c.Note != constantNote && !strings.Contains(c.Text, `""`) && !strings.Contains(c.Text, " : ") {
			t.Fatalf("no pattern is said to be satisfied: %s", draw(c, ""))
		}
	case ScriptClause:
		if held != (c.Kids[0].Verdict == True) && c.Note == "" {
			t.Fatalf("a script does not follow from its operands:\n%s", draw(c, ""))
		}
	case NestedClause:
		if len(c.Kids) > 0 && held != (c.Kids[0].Verdict == True) {
			t.Fatalf("a nested clause does not follow from its element:\n%s", draw(c, ""))
		}
	}
	if len(c.Text) > 4*maxClauseText || len(c.Value) > 2*maxExplainedText || len(c.Values) > maxExplainedValues {
		t.Fatalf("a clause is not cut: %d bytes", len(c.Text)+len(c.Value))
	}
	for _, k := range c.Kids {
		bearsOut(t, k)
	}
}

// draw writes a tree, one clause a line.
func draw(c *Clause, indent string) string {
	parts := []string{c.Verdict.String()}
	if c.Text == "" {
		parts = append(parts, string(c.Kind))
	}
	add := func(format string, text string) {
		if text != "" {
			parts = append(parts, fmt.Sprintf(format, text))
		}
	}
	add("%s", c.Text)
	add("[%s]", c.Type)
	if c.Kind != ScriptClause {
		add("values %s", strings.Join(c.Values, " | "))
	}
	if c.More > 0 {
		add("and %s more", fmt.Sprint(c.More))
	}
	add("hit %s", c.Value)
	add("by %s", c.Pattern)
	add("is %s", c.Result)
	add("(%s)", c.Note)
	out := indent + strings.Join(parts, "  ") + "\n"
	for _, k := range c.Kids {
		out += draw(k, indent+"  ")
	}
	return out
}

func drawn(e *Explanation) string {
	out := fmt.Sprintf("hit %v, looks %v: %v %s\n", e.Hit, e.Index.Looks, e.Index.Names, e.Index.How)
	for _, s := range e.Steps {
		out += s.Name + "\n" + draw(s.Root, "  ")
	}
	return out
}

// Random rules and lines, both paths' workers.
func TestExplainRandom(t *testing.T) {
	s := generatorSchema(t)
	hits := 0
	for seed := range uint64(120) {
		hits += explainSeed(t, newGenerator(seed), Options{Schema: s, AnyIndex: seed%2 == 0})
	}
	if hits < 300 {
		t.Errorf("only %d hits", hits)
	}
}

func explainSeed(t testing.TB, g generator, opt Options, more ...string) (hits int) {
	t.Helper()
	m, err := Compile(randomRules(g, 30, opt), opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []*Worker{m.NewWorker(true), m.NewWorker(false)} {
		for _, line := range append(more, g.line(), g.line(), g.line()) {
			found, err := w.Match([]byte(line))
			if hits += len(found); err == nil {
				explainAgrees(t, w)
			}
		}
	}
	return hits
}

// Random queries in ES|QL on lines that meet them often.
func TestExplainRandomRows(t *testing.T) {
	hits, dropped := 0, 0
	for seed := range uint64(700) {
		h, d := explainRowSeed(t, seed)
		hits, dropped = hits+h, dropped+d
	}
	if hits < 300 || dropped < 500 {
		t.Errorf("%d events made rows, %d did not", hits, dropped)
	}
}

func explainRowSeed(t testing.TB, seed uint64) (hits, dropped int) {
	g := rowGenerator{rand.New(rand.NewPCG(seed, 2))}
	r, err := esqlRule("r", g.query())
	if err != nil {
		return 0, 0 // no query
	}
	m, err := Compile([]*rules.Rule{r}, Options{AnyIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []*Worker{m.NewWorker(true), m.NewWorker(false)} {
		for range 5 {
			found, err := w.Match([]byte(g.line()))
			if err != nil {
				t.Fatal(err)
			}
			explainAgrees(t, w)
			hits, dropped = hits+len(found), dropped+1-len(found)
		}
	}
	return hits, dropped
}

// FuzzExplainRows: on any query and line the way of a row agrees with the rows.
func FuzzExplainRows(f *testing.F) {
	f.Add(uint64(1))
	f.Add(uint64(77))
	f.Fuzz(func(t *testing.T, seed uint64) { explainRowSeed(t, seed) })
}

// FuzzExplain: on any rules and any line the explanation agrees with the evaluation.
func FuzzExplain(f *testing.F) {
	f.Add(uint64(1), quietEvents[0])
	f.Add(uint64(2), `{"event":{"category":[null,"process"]},"m":{"nul":null,"con":null,"nst":[{"a":"1"},{"b":"2"}]}}`)
	f.Add(uint64(3), `{"_index":"x","_id":"1","_source":{"process":{"args":["`+strings.Repeat("kat", 500)+`"]},"m.low":"Ä"}}`)
	s := generatorSchema(f)
	f.Fuzz(func(t *testing.T, seed uint64, line string) {
		explainSeed(t, newGenerator(seed), Options{Schema: s, AnyIndex: seed%2 == 0}, line)
	})
}

// All shared rules on a sample of the shared events.
func TestExplainCorpus(t *testing.T) {
	m := corpusMatcher(t)
	every := 400
	if testing.Short() {
		every = 4000
	}
	w, lines, hits := m.NewWorker(true), 0, 0
	for _, name := range []string{"endpoint-samples.ndjson", "auditbeat-golden.ndjson", "endgame-mock.ndjson", "atomic-red-team.endpoint.ndjson.zst", "rta.endgame.ndjson.gz",
		"benign/win_endpoint.ndjson.gz", "benign/linux_auditbeat.ndjson.gz", "empire-psexec.winlog.ndjson.zst"} {
		if _, err := os.Stat(filepath.Join(shared(t, "events"), name)); err != nil {
			t.Fatal(err)
		}
		for i, line := range readLines(t, shared(t, "events", name)) {
			found, err := w.Match(line)
			if err != nil || i%every != 0 && (len(found) == 0 || i%(every/4) != 0) {
				continue
			}
			lines++
			hits += len(found)
			explainAgrees(t, w)
		}
	}
	t.Logf("%d lines, %d hits", lines, hits)
	if hits < 20 {
		t.Errorf("only %d hits", hits)
	}
}

// Explaining makes plans with the compiler that classes use, too: both may go on at once.
func TestExplainBesideMatch(t *testing.T) {
	g := newGenerator(11)
	opt := Options{Schema: generatorSchema(t), AnyIndex: true}
	m, err := Compile(randomRules(g, 60, opt), opt)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for i := range 60 {
		lines = append(lines, g.body(fmt.Sprintf(`"event":{"code":%d}`, i)))
	}
	var wg sync.WaitGroup
	for n := range 4 {
		w := m.NewWorker(false)
		wg.Go(func() {
			for _, line := range lines {
				if _, err := w.Match([]byte(line)); err == nil && n%2 == 0 {
					explainAgrees(t, w)
				}
			}
		})
	}
	wg.Wait()
}

// Explaining rows compiles their conditions anew while others match.
func TestExplainRowsBesideMatch(t *testing.T) {
	g := rowGenerator{rand.New(rand.NewPCG(5, 5))}
	var rs []*rules.Rule
	for len(rs) < 40 {
		if r, err := esqlRule(fmt.Sprint(len(rs)), g.query()); err == nil {
			rs = append(rs, r)
		}
	}
	m, err := Compile(rs, Options{AnyIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for range 20 {
		lines = append(lines, g.line())
	}
	var wg sync.WaitGroup
	for n := range 4 {
		w := m.NewWorker(false)
		wg.Go(func() {
			for _, line := range lines {
				if _, err := w.Match([]byte(line)); err == nil && n%2 == 0 {
					explainAgrees(t, w)
				}
			}
		})
	}
	wg.Wait()
}

// What explaining one finding costs: its event is read again and its rule evaluated.
func BenchmarkExplain(b *testing.B) {
	q := `process where process.name : ("a*", "MsTeams*") and not process.parent.name in ("cmd.exe", "x") and length(process.command_line) > 10`
	p, err := eql.Parse(source.Text{Body: q}, eql.Options{})
	if err != nil {
		b.Fatal(err)
	}
	m, err := Compile([]*rules.Rule{eventRule(p.Event)}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	w, line := m.NewWorker(true), []byte(quietEvents[2])
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := w.Describe(line); err != nil || !w.Explain(0).Hit {
			b.Fatal("no hit", err)
		}
	}
}
