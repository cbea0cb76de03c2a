package matchers

import (
	"strconv"
	"testing"

	"coldcase/rules"
	"coldcase/rules/schema"
)

// twoPaths holds lines against rules on both paths, with one worker each, so that
// what a worker remembers of earlier lines is part of the test.
type twoPaths struct {
	m           *Matcher
	plain, fast *Worker
	hits        int
}

func newTwoPaths(t testing.TB, rs []*rules.Rule, opt Options) *twoPaths {
	t.Helper()
	m, err := Compile(rs, opt)
	if err != nil {
		t.Fatal(err)
	}
	return &twoPaths{m, m.NewWorker(true), m.NewWorker(false), 0}
}

func (p *twoPaths) line(t testing.TB, line []byte) {
	t.Helper()
	want, wantErr := p.plain.Match(line)
	got, gotErr := p.fast.Match(line)
	p.hits += len(want)
	switch {
	case (wantErr == nil) != (gotErr == nil), wantErr != nil && wantErr.Error() != gotErr.Error():
		t.Fatalf("%s\nfast path %v, reference path %v", line, gotErr, wantErr)
	case !sameHits(got, want):
		t.Fatalf("%s\nfast path %v, reference path %v%s", line, got, want, p.differing(got, want))
	}
}

// differing names the rules that only one path found.
func (p *twoPaths) differing(got, want []Hit) string {
	count := map[Hit]int{}
	for _, h := range got {
		count[h]++
	}
	for _, h := range want {
		count[h]--
	}
	out := ""
	for h, n := range count {
		if n != 0 {
			out += "\n  " + p.m.steps[p.m.stepOf[h.Rule]].x.String()
		}
	}
	return out
}

func generatorSchema(t testing.TB) *schema.Schema {
	t.Helper()
	s, err := schema.Builtin().WithMapping([]byte(matrixMapping))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// randomRules makes up to n rules that can be run.
func randomRules(g generator, n int, opt Options) (rs []*rules.Rule) {
	for range n {
		if r, ok := g.rule(); ok && CanRun(r, opt) == nil {
			rs = append(rs, r)
		}
	}
	return rs
}

// runSeed holds random lines against random rules and returns how many hits there were.
func runSeed(t testing.TB, s *schema.Schema, seed uint64, n int, more ...*rules.Rule) (*twoPaths, generator) {
	t.Helper()
	g := newGenerator(seed)
	opt := Options{Schema: s, AnyIndex: g.chance(2)}
	p := newTwoPaths(t, append(randomRules(g, n, opt), more...), opt)
	for range 8 {
		line := []byte(g.line())
		p.line(t, line)
		p.line(t, line)
	}
	return p, g
}

// TestTwoPathsRandom is the fuzz target's own ground, so that every run of the tests
// covers it, and shows that rules and lines meet.
func TestTwoPathsRandom(t *testing.T) {
	s := generatorSchema(t)
	hits, compiled := 0, 0
	for seed := range uint64(300) {
		p, _ := runSeed(t, s, seed, 50)
		hits += p.hits
		compiled += len(p.m.rules)
	}
	t.Logf("%d of %d random queries run, %d hits", compiled, 300*50, hits)
	if compiled < 300*25 || hits < 1000 {
		t.Errorf("only %d rules and %d hits", compiled, hits)
	}
}

// TestManyClasses: events beyond the number of classes fall back to the general class
// of their origin, and find the same.
func TestManyClasses(t *testing.T) {
	g := newGenerator(7)
	opt := Options{Schema: generatorSchema(t), AnyIndex: true}
	p := newTwoPaths(t, randomRules(g, 60, opt), opt)
	for i := range maxClasses + 300 {
		p.line(t, []byte(g.body(`"event":{"code":`+strconv.Itoa(i)+`}`)))
	}
	if n := len(p.m.classes.byKey); n <= maxClasses || n > maxClasses+maxGeneral {
		t.Errorf("%d classes", n)
	}
	if p.hits == 0 {
		t.Error("no hits")
	}
}

// FuzzTwoPaths: random rules, and one that the fuzzer makes up, on random lines, and
// one of the fuzzer's, give the same hits and the same errors on both paths. Fifty
// rules at a time fill classes and candidate tables.
func FuzzTwoPaths(f *testing.F) {
	f.Add(uint64(1), `process.name:(a* or "b") and not process.pid > 4`, quietEvents[0])
	f.Add(uint64(2), `process where process.args : ("a?c", "*x") and length(process.name) > 2`, quietEvents[2])
	f.Add(uint64(3), `m.nst:{ a:1 and not b:* } or *:x`, `{"m":{"nst":[{"a":"1"},{"b.c":"\u0041"}]},"m.nst.a":"1"}`)
	f.Add(uint64(4), `any where ?m.low == "\u{c4}" or endsWith~(m.nul, "*B")`, `{"_index":"x","_id":"1","_source":{"m":{"low":"Ä","nul":null}}}`)
	s := generatorSchema(f)
	f.Fuzz(func(t *testing.T, seed uint64, q, line string) {
		var more []*rules.Rule
		if x, err := parseAny(q); err == nil {
			if r := eventRule(x); CanRun(r, Options{Schema: s}) == nil {
				more = append(more, r)
			}
		}
		p, g := runSeed(t, s, seed, 50, more...)
		p.line(t, []byte(line))
		p.line(t, []byte(g.line()))
		p.line(t, []byte(line))
	})
}
