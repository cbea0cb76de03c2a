package matchers

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// Starts are told from what else is of the type start, in all the words of the sources.
func TestStart(t *testing.T) {
	m, err := Compile(nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := func(fields, want string) {
		t.Helper()
		line := []byte(`{"@timestamp":"2026-03-01T10:00:00Z","host":{"name":"h"},` + fields + `}`)
		for _, reference := range []bool{false, true} {
			w := m.NewWorker(reference)
			if _, err := w.Match(line); err != nil {
				t.Fatalf("%s: %v", fields, err)
			}
			got := "none"
			if s, ok := w.Start(); ok {
				got = strings.Join([]string{string(s.Entity), string(s.PID), string(s.ParentEntity), string(s.ParentPID),
					string(s.ParentName), string(s.Name), string(s.User), string(s.Command), string(s.HostKey)}, "|")
			}
			if got != want {
				t.Errorf("%s (reference %v): got %q, want %q", fields, reference, got, want)
			}
		}
	}
	const process = `"event":{"category":["process"],"type":["start"]},`
	f(process+`"process":{"entity_id":"e","pid":5,"name":"n","command_line":"n -x","parent":{"entity_id":"pe","pid":4,"name":"pn"}},"user":{"name":"u","id":"1"}`,
		"e|5|pe|4|pn|n|u|n -x|h")
	f(process+`"process":{"pid":5,"ppid":4,"executable":"/bin/n","args":["n","-x y",7]},"user":{"id":"1"}`, "|5||4||/bin/n|1|n -x y 7|h")
	f(process+`"process":{"pid":["5",6],"parent":{"pid":null},"ppid":[[],"4"]}`, "|5||4|||||h")
	f(process+`"process":{"name":"n"}`, "none")
	f(process+`"process":{"pid":{"a":1},"entity_id":""}`, "none")
	f(process+`"process":{"entity_id":"`+strings.Repeat("e", maxStartText+1)+`"}`, "none")
	f(`"event":{"category":["network"],"type":["connection","start"]},"process":{"pid":5}`, "none")
	f(`"event":{"category":["library"],"type":["start"],"action":"load"},"process":{"pid":5}`, "none")
	f(`"event":{"category":["process"],"type":["end"]},"process":{"pid":5}`, "none")
	for _, action := range []string{"exec", "executed", "fork", "process_started", "existing_process", "creation_event", "created-process"} {
		f(`"event":{"category":["process"],"action":"`+action+`"},"process":{"pid":5}`, "|5|||||||h")
		f(`"event":{"action":"`+action+`"},"process":{"pid":5}`, "|5|||||||h")
	}
	f(`"event":{"type":["process_start"]},"process":{"pid":[5]}`, "|5|||||||h")
}

// The time is that at which the process began, unless that is said to be later than the
// event itself; an event without a time has none.
func TestStartTimeAndCuts(t *testing.T) {
	m, err := Compile(nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	start := func(fields string) (Start, bool) {
		t.Helper()
		w := m.NewWorker(false)
		if _, err := w.Match([]byte(`{"event":{"action":"existing_process"},` + fields + `}`)); err != nil {
			t.Fatal(err)
		}
		return w.Start()
	}
	for began, want := range map[string]int64{"1970-01-01T00:00:07Z": 7e9, "1970-01-01T00:00:11Z": 10e9, "never": 10e9} {
		s, ok := start(`"@timestamp":"1970-01-01T00:00:10Z","process":{"pid":1,"start":"` + began + `"}`)
		if !ok || s.Time != want {
			t.Errorf("process.start %s: got %d %v, want %d", began, s.Time, ok, want)
		}
	}
	if _, ok := start(`"process":{"pid":1}`); ok {
		t.Error("an event without a time has a start")
	}
	s, _ := start(`"@timestamp":"1970-01-01T00:00:10Z","process":{"pid":1,"args":["a` + strings.Repeat("é", 10_000) + `","b"]}`)
	if n := len(s.Command); n < maxStartCommand-1 || n > maxStartCommand || !utf8.Valid(s.Command) {
		t.Errorf("a long argument is cut to %d bytes: %q", n, s.Command)
	}
}

// Telling starts apart allocates nothing.
func TestStartAllocates(t *testing.T) {
	m, err := Compile(nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := m.NewWorker(false)
	line := []byte(`{"@timestamp":"2026-03-01T10:00:00Z","host":{"name":"h"},"event":{"category":["process"],"type":["start"]},` +
		`"process":{"pid":5,"args":["a","b"],"parent":{"pid":4}},"user":{"name":"u"}}`)
	if _, err := w.Match(line); err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(100, func() {
		if _, ok := w.Start(); !ok {
			t.Fatal("no start")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
