package correlate

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/query"
)

// dice reads small numbers from fuzzed bytes; past their end it reads zeros.
type dice struct{ b []byte }

func (d *dice) roll(n int) int {
	if len(d.b) == 0 {
		return 0
	}
	v := int(d.b[0]) % n
	d.b = d.b[1:]
	return v
}

// made is a rule and events that a reference can look at as a whole.
type made struct {
	rule   *rules.Rule
	steps  []query.Step // until last, when there is one
	ids    []int
	events []madeEvent
}

type madeEvent struct {
	Record
	tags string
	keys []string
}

const tags = "ABC"

func (d *dice) step(missing bool) query.Step {
	tag := string(tags[d.roll(len(tags))])
	x := &query.Term{Field: query.Field{Name: "tag"}, Values: []query.Literal{{Text: tag}}}
	return query.Step{X: x, Keys: []query.Field{{Name: "k"}}, Missing: missing}
}

func (d *dice) sequence() made {
	seq := &query.Sequence{}
	positive := false
	for range 1 + d.roll(5) {
		missing := d.roll(3) == 0
		positive = positive || !missing
		seq.Steps = append(seq.Steps, d.step(missing))
	}
	if !positive {
		seq.Steps = append(seq.Steps, d.step(false))
	}
	if d.roll(3) == 0 {
		u := d.step(false)
		seq.Until = &u
	}
	m := made{rule: &rules.Rule{Program: &query.Program{Sequence: seq}}}
	if span := d.roll(8); span > 0 {
		seq.MaxSpan = 1e6 * 1 << (span - 1) / 2 // from half a millisecond
	}
	if d.roll(2) == 0 {
		m.rule.LookBack = 3e6
	}
	var until int
	m.ids, until = seq.IDs()
	m.steps = slices.Clone(seq.Steps)
	if until >= 0 {
		m.steps, m.ids = append(m.steps, *seq.Until), append(m.ids, until)
	}
	m.events = d.makeEvents()
	return m
}

func (d *dice) makeEvents() (out []madeEvent) {
	now := int64(-5e6) // before 1970 too
	for len(d.b) > 0 && len(out) < 64 {
		now += int64(d.roll(4)) * 4e5
		e := madeEvent{Record: Record{Time: now, Sequence: int64(d.roll(2))}}
		e.Origin.Line = int64(d.roll(4)*64 + len(out)) // equal times in any order of lines
		e.ID = strconv.Itoa(len(out))
		e.IDHash = [16]byte{1, byte(len(out))}
		for mask, i := d.roll(8), 0; i < len(tags); i++ {
			if mask>>i&1 == 1 {
				e.tags += tags[i : i+1]
			}
		}
		for _, k := range [][]string{{"x"}, {"y"}, {"x", "y"}}[d.roll(3)] {
			e.keys = append(e.keys, string(event.AppendKey(nil, event.KeyText, []byte(k))))
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b madeEvent) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Sequence, b.Sequence), cmp.Compare(a.Origin.Line, b.Origin.Line))
	})
	return out
}

// records are what workers would emit: one for each distinct step and key.
func (m made) records() (out []*Record) {
	for _, e := range m.events {
		for i, s := range m.steps {
			if slices.Index(m.ids, m.ids[i]) < i || !e.matches(s) {
				continue
			}
			for _, key := range e.keys {
				r := e.Record
				r.Step, r.Key = int16(m.ids[i]), key
				out = append(out, &r)
			}
		}
	}
	return out
}

func (e madeEvent) matches(s query.Step) bool {
	return strings.Contains(e.tags, s.X.(*query.Term).Values[0].Text)
}

// of keeps the events of a key.
func (m made) of(key string) (out []madeEvent) {
	for _, e := range m.events {
		if slices.Contains(e.keys, key) {
			out = append(out, e)
		}
	}
	return out
}

// reference says by the written rules what a sequence finds among all events of a
// key. It has no state: what waits in a slot is a function of the events before.
type reference struct {
	seq    *query.Sequence
	span   int64
	events []madeEvent
	stages []int // places of the positive steps
	memo   map[[2]int][]int
}

// slot returns the partial match that waits in slot i after n events, by index.
func (f *reference) slot(i, n int) []int {
	if n == 0 {
		return nil
	}
	if p, ok := f.memo[[2]int{i, n}]; ok {
		return p
	}
	p := f.made(i, n)
	if p == nil && (i+1 == len(f.stages) || !f.match(i+1, n)) {
		p = f.slot(i, n-1)
	}
	f.memo[[2]int{i, n}] = p
	return p
}

func (f *reference) match(i, n int) bool {
	return f.events[n-1].matches(f.seq.Steps[f.stages[i]])
}

// made returns the match that the nth event makes at stage i.
func (f *reference) made(i, n int) []int {
	if !f.match(i, n) {
		return nil
	}
	if i == 0 {
		return []int{n - 1}
	}
	prev := f.slot(i-1, n-1)
	if prev == nil || f.span > 0 && f.events[n-1].Time-f.events[prev[0]].Time > f.span {
		return nil
	}
	for u := prev[len(prev)-1]; u < n-1 && f.seq.Until != nil; u++ {
		if f.events[u].matches(*f.seq.Until) {
			return nil
		}
	}
	return append(slices.Clone(prev), n-1)
}

func floorMilli(t int64) int64 { return (t+1e9*1e6)/1e6 - 1e9 }

// accepts holds a complete match against the missing steps, as 4.5 has it.
func (f *reference) accepts(p []int) bool {
	at := func(i int) int64 { return floorMilli(f.events[p[i]].Time) }
	first, last := at(0), at(len(p)-1)
	var lead, trail, l, tr bool // declared, seen
	var latest, earliest int64
	for i, s := range f.seq.Steps {
		if !s.Missing {
			continue
		}
		stage := 0 // the positive stage behind the step
		for stage < len(f.stages) && f.stages[stage] < i {
			stage++
		}
		lead, trail = lead || stage == 0, trail || stage == len(f.stages)
		for _, e := range f.events {
			ms := floorMilli(e.Time)
			switch {
			case !e.matches(s):
			case stage == 0:
				if ms < first && (!l || ms > latest) {
					l, latest = true, ms
				}
			case stage == len(f.stages):
				if ms > last && (!tr || ms < earliest) {
					tr, earliest = true, ms
				}
			case ms > at(stage-1) && ms < at(stage):
				return false
			}
		}
	}
	far := func(a, b int64) bool { return f.span > 0 && (b-a)*1e6 > f.span }
	switch {
	case !l && !tr, lead && !l, trail && !tr:
		return true
	case lead && trail:
		return far(latest, earliest)
	case lead:
		return far(latest, last)
	}
	return far(first, earliest)
}

func (m made) reference(key string) (out []string) {
	seq := m.rule.Program.Sequence
	f := &reference{seq: seq, span: int64(cmp.Or(seq.MaxSpan, m.rule.LookBack)), events: m.of(key), memo: map[[2]int][]int{}}
	for i, s := range seq.Steps {
		if !s.Missing {
			f.stages = append(f.stages, i)
		}
	}
	for n := 1; n <= len(f.events); n++ {
		p := f.made(len(f.stages)-1, n)
		if p == nil || !f.accepts(p) {
			continue
		}
		slots := slices.Repeat([]string{"-"}, len(seq.Steps))
		for i, e := range p {
			slots[f.stages[i]] = f.events[e].ID
		}
		out = append(out, event.SplitKey(key)[0].(string)+": "+strings.Join(slots, " "))
	}
	return out
}

func (m made) keys() []string {
	return []string{string(event.AppendKey(nil, event.KeyText, []byte("x"))), string(event.AppendKey(nil, event.KeyText, []byte("y")))}
}

func checkSequence(t *testing.T, b []byte) int {
	t.Helper()
	m := (&dice{b}).sequence()
	want := []string{}
	for _, key := range m.keys() {
		want = append(want, m.reference(key)...)
	}
	slices.Sort(want)
	for _, budget := range budgets(b) {
		got, _ := reduceAll(t, m.rule, m.records(), 1+len(b)%3, budget)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%q budget %d: got\n%s\nwant\n%s\n%s", b, budget, strings.Join(got, "\n"), strings.Join(want, "\n"), m)
			break
		}
	}
	return len(want)
}

// budgets are those to run a case with: one in sixteen spills, which is slow.
func budgets(b []byte) []int {
	if len(b)%16 == 0 {
		return []int{1 << 20, 512}
	}
	return []int{1 << 20}
}

// String writes a case so that a failure can be read.
func (m made) String() string {
	var b strings.Builder
	for i, s := range m.steps {
		b.WriteString(letter(s) + " id " + strconv.Itoa(m.ids[i]) + "\n")
	}
	for _, e := range m.events {
		b.WriteString(e.ID + " " + strconv.FormatInt(e.Time, 10) + " " + e.tags + " " + strings.Join(e.keys, ",") + "\n")
	}
	return b.String()
}

func randomBytes(rnd *rand.Rand) []byte {
	b := make([]byte, 20+rnd.IntN(200))
	for i := range b {
		b[i] = byte(rnd.Uint32())
	}
	return b
}

func TestSequenceAgainstReference(t *testing.T) {
	found := 0
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 800 {
		found += checkSequence(t, randomBytes(rnd))
	}
	if found < 500 {
		t.Errorf("only %d findings were compared", found)
	}
}

func FuzzSequence(f *testing.F) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		f.Add(randomBytes(rnd))
	}
	f.Fuzz(func(t *testing.T, b []byte) { checkSequence(t, b) })
}

func (d *dice) sample() made {
	s := &query.Sample{}
	for range 2 + d.roll(4) {
		s.Steps = append(s.Steps, d.step(false))
	}
	m := made{rule: &rules.Rule{Program: &query.Program{Sample: s}}, steps: s.Steps, ids: s.IDs()}
	if w := d.roll(6); w > 0 {
		m.rule.LookBack = 1e6 * 1 << (w - 1) / 2
	}
	m.events = d.makeEvents()
	return m
}

// checkSample replays the events of each key: whenever it is not quiet and a choice
// of distinct unused events exists, there must be a finding, and it must be one.
func checkSample(t *testing.T, b []byte) int {
	t.Helper()
	m := (&dice{b}).sample()
	got, _ := reduceAll(t, m.rule, m.records(), 1+len(b)%3, 1<<20)
	if again, _ := reduceAll(t, m.rule, m.records(), 2, slices.Min(budgets(b))); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(again))) {
		t.Errorf("%q: budget or deal shows: %q, %q", b, got, again)
	}
	n := len(got)
	for _, key := range m.keys() {
		name := event.SplitKey(key)[0].(string) + ": "
		var mine []string
		for _, g := range got {
			if rest, ok := strings.CutPrefix(g, name); ok {
				mine = append(mine, rest)
			}
		}
		m.replay(t, key, mine)
	}
	return n
}

func (m made) replay(t *testing.T, key string, got []string) {
	t.Helper()
	bound := int64(m.rule.LookBack)
	used := map[string]bool{}
	quiet, at := false, int64(0)
	events := m.of(key)
	for n, e := range events {
		free := slices.DeleteFunc(slices.Clone(events[:n+1]), func(o madeEvent) bool {
			return used[o.ID] || bound > 0 && e.Time-o.Time > bound
		})
		last := free[len(free)-1].ID == e.ID && e.matchesAny(m.steps)
		if quiet && (bound == 0 || e.Time-at <= bound) || !last || !assign(m.steps, free, nil) {
			continue
		}
		if len(got) == 0 {
			t.Errorf("no finding at event %s of %q\n%s", e.ID, key, m)
			return
		}
		chosen := strings.Fields(got[0])
		got = got[1:]
		if !valid(m.steps, free, chosen) || !slices.Contains(chosen, e.ID) {
			t.Errorf("finding %q at event %s of %q is none\n%s", chosen, e.ID, key, m)
			return
		}
		for _, id := range chosen {
			used[id] = true
		}
		quiet, at = true, e.Time
	}
	if len(got) > 0 {
		t.Errorf("findings without a reason: %q\n%s", got, m)
	}
}

func (e madeEvent) matchesAny(steps []query.Step) bool {
	return slices.ContainsFunc(steps, e.matches)
}

// assign says whether each step can have an event of its own.
func assign(steps []query.Step, free []madeEvent, taken []string) bool {
	if len(taken) == len(steps) {
		return true
	}
	for _, e := range free {
		if e.matches(steps[len(taken)]) && !slices.Contains(taken, e.ID) && assign(steps, free, append(taken[:len(taken):len(taken)], e.ID)) {
			return true
		}
	}
	return false
}

func valid(steps []query.Step, free []madeEvent, chosen []string) bool {
	for i, id := range chosen {
		n := slices.IndexFunc(free, func(e madeEvent) bool { return e.ID == id })
		if n < 0 || !free[n].matches(steps[i]) || slices.Contains(chosen[:i], id) {
			return false
		}
	}
	return len(chosen) == len(steps)
}

func TestSampleAgainstReference(t *testing.T) {
	found := 0
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 800 {
		found += checkSample(t, randomBytes(rnd))
	}
	if found < 500 {
		t.Errorf("only %d findings were compared", found)
	}
}

func FuzzSample(f *testing.F) {
	rnd := rand.New(rand.NewPCG(7, 8))
	for range 20 {
		f.Add(randomBytes(rnd))
	}
	f.Fuzz(func(t *testing.T, b []byte) { checkSample(t, b) })
}
