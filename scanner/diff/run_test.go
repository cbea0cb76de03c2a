package diff

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"coldcase/rules"
	"coldcase/scanner/input"

	"github.com/google/go-cmp/cmp"
)

// stated is a finding as a findings file has it.
type stated struct {
	id, rule, host, at string
	version            int
	severity           string
	events             []string
	detail             string
}

func (f stated) String() string {
	version, evidence := "null", []string{}
	if f.version > 0 {
		version = fmt.Sprint(f.version)
	}
	for i, e := range f.events {
		evidence = append(evidence, fmt.Sprintf(`{"file":"a.ndjson","line":%d,"offset":0,"length":1,"line_sha256":"00","index":null,"id":null,"step":0,"event":%s}`, i+1, e))
	}
	if f.severity == "" {
		f.severity = "low"
	}
	if f.detail == "" {
		f.detail = "{}"
	}
	return fmt.Sprintf(`{"schema":"coldcase/finding/1","finding_id":%q,"rule":{"id":%q,"name":"Rule %s","version":%s,"type":"query","severity":%q,"risk_score":21,"file":"r.toml"},`+
		`"time":%q,"last":%q,"host":%q,"user":null,"score":21.0,"evidence":[%s],"detail":%s}`,
		f.id, f.rule, f.rule, version, f.severity, f.at, f.at, f.host, strings.Join(evidence, ","), f.detail)
}

// event is an event with an id of its own.
func eventWith(id, at, ingested string) string {
	return fmt.Sprintf(`{"@timestamp":%q,"event":{"id":%q,"ingested":%q}}`, at, id, ingested)
}

// compared compares two files of these lines and returns what became of each item:
// "status id why", sorted.
func compared(t *testing.T, cfg Config, a, b []string) ([]string, *Result) {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, lines []string) input.Input {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return input.Input{Name: name, Path: path}
	}
	cfg.A, cfg.B, cfg.TempDir = write("a", a), write("b", b), dir
	res, err := Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	if err := res.Each(func(d *Difference) error {
		out = append(out, strings.TrimSpace(d.Status+" "+d.ID+" "+d.Why))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := res.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "coldcase-*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
	slices.Sort(out)
	return out, res
}

func linesOf[T fmt.Stringer](xs ...T) []string {
	var out []string
	for _, x := range xs {
		out = append(out, x.String())
	}
	return out
}

const day = "2026-03-01T10:00:00.000Z"

func TestFindings(t *testing.T) {
	ev := func(id string) []string { return []string{eventWith(id, day, day)} }
	a := linesOf(
		stated{id: "kept", rule: "r1", version: 1, host: "h", at: day, events: ev("1")},
		stated{id: "old", rule: "r1", version: 1, host: "h", at: day, events: ev("2")},
		stated{id: "gone", rule: "r1", version: 1, host: "h", at: day, events: ev("3")},
		stated{id: "louder", rule: "r2", host: "h", at: day, events: ev("4")},
		stated{id: "twice", rule: "r2", host: "h", at: day, events: ev("5")},
		stated{id: "twice", rule: "r2", host: "h", at: day, events: ev("5")},
	)
	b := linesOf(
		stated{id: "fresh", rule: "r1", version: 2, host: "h", at: day, events: ev("2")},
		stated{id: "kept", rule: "r1", version: 1, host: "h", at: day, events: ev("1")},
		stated{id: "louder", rule: "r2", host: "h", at: day, severity: "high", events: ev("4")},
		stated{id: "twice", rule: "r2", host: "h", at: day, events: ev("5")},
		// The events of another rule's finding: not the same.
		stated{id: "other", rule: "r3", version: 2, host: "h", at: day, events: ev("3")},
	)
	want := []string{
		"changed fresh version 1 to 2", "changed louder severity low to high",
		"gone gone", "new other", "same kept", "same twice",
	}
	got, res := compared(t, Config{}, a, b)
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want:\n%s", diff)
	}
	if res.A.Items != 5 || res.A.Twice != 1 || res.B.Items != 5 || !res.Complete() {
		t.Errorf("sides: %+v %+v", res.A, res.B)
	}
	var rows []string
	for _, r := range res.Rows {
		rows = append(rows, fmt.Sprintf("%s %s %v", r.Severity, r.RuleName, r.different()))
	}
	if diff := cmp.Diff(rows, []string{"high Rule r2 1", "low Rule r1 2", "low Rule r3 1"}); diff != "" {
		t.Errorf("-got +want:\n%s", diff)
	}
}

// The result does not depend on the order of lines or on how much memory there is.
func TestSpillsAndIgnoresOrder(t *testing.T) {
	var a, b []string
	for i := range 400 {
		f := stated{id: fmt.Sprint("id", i), rule: fmt.Sprint("r", i%7), version: 1, host: fmt.Sprint("h", i%3), at: day,
			events: []string{eventWith(fmt.Sprint(i), day, day)}}
		a = append(a, f.String())
		switch {
		case i%5 == 0:
			f.id, f.version = f.id+"x", 2
		case i%11 == 0:
			continue
		}
		b = append(b, f.String())
	}
	want, _ := compared(t, Config{}, a, b)
	if n := len(slices.Collect(func(yield func(string) bool) {
		for _, l := range want {
			if strings.HasPrefix(l, "changed ") && !yield(l) {
				return
			}
		}
	})); n != 80 {
		t.Fatalf("%d changed, want 80", n)
	}
	for range 3 {
		rand.Shuffle(len(a), func(i, j int) { a[i], a[j] = a[j], a[i] })
		rand.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
		got, _ := compared(t, Config{MaxMemory: 16 << 10}, a, b)
		if diff := cmp.Diff(got, want); diff != "" {
			t.Fatalf("-got +want:\n%s", diff)
		}
	}
}

func TestNamesWhatItCannotRead(t *testing.T) {
	f := stated{id: "x", rule: "r", host: "h", at: day, events: []string{`{}`}}
	_, res := compared(t, Config{}, []string{f.String(), `{"a":1}`, `{"schema":"coldcase/finding/1"}`}, []string{f.String(), `{"broken"`})
	if res.A.BadLines != 2 || res.B.BadLines != 1 || res.Complete() || len(res.A.Problems) != 2 {
		t.Errorf("sides: %+v %+v", res.A, res.B)
	}
	if res.Counts[StatusSame] != 1 {
		t.Errorf("counts: %v", res.Counts)
	}
	two := []string{alertLine("r", "u", day, day, nil), f.String()}
	if _, res := compared(t, Config{}, []string{f.String()}, two); res.B.BadLines != 1 || !res.B.Alerts {
		t.Errorf("a finding among alerts: %+v", res.B)
	}
}

// alertLine is an alert made at a time about the event with an id.
func alertLine(rule, event, original, made string, more map[string]any) string {
	doc := map[string]any{"@timestamp": made, "kibana.alert.rule.rule_id": rule, "kibana.alert.rule.name": "Rule " + rule,
		"kibana.alert.uuid": "alert-" + event, "kibana.alert.severity": "low", "kibana.alert.original_time": original,
		"kibana.alert.ancestors": []any{map[string]any{"id": event, "type": "event", "depth": 0}}, "host": map[string]any{"name": "h"}}
	for k, v := range more {
		doc[k] = v
	}
	return mustJSON(map[string]any{"_index": ".internal.alerts-security.alerts-default-000001", "_id": "x" + event, "_source": doc})
}

func TestWithAlerts(t *testing.T) {
	at := func(minute int) string { return fmt.Sprintf("2026-03-01T10:%02d:00.000Z", minute) }
	finding := func(rule, id, when, ingested string) stated {
		return stated{id: id, rule: rule, host: "h", at: when, events: []string{eventWith(id, when, ingested)}}
	}
	run := map[string]any{"kibana.alert.rule.execution.uuid": "run1", "kibana.alert.rule.parameters": map[string]any{"max_signals": 2, "from": "now-9m"},
		"kibana.alert.rule.interval": "5m"}
	alerts := []string{
		alertLine("r", "seen", at(1), at(5), run),
		alertLine("r", "theirs", at(2), at(5), run),
		alertLine("r", "afar", at(40), at(45), map[string]any{"kibana.alert.rule.execution.uuid": "run2"}),
	}
	findings := linesOf(
		finding("r", "seen", at(1), at(1)),
		finding("r", "cut", at(4), at(4)),      // the run at 10:05 stopped at its two alerts
		finding("r", "slow", at(20), at(40)),   // 20 minutes late, the rule looks back 9
		finding("r", "why", at(21), at(21)),    // no run stopped behind it
		finding("off", "silent", at(3), at(3)), // a rule without any alert
		finding("off", "early", "2026-02-01T10:00:00.000Z", ""),
	)
	want := []string{
		"alert_only alert-afar", "alert_only alert-theirs", "both seen",
		"missed cut capped: the run at 2026-03-01T10:05:00Z made 2 alerts, its max_signals",
		"missed early not covered: earlier than every alert of the export",
		"missed silent rule off: no alert of the rule in the export; it was off, not installed, or saw other events",
		"missed slow late: ingested 20m0s after the event, the rule looks back 9m0s",
		"missed why unknown: the alerts show no reason",
	}
	got, _ := compared(t, Config{}, findings, alerts)
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want:\n%s", diff)
	}
	// The other way round, and with hardly any memory.
	got, _ = compared(t, Config{MaxMemory: 1 << 10}, alerts, findings)
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("turned: -got +want:\n%s", diff)
	}
}

// Rules that are given say what alerts do not.
func TestTakesScheduleFromRules(t *testing.T) {
	set := &rules.Set{Entries: []rules.Entry{{Rule: &rules.Rule{ID: "r", LookBack: 6 * time.Minute, Interval: "5m"}}}}
	f := linesOf(
		stated{id: "a", rule: "r", host: "h", at: day, events: []string{eventWith("a", day, "2026-03-01T10:06:01.000Z")}},
		stated{id: "b", rule: "r", host: "h", at: day, events: []string{eventWith("b", day, "2026-03-01T10:06:00.000Z")}})
	got, _ := compared(t, Config{Rules: set}, f, []string{alertLine("r", "c", day, day, nil)})
	want := []string{"alert_only alert-c",
		"missed a late: ingested 6m1s after the event, the rule looks back 6m0s",
		"missed b perhaps late: ingested 6m0s after the event, the rule runs every 5m0s over 6m0s"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("-got +want:\n%s", diff)
	}
	// A rule that goes by the time of ingestion is not late.
	set.Entries[0].Rule.TimeOverride = "event.ingested"
	got, _ = compared(t, Config{Rules: set}, f, []string{alertLine("r", "c", day, day, nil)})
	for _, l := range got {
		if strings.Contains(l, "late") {
			t.Errorf("late in spite of timestamp_override: %s", l)
		}
	}
}

func TestKnowsAlertsOfEveryShape(t *testing.T) {
	f := func(what string, finding stated, alert string, want ...string) {
		t.Helper()
		got, _ := compared(t, Config{}, []string{finding.String()}, []string{alert})
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("%s: -got +want:\n%s", what, diff)
		}
	}
	one := stated{id: "f", rule: "r", host: "h", at: day, events: []string{eventWith("e1", day, day)}}
	f("dotted names", one, `{"kibana.alert.rule.rule_id":"r","kibana.alert.ancestors.id":["e1"],"@timestamp":"`+day+`"}`, "both f")
	f("nested objects", one, `{"kibana":{"alert":{"rule":{"rule_id":"r"},"ancestors":[{"id":"e1"}]}}}`, "both f")
	f("fields of a hit", one, `{"_id":"q","fields":{"kibana.alert.rule.rule_id":["r"],"kibana.alert.original_event.id":["e1"]}}`, "both f")
	f("a search response", one, `{"took":1,"timed_out":false,"hits":{"total":{"value":1},"hits":[{"_index":"i","_id":"q","_source":{"kibana.alert.rule.rule_id":"r","kibana.alert.ancestors":[{"id":"e1"}]}}]}}`, "both f")
	f("before Kibana 8", one, `{"_source":{"signal":{"rule":{"rule_id":"r"},"ancestors":[{"id":"e1"}]}}}`, "both f")
	f("another rule", one, `{"_id":"q","kibana.alert.rule.rule_id":"s","kibana.alert.ancestors.id":["e1"],"kibana.alert.original_time":"`+day+`","@timestamp":"`+day+`"}`,
		"alert_only q", "missed f rule off: no alert of the rule in the export; it was off, not installed, or saw other events")
	bare := stated{id: "f", rule: "r", host: "H", at: "2026-03-01T10:00:00.000400Z", events: []string{`{}`}}
	f("no id: host and time", bare, `{"host.name":"h","kibana.alert.rule.rule_id":"r","kibana.alert.original_time":"`+day+`","kibana.alert.ancestors.id":["zz"]}`, "both f")
	f("with an id, time does not count", one, `{"_id":"q","host.name":"h","kibana.alert.rule.rule_id":"r","kibana.alert.original_time":"`+day+`","kibana.alert.ancestors.id":["zz"]}`,
		"alert_only q", "missed f unknown: the alerts show no reason")
	many := stated{id: "f", rule: "r", host: "h", at: day, events: []string{`{}`},
		detail: `{"threshold":{"fields":[{"field":"user.name","value":"eve"},{"field":"host.id","value":"1"}]}}`}
	terms := `"kibana.alert.threshold_result":{"count":7,"from":"2026-03-01T09:58:00.000Z","terms":[{"field":"host.id","value":"1"},{"field":"user.name","value":%q}]}`
	alert := `{"_id":"q","kibana.alert.rule.rule_id":"r","kibana.alert.original_time":"2026-03-01T10:01:00.000Z","kibana.alert.ancestors.id":["made-up"],` + terms + `}`
	f("a threshold's group", many, fmt.Sprintf(alert, "eve"), "both f")
	f("another group", many, fmt.Sprintf(alert, "adam"), "alert_only q", "missed f not covered: earlier than every alert of the export")
	got, res := compared(t, Config{}, []string{one.String()}, []string{
		`{"kibana.alert.rule.rule_id":"r","kibana.alert.ancestors.id":["e1"],"kibana.alert.group.id":"g"}`,
		`{"kibana.alert.rule.rule_id":"r","kibana.alert.ancestors.id":["e1"],"kibana.alert.group.id":"g","kibana.alert.group.index":0,"kibana.alert.building_block_type":"default"}`})
	if diff := cmp.Diff(got, []string{"both f"}); diff != "" || res.B.Items != 1 || res.B.Members != 1 {
		t.Errorf("a sequence's members: %s %+v", diff, res.B)
	}
}

// The sweep finds every overlap that a look at all pairs finds.
func TestSweepFindsAllOverlaps(t *testing.T) {
	for round := range 300 {
		rng := rand.New(rand.NewPCG(uint64(round), 1))
		var spans []keySpan
		for n := range int64(1 + rng.IntN(8)) {
			start := rng.Int64N(12)
			spans = append(spans, keySpan{n<<1 | rng.Int64N(2), start, start + rng.Int64N(6)})
		}
		want := map[int64]bool{}
		for _, x := range spans {
			for _, y := range spans {
				if x.side() != y.side() && x.start <= y.end && y.start <= x.end {
					want[x.n] = true
				}
			}
		}
		got := map[int64]bool{}
		var s sweep
		for _, back := range []bool{false, true} {
			for _, x := range inSweepOrder(spans, back) {
				if s.meets(x, back, "k") {
					got[x.n] = true
				}
			}
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Fatalf("%v: -got +want:\n%s", spans, diff)
		}
	}
}

func inSweepOrder(spans []keySpan, back bool) []keySpan {
	out := slices.Clone(spans)
	slices.SortFunc(out, func(a, b keySpan) int {
		if back {
			a, b = b, a
		}
		if a.start != b.start {
			return int(a.start - b.start)
		}
		return a.side() - b.side()
	})
	return out
}

func FuzzItem(f *testing.F) {
	f.Add([]byte(stated{id: "x", rule: "r", host: "h", at: day, events: []string{`{}`}}.String()))
	f.Add([]byte(alertLine("r", "e", day, day, nil)))
	f.Add([]byte(`{"kibana":{"alert":[{"rule":{"rule_id":["a",["b"]]}}]}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		x, err := readItem(line)
		if err == nil && (x.RuleID == "" || x.Alert == nil && x.ID == "") {
			t.Errorf("%q is read as %+v", line, x)
		}
	})
}

func mustJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// BenchmarkDiff compares two files of ten thousand findings, of which every third is of
// another version of its rule.
func BenchmarkDiff(b *testing.B) {
	var old, fresh strings.Builder
	more := strings.Repeat(`,"x":"`+strings.Repeat("y", 60)+`"`, 30)
	for i := range 10_000 {
		f := stated{id: fmt.Sprint("id", i), rule: fmt.Sprint("r", i%50), version: 1, host: fmt.Sprint("h", i%100), at: day,
			events: []string{fmt.Sprintf(`{"@timestamp":%q,"event":{"id":"e%d"}%s}`, day, i, more)}}
		fmt.Fprintln(&old, f)
		if i%3 == 0 {
			f.id, f.version = f.id+"x", 2
		}
		fmt.Fprintln(&fresh, f)
	}
	dir := b.TempDir()
	cfg := Config{A: input.Input{Name: "a", Path: filepath.Join(dir, "a")}, B: input.Input{Name: "b", Path: filepath.Join(dir, "b")}, TempDir: dir}
	for in, text := range map[string]string{cfg.A.Path: old.String(), cfg.B.Path: fresh.String()} {
		if err := os.WriteFile(in, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(old.Len() + fresh.Len()))
	b.ReportAllocs()
	for b.Loop() {
		res, err := Run(context.Background(), cfg)
		if err != nil {
			b.Fatal(err)
		}
		if res.Counts[StatusChanged] != 3334 || res.Counts[StatusSame] != 6666 {
			b.Fatalf("counts %v", res.Counts)
		}
		if err := res.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
