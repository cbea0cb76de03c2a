package correlate

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/query"
)

// rec makes a record from a text "rule id content input:line@time"; "-" is no id.
func rec(t *testing.T, s string) *Record {
	t.Helper()
	var rule int32
	var id, content string
	var input int32
	var line, at int64
	if _, err := fmt.Sscanf(s, "%d %s %s %d:%d@%d", &rule, &id, &content, &input, &line, &at); err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	r := &Record{Rule: rule, Time: at, Sequence: 1 << 62, Origin: event.Origin{Input: input, Line: line}, Host: content}
	copy(r.Content[:], content)
	if id != "-" {
		copy(r.IDHash[:], id)
	}
	return r
}

// reduce runs records, dealt to n collectors at random, through a reduction.
func reduce(t *testing.T, n, budget int, pipes []query.Pipe, lines ...string) (string, Stats) {
	t.Helper()
	dir := t.TempDir()
	cs := make([]*Collector, n)
	for i := range cs {
		cs[i] = NewCollector(dir, budget)
	}
	for _, i := range rand.Perm(len(lines)) {
		if err := cs[rand.IntN(n)].Emit(rec(t, lines[i])); err != nil {
			t.Fatal(err)
		}
	}
	rule := &rules.Rule{Program: &query.Program{Pipes: pipes}}
	rd := &Reduction{Rules: []*rules.Rule{rule, rule}, Dir: dir, Budget: budget}
	var out []string
	err := rd.Run(cs, func(f *Finding) error {
		r := f.Records[0]
		out = append(out, fmt.Sprintf("%d %s %d:%d", f.Rule, r.Host, r.Origin.Input, r.Origin.Line))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cs {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("%d spilled files are left", len(left))
	}
	return strings.Join(out, ", "), rd.Stats
}

func TestDuplicatesFold(t *testing.T) {
	f := func(want string, folded, conflicts int64, lines ...string) {
		t.Helper()
		for _, n := range []int{1, 2, 7} {
			for _, budget := range []int{1, 1 << 20} {
				got, stats := reduce(t, n, budget, nil, lines...)
				if got != want || stats.Folded != folded || stats.IDConflicts != conflicts {
					t.Errorf("%d collectors, budget %d: got %q %+v, want %q folded %d conflicts %d", n, budget, got, stats, want, folded, conflicts)
				}
			}
		}
	}
	// the same id and content is one event, in one input or in two
	f("0 a 0:1", 2, 0, "0 x a 0:1@5", "0 x a 1:9@5", "0 x a 0:7@5")
	// the same id with other content is two, and reported
	f("0 a 0:1, 0 b 1:1", 0, 1, "0 x a 0:1@5", "0 x b 1:1@5")
	// without id: equal lines of one input are two events, of two inputs one
	f("0 a 0:1, 0 a 0:2", 1, 0, "0 - a 0:1@5", "0 - a 0:2@5", "0 - a 1:1@5")
	f("0 a 0:1, 0 a 1:2", 1, 0, "0 - a 0:1@5", "0 - a 1:1@5", "0 - a 1:2@5")
	// two rules on one event are two findings
	f("0 a 0:1, 1 a 0:1", 0, 0, "0 x a 0:1@5", "1 x a 0:1@5")
}

func TestHeadAndTail(t *testing.T) {
	lines := []string{"0 x a 0:1@30", "0 y b 0:2@10", "0 z c 0:3@20", "0 w d 0:4@40"}
	f := func(want string, pipes ...query.Pipe) {
		t.Helper()
		if got, _ := reduce(t, 3, 1, pipes, lines...); got != want {
			t.Errorf("%v: got %q, want %q", pipes, got, want)
		}
	}
	f("0 b 0:2, 0 c 0:3", query.Pipe{N: 2})
	f("0 d 0:4", query.Pipe{Tail: true, N: 1})
	f("0 c 0:3", query.Pipe{N: 2}, query.Pipe{Tail: true, N: 1})
	f("0 a 0:1", query.Pipe{Tail: true, N: 2}, query.Pipe{N: 1})
}

func TestRecordRoundTrip(t *testing.T) {
	r := &Record{Rule: 3, Step: 2, Time: -5, NoTime: true, Sequence: 9, Assumed: true, Beyond: true, Nth: 4,
		Origin: event.Origin{Input: 1, Line: 2, Offset: 1 << 40, Length: 7}, HostKey: "k", Host: "h", User: "u",
		Process: "p", Command: "c\x00d", Message: "m", Index: "i", ID: "id", Event: []byte(`{"a":1}`),
		Key: "sk\x00\x00", Values: []string{"v", ""}, Baseline: true, Name: "n", Severity: "low", Risk: -21, Indicator: "{}"}
	r.Content[3], r.IDHash[0], r.LineHash[31] = 1, 2, 3
	var got Record
	rest, err := got.Decode(append(r.Append(nil), "rest"...))
	if err != nil || string(rest) != "rest" {
		t.Fatalf("rest %q: %v", rest, err)
	}
	if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", *r) {
		t.Errorf("got %+v, want %+v", got, *r)
	}
	whole := r.Append(nil)
	for i := range whole {
		if _, err := got.Decode(whole[:i]); err == nil {
			t.Errorf("a record cut at byte %d of %d decodes", i, len(whole))
		}
	}
}

func TestSorterManyRuns(t *testing.T) {
	s := NewSorter(t.TempDir(), 64)
	const n = 5000
	for _, i := range rand.Perm(n) {
		if err := s.Add(AppendInt(nil, int64(i)-n/2), []byte("payload")); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		next := int64(-n / 2)
		err := Merge([]*Sorter{s}, func(key, payload []byte) error {
			if string(key) != string(AppendInt(nil, next)) || string(payload) != "payload" {
				t.Fatalf("entry %d is %x %q", next, key, payload)
			}
			next++
			return nil
		})
		if err != nil || next != n/2 {
			t.Fatalf("ended at %d: %v", next, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestTextKeysOrder(t *testing.T) {
	texts := []string{"", "\x00", "\x00a", "a", "a\x00", "a\x00\xff", "aa", "b"}
	for i := 1; i < len(texts); i++ {
		a, b := AppendText(nil, texts[i-1]), AppendText(nil, texts[i])
		if string(a) >= string(b) {
			t.Errorf("%q does not sort before %q", texts[i-1], texts[i])
		}
	}
}
