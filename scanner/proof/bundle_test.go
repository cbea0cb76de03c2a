package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coldcase/rules"
	"coldcase/scanner"
)

// bundled selects, writes and checks a bundle as a command does, and returns what was
// written. Nothing may be left behind.
func bundled(t testing.TB, cfg scanner.Config, res *scanner.Result, n int) (events string, places []mapLine, w Bundled, c Checked) {
	t.Helper()
	ctx := context.Background()
	s, err := Select(ctx, cfg, res, n)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	dir := t.TempDir()
	for range 4 {
		var ev, at bytes.Buffer
		if w, err = s.Write(ctx, res.Inputs, &ev, &at); err != nil {
			t.Fatal(err)
		}
		if c, err = s.Check(ctx, res, writeBytes(t, dir, "b.ndjson", ev.Bytes())); err != nil {
			t.Fatal(err)
		}
		events, places = ev.String(), nil
		d := json.NewDecoder(&at)
		for d.More() {
			var m mapLine
			if err := d.Decode(&m); err != nil {
				t.Fatal(err)
			}
			places = append(places, m)
		}
		if !c.Droppable {
			break
		}
	}
	return events, places, w, c
}

// where lists the lines of a bundle as "file:line why".
func where(places []mapLine) string {
	var out []string
	for _, m := range places {
		out = append(out, fmt.Sprintf("%s:%d %s", filepath.Base(m.File), m.FileLine, strings.Join(m.Why, "+")))
	}
	return strings.Join(out, ", ")
}

// A bundle scans again to the findings of the run, whatever the types of its rules, and
// its lines are those of the evidence.
func TestBundleScansToTheSameFindings(t *testing.T) {
	cfg := proofRules(t)
	dir := t.TempDir()
	lines := proofEvents()
	text := []byte(strings.Join(lines[:100], "\n") + "\n")
	a := writeBytes(t, dir, "a.ndjson.gz", gz(t, text, 2))
	b := write(t, dir, "b.ndjson", lines[90:]...)
	for _, n := range []int{0, 1, 5} {
		for _, mem := range []int64{0, 1 << 10} {
			res := scan(t, cfg, a, b)
			c := over(t, cfg, a, b)
			c.MaxMemory = mem
			events, places, w, checked := bundled(t, c, res, n)
			if checked.Same != res.Counts.Findings || checked.Missing+checked.Extra != 0 {
				t.Errorf("%d neighbours: %+v of %d findings, %+v", n, checked, res.Counts.Findings, w)
			}
			got := strings.Split(strings.TrimSuffix(events, "\n"), "\n")
			if len(got) != len(places) || int64(len(got)) != w.Lines {
				t.Fatalf("%d lines, %d places, %+v", len(got), len(places), w)
			}
			for i, m := range places {
				from := lines[:100]
				if filepath.Base(m.File) == "b.ndjson" {
					from = lines[90:]
				}
				if got[i] != from[m.FileLine-1] || m.Line != int64(i+1) || events[m.Offset:][:m.Length] != got[i] {
					t.Fatalf("line %d of the bundle is not %s:%d", i+1, m.File, m.FileLine)
				}
			}
		}
	}
}

// What a row rests on beside the events that its finding lists is in the bundle too: more
// events of its group, and all rows where they decide together.
func TestBundleHoldsWhatRowsRestOn(t *testing.T) {
	cfg := rowRules(t)
	a := write(t, t.TempDir(), "a.ndjson", rowEvents()...)
	res := scan(t, cfg, a)
	if n := res.Counts.Findings; n < 8 {
		t.Fatalf("only %d findings", n)
	}
	_, _, w, checked := bundled(t, over(t, cfg, a), res, 0)
	if checked.Same != res.Counts.Findings || checked.Missing+checked.Extra != 0 {
		t.Errorf("%+v of %d findings, %+v", checked, res.Counts.Findings, w)
	}
}

// Neighbours are of the same host in the same input; one line may be the neighbour of
// two.
func TestBundleNeighbours(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "one", "process.name:one"))
	dir := t.TempDir()
	f := func(n int, want string, lines ...ev) {
		t.Helper()
		var text []string
		for i, e := range lines {
			e.time, e.id = at(i), fmt.Sprint(i)
			text = append(text, e.String())
		}
		path := write(t, dir, "a", text...)
		_, places, _, _ := bundled(t, over(t, cfg, path), scan(t, cfg, path), n)
		if got := where(places); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	hit, x, y := ev{name: "one"}, ev{name: "x"}, ev{name: "x", host: "h2"}
	f(0, "a:3 finding", x, x, hit, x)
	f(1, "a:2 neighbour, a:3 finding, a:4 neighbour", x, x, hit, x, x)
	f(1, "a:1 neighbour, a:3 finding, a:5 neighbour", x, y, hit, y, x, y)
	f(2, "a:1 finding, a:2 neighbour, a:3 neighbour, a:4 finding", hit, x, x, hit)
	f(2, "a:1 finding, a:2 finding, a:3 neighbour, a:4 neighbour", hit, hit, x, x, x)
	f(3, "a:1 finding", hit)
}

// The starts of the ancestors: by entity id, and by number with the last start before.
func TestBundleAncestors(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "one", "process.name:one"))
	f := func(want string, more ...string) {
		t.Helper()
		var text []string
		for i, m := range more {
			name := "x"
			if i == len(more)-1 {
				name = "one"
			}
			host := "h1"
			if strings.HasPrefix(m, "H") {
				m, host = m[1:], "h2"
			}
			text = append(text, ev{time: at(i), name: name, id: fmt.Sprint(i), host: host, more: m}.String())
		}
		path := write(t, t.TempDir(), "a", text...)
		_, places, _, _ := bundled(t, over(t, cfg, path), scan(t, cfg, path), 0)
		if got := where(places); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	start := `"event.type":"start",`
	entity := func(id, parent string) string {
		return fmt.Sprintf(`"process.entity_id":"%s","process.parent.entity_id":"%s",`, id, parent)
	}
	pid := func(id, parent int) string {
		return fmt.Sprintf(`"process.pid":%d,"process.parent.pid":%d,`, id, parent)
	}
	f("a:1 ancestor, a:3 ancestor, a:4 finding", start+entity("A", ""), start+entity("X", "A"), start+entity("B", "A"), entity("C", "B"))
	// Only the start of a process is taken, not what it did.
	f("a:1 ancestor, a:3 finding", start+entity("A", ""), entity("A", ""), entity("B", "A"))
	// A number is used again: the last start before the child counts, on its host.
	f("a:2 ancestor, a:4 finding", start+pid(7, 1), start+pid(7, 1), "H"+start+pid(7, 1), pid(8, 7))
	// A process that is its own parent, and two that are each other's, end.
	f("a:1 ancestor, a:2 finding", start+entity("A", "A"), entity("B", "A"))
	f("a:1 ancestor, a:2 ancestor, a:3 finding", start+entity("A", "B"), start+entity("B", "A"), entity("C", "B"))
}

// Of equal lines without an id that several inputs hold, as many are kept as the input
// that has most of them holds.
func TestBundleCopies(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "one", "process.name:one"))
	dir := t.TempDir()
	hit := ev{name: "one"}.String()
	paths := []string{write(t, dir, "a", hit), write(t, dir, "b", hit, hit), write(t, dir, "c", hit)}
	res := scan(t, cfg, paths...)
	_, places, w, checked := bundled(t, over(t, cfg, paths...), res, 3)
	if checked.Missing+checked.Extra != 0 || checked.Same != 2 || w.Lines != 2 {
		t.Errorf("%+v %+v: %s", checked, w, where(places))
	}
}

// A neighbour that would be a finding of its own without what came before it is left
// out; evidence that would be is told of.
func TestBundleWithoutNewFindings(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "one", "process.name:one"),
		kqlRule(t, "terms", "user.name:*", func(r *rules.Rule) {
			r.Type, r.NewTerms = rules.KindNewTerms, &rules.NewTerms{Fields: []string{"user.name"}, Window: 24 * 3600e9}
		}))
	since, err := time.Parse(time.RFC3339, at(10))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Filter.Since = since
	path := write(t, t.TempDir(), "a", ev{user: "bob", time: at(1)}.String(), ev{user: "eve", time: at(2)}.String(),
		ev{user: "x", time: at(3)}.String(), ev{user: "bob", time: at(20)}.String(), ev{user: "eve", time: at(21), name: "one"}.String())
	res := scan(t, cfg, path)
	_, places, w, checked := bundled(t, over(t, cfg, path), res, 1)
	if got, want := where(places), "a:5 finding"; got != want || w.Dropped != 1 {
		t.Errorf("got %s (%+v), want %s", got, w, want)
	}
	if checked.Same != 1 || checked.Extra != 1 || checked.Missing != 0 {
		t.Errorf("%+v", checked)
	}
}
