package matchers

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coldcase/rules"
)

// accountMatcher has rules of two lists of patterns.
func accountMatcher(t testing.TB) *Matcher {
	t.Helper()
	a, b := eventRule(parseQuery(t, `process.name:a`)), eventRule(parseQuery(t, `user.name:b and event.code:7`))
	b.Indices = []string{"auditbeat-*"}
	m, err := Compile([]*rules.Rule{a, b}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// accountLines are events of so many hosts, at all times, with all that a census looks at.
func accountLines(n, hosts int, r *rand.Rand) []string {
	lines := make([]string, n)
	for i := range lines {
		times := fmt.Sprintf(`"@timestamp":"20%02d-%02d-%02dT%02d:%02d:00Z"`, 20+r.IntN(5), 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60))
		if r.IntN(9) == 0 {
			times = `"@timestamp":"1999-01-01T00:00:00Z"`
		}
		lines[i] = fmt.Sprintf(`{%s,"event":{"category":["process","c%d"],"ingested":"20%02d-01-01T00:%02d:00Z"},"host":{"id":"%d","name":"n%d"},`+
			`"agent":{"type":"auditbeat","version":"8.%d.0"},"process":{"name":"a"}}`,
			times, r.IntN(5), 20+r.IntN(6), r.IntN(60), r.IntN(hosts), r.IntN(hosts), r.IntN(5))
	}
	return append(lines, `{"message":"of nobody"}`, `{"@timestamp":"x","host":{"name":"`+strings.Repeat("long", 100)+`"}}`)
}

// filled is an account that has seen lines.
func filled(t testing.TB, m *Matcher, w *Worker, lines []string) *Account {
	t.Helper()
	a := m.NewAccount()
	w.SetAccount(a)
	for _, line := range lines {
		if _, err := w.Match([]byte(line)); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return a
}

// What is written, read back and merged is what one worker has learnt of all.
func TestAccountsThatWereWritten(t *testing.T) {
	m := accountMatcher(t)
	for _, hosts := range []int{3, 3 * maxClockHosts} {
		r := rand.New(rand.NewPCG(7, uint64(hosts)))
		lines := accountLines(9000, hosts, r)
		want := seen(censusOf(t, m, lines))
		w, sum := m.NewWorker(false), m.NewAccount()
		for i := range 5 {
			part := lines[len(lines)*i/5 : len(lines)*(i+1)/5]
			b := filled(t, m, w, part).Append(nil)
			again, err := m.ReadAccount(b)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(again.Append(nil), b) {
				t.Fatal("what is read back is not written alike")
			}
			sum.Merge(again)
		}
		if d := cmp.Diff(want, seen(sum.Census())); d != "" {
			t.Errorf("%d hosts: %s", hosts, d)
		}
	}
}

// Counts go to the account at hand, each once.
func TestSetAccountTellsPartsApart(t *testing.T) {
	m := scriptMatcher(t, `any where concat(process.args, process.args) == "none"`)
	cut := `{"process":{"args":[` + strings.TrimSuffix(strings.Repeat(`"a",`, 400), ",") + `]}}`
	w := m.NewWorker(false)
	w.SetAudit(1, func(AuditDifference) { t.Error("the paths differ") })
	one := filled(t, m, w, []string{cut})
	two := filled(t, m, w, []string{`{"process":{"args":["a"]}}`, cut, cut})
	w.SetAccount(m.NewAccount())
	got := fmt.Sprint(one.CutShort(), two.CutShort(), one.Audited(), two.Audited(), w.Account().CutShort())
	if want := "1 2 1 3 0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	back, err := m.ReadAccount(two.Append(nil))
	if err != nil {
		t.Fatal(err)
	}
	if one.Merge(back); one.CutShort() != 3 || one.Audited() != 4 {
		t.Errorf("merged: %d cut short, %d audited", one.CutShort(), one.Audited())
	}
}

// A cut or longer account is refused.
func TestReadAccountRefuses(t *testing.T) {
	m := accountMatcher(t)
	b := filled(t, m, m.NewWorker(false), accountLines(40, 3, rand.New(rand.NewPCG(1, 1)))).Append(nil)
	for n := range b {
		if _, err := m.ReadAccount(b[:n]); err == nil {
			t.Fatalf("%d of %d bytes are taken", n, len(b))
		}
	}
	if _, err := m.ReadAccount(append(b, 0)); err == nil {
		t.Error("a longer one is taken")
	}
}

// The numbering is that of the rules, whichever matcher has them.
func TestNumbering(t *testing.T) {
	m := accountMatcher(t)
	if m.Numbering() != accountMatcher(t).Numbering() {
		t.Error("two matchers of the same rules number differently")
	}
	other := *m.Rules()[1]
	other.Hash = "changed"
	changed, err := Compile([]*rules.Rule{m.Rules()[0], &other}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if m.Numbering() == changed.Numbering() {
		t.Error("another rule, the same numbering")
	}
}

// FuzzReadAccount: whatever is read can be merged and told.
func FuzzReadAccount(f *testing.F) {
	m := accountMatcher(f)
	f.Add(filled(f, m, m.NewWorker(false), accountLines(30, 3, rand.New(rand.NewPCG(2, 2)))).Append(nil))
	f.Add(m.NewAccount().Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := m.ReadAccount(b)
		if err != nil {
			return
		}
		again, err := m.ReadAccount(a.Append(nil))
		if err != nil {
			t.Fatalf("what was read is not read again: %v", err)
		}
		a.Merge(again)
		seen(a.Census())
		a.Census().HistoryStart("1", "auditbeat-8.1.0", 1<<60, 1<<50)
	})
}
