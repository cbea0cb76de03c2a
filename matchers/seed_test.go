package matchers

import (
	"encoding/json"
	"testing"

	"coldcase/rules"
)

// doc is an event under construction.
type doc map[string]any

// docOf reads a baseline, afresh each time.
func docOf(t *testing.T, text string) doc {
	t.Helper()
	var d doc
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// with sets the value at a path of names.
func (d doc) with(value any, path ...string) doc {
	at := map[string]any(d)
	for _, name := range path[:len(path)-1] {
		next, ok := at[name].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[name] = next
		}
		at = next
	}
	at[path[len(path)-1]] = value
	return d
}

// without removes what is at a path.
func (d doc) without(path ...string) doc {
	at := map[string]any(d)
	for _, name := range path[:len(path)-1] {
		at = at[name].(map[string]any)
	}
	delete(at, path[len(path)-1])
	return d
}

func (d doc) line(t *testing.T) []byte {
	t.Helper()
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// inIndex is a search hit of the document.
func (d doc) inIndex(name string) doc {
	return doc{"_index": name, "_id": "h1", "_source": map[string]any(d)}
}

// The baselines of the two tables of seed-rules.md, with hosts and values of our own.
const (
	kccBase = `{"@timestamp":"2026-05-06T07:08:09.000Z","agent":{"type":"endpoint"},` +
		`"data_stream":{"type":"logs","dataset":"endpoint.events.process","namespace":"default"},` +
		`"host":{"name":"imac-12","os":{"type":"macos"}},"event":{"category":"process","type":"start","kind":"event"},` +
		`"process":{"name":"kcc","args":["kcc","copy_cred_cache","/tmp/ines.ccache"]}}`
	endgameBase = `{"@timestamp":"2026-05-06T07:08:09.000Z","event":{"kind":"alert","module":"endgame","dataset":"esensor",` +
		`"action":"cred_theft_event"},"endgame":{"metadata":{"type":"detection"},"event_subtype_full":"cred_theft_event"},` +
		`"host":{"name":"pc-31","os":{"type":"windows"}}}`
)

// kccV111 is the seed rule as it stands today, at the level of its query.
const kccV111 = `process where host.os.type == "macos" and event.type in ("start","process_started") and ` +
	`process.name == "kcc" and process.args like~ "copy_cred_cache"`

// seedRule returns a matcher of one rule of the built-in pack.
func seedRule(t *testing.T, name string) *Matcher {
	t.Helper()
	for _, r := range builtinRules(t) {
		if r.Name == name {
			m, err := Compile([]*rules.Rule{r}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
	}
	t.Fatalf("no rule %q in the pack", name)
	return nil
}

// TestSeedKerberos is the first table of seed-rules.md: v4 is the built-in rule with
// its index patterns, v111 the query.
func TestSeedKerberos(t *testing.T) {
	v4 := seedRule(t, "Kerberos Cached Credentials Dumping")
	v111, err := Compile([]*rules.Rule{eventRule(parseQuery(t, kccV111))}, Options{AnyIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	both := func(name string, d doc, wantV4, wantV111 bool) {
		t.Helper()
		line := d.line(t)
		if got := matchesBoth(t, v4, line); got != wantV4 {
			t.Errorf("%s: v4 is %v, want %v: %s", name, got, wantV4, line)
		}
		if got := matchesBoth(t, v111, line); got != wantV111 {
			t.Errorf("%s: v111 is %v, want %v: %s", name, got, wantV111, line)
		}
	}
	base := func() doc { return docOf(t, kccBase) }
	args := func(v any) doc { return base().with(v, "process", "args") }
	list := func(v ...any) []any { return v }

	both("K01", base(), true, true)
	both("K02", base().with(list("process"), "event", "category").with(list("start"), "event", "type"), true, true)
	both("K03", base().with(list("info", "start"), "event", "type"), true, true)
	both("K04", base().with("process_started", "event", "type"), true, true)
	both("K05", base().with(list("host", "process"), "event", "category"), true, true)
	both("K06", docOf(t, `{"@timestamp":"2026-05-06T07:08:09.000Z","agent.type":"endpoint","data_stream.type":"logs",
		"data_stream.dataset":"endpoint.events.process","data_stream.namespace":"default","host.name":"imac-12",
		"host.os.type":"macos","event.category":"process","event.type":"start","event.kind":"event",
		"process.name":"kcc","process.args":["kcc","copy_cred_cache","/tmp/ines.ccache"]}`), true, true)
	both("K07", base().inIndex(".ds-logs-endpoint.events.process-default-2026.05.06-000002"), true, true)
	both("K08", args("copy_cred_cache"), true, true)
	both("K09", base().without("data_stream").with("auditbeat", "agent", "type").with("system", "event", "module").
		with("process", "event", "dataset").with(list("process"), "event", "category"), true, true)
	both("K10", base().without("host", "os"), true, false)
	both("K11", base().with("linux", "host", "os", "type"), true, false)
	both("K12", base().with("file", "event", "category"), false, false)
	both("K13", base().with("end", "event", "type"), false, false)
	both("K14", base().with("process_start", "event", "type"), false, false)
	both("K15", base().with("launchctl", "process", "name").
		with(list("launchctl", "asuser", "502", "kcc", "copy_cred_cache", "/tmp/ines.ccache"), "process", "args"), false, false)
	both("K16", base().with("kcc2", "process", "name"), false, false)
	both("K17", base().with("KCC", "process", "name"), false, false)
	both("K18", args(list("kcc", "list")), false, false)
	both("K19", args(list("kcc", "copy_cred_cache=1")), false, false)
	both("K20", args("kcc copy_cred_cache /tmp/ines.ccache"), false, false)
	both("K21", args(list("kcc", "COPY_CRED_CACHE")), false, true)
	both("K22", base().without("process", "args"), false, false)
	both("K23", args(list()), false, false)
	both("K24", args(list(nil, "kcc")), false, false)
	both("K25", base().without("process", "args").with("kcc copy_cred_cache /tmp/ines.ccache", "process", "command_line"), false, false)
	both("K26", base().without("process", "args").with("kcc copy_cred_cache", "message"), false, false)
	// K27 and K28 are a matter of v4's patterns: the query holds.
	both("K27", base().inIndex("winlogbeat-8.13.4"), false, true)
	both("K28", base().inIndex("logs-endpoint.alerts-default"), false, true)
	both("K29", base().inIndex("eu-west:logs-endpoint.events.process-default"), true, true)
	both("K30", base().with(map[string]any{"name": "zsh", "args": list("zsh")}, "process", "parent").
		with(list(map[string]any{"a": 1}, map[string]any{"a": 2}), "labels"), true, true)
}

// TestSeedEndgame is the second table of seed-rules.md.
func TestSeedEndgame(t *testing.T) {
	m := seedRule(t, "Credential Dumping - Detected - Elastic Endgame")
	f := func(name string, d doc, want bool) {
		t.Helper()
		line := d.line(t)
		if got := matchesBoth(t, m, line); got != want {
			t.Errorf("%s is %v, want %v: %s", name, got, want, line)
		}
	}
	base := func() doc { return docOf(t, endgameBase) }
	action := func(d doc, v any) doc { return d.with(v, "event", "action") }
	subtype := func(d doc, v any) doc { return d.with(v, "endgame", "event_subtype_full") }
	meta := func(v any) doc { return base().with(v, "endgame", "metadata") }
	list := func(v ...any) []any { return v }

	f("E01", base(), true)
	f("E02", base().without("endgame", "event_subtype_full"), true)
	f("E03", base().without("event", "action"), true)
	f("E04", subtype(base(), "other_event"), true)
	f("E05", action(base(), "other_event"), true)
	f("E06", base().with(list("alert", "event"), "event", "kind"), true)
	f("E07", subtype(action(base(), list("other_event", "cred_theft_event")), "other_event"), true)
	f("E08", docOf(t, `{"@timestamp":"2026-05-06T07:08:09.000Z","event.kind":"alert","event.module":"endgame",
		"event.dataset":"esensor","event.action":"cred_theft_event","endgame.metadata.type":"detection",
		"endgame.event_subtype_full":"cred_theft_event","host.name":"pc-31","host.os.type":"windows"}`), true)
	f("E09", docOf(t, `{"@timestamp":"2026-05-06T07:08:09.000Z","event":{"kind":"alert"},"event.module":"endgame",
		"event.action":"cred_theft_event","endgame":{"metadata.type":"detection"},"endgame.event_subtype_full":"cred_theft_event"}`), true)
	f("E10", base().inIndex("endgame-4.31.0-2026.05"), true)
	f("E11", base().with("event", "event", "kind"), false)
	f("E12", base().with("endpoint", "event", "module"), false)
	f("E13", base().with("prevention", "endgame", "metadata", "type"), false)
	f("E14", subtype(action(base(), "cred_manipulation_event"), "cred_manipulation_event"), false)
	f("E15", base().without("event", "action").without("endgame", "event_subtype_full"), false)
	f("E16", subtype(action(base(), "cred_theft_event_x"), "cred_theft"), false)
	f("E17", subtype(action(base(), "Cred_Theft_Event"), "CRED_THEFT_EVENT"), false)
	f("E18", base().with("Detection", "endgame", "metadata", "type"), false)
	// The second arm alone must not be enough, as it would be without parentheses.
	f("E19", base().with("event", "event", "kind").without("event", "action"), false)
	f("E20", base().with("prevention", "endgame", "metadata", "type").without("event", "action"), false)
	f("E21", meta(map[string]any{}), false)
	f("E22", meta("detection"), false)
	f("E23", base().with(map[string]any{"name": "detection"}, "endgame", "metadata", "type"), false)
	f("E24", base().inIndex("logs-endpoint.alerts-default"), false)
	f("E25", meta(list(map[string]any{"type": "prevention"}, map[string]any{"type": "detection"})), true)
}
