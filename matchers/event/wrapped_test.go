package event

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// quoted writes a text as a JSON string.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// wraps are the documents in which shippers wrap an event, which stands for %s as a string.
var wraps = []string{
	`{"message":%s}`,
	`{"@timestamp":"2026-03-01T00:00:00Z","event":{"original":%s},"data_stream":{"type":"logs"}}`,
	`{"@timestamp":"2026-03-01T00:00:00Z","event.original":%s,"event.dataset":"generic"}`,
	`{"@timestamp":"2026-03-01T00:00:00Z","@metadata":{"beat":"filebeat"},"message":%s,"log":{"offset":7,"file":{"path":"/x"}},"input":{"type":"log"},"agent":{"type":"filebeat"},"ecs":{"version":"8"},"host":{"name":"h"}}`,
	`{"@version":"1","@timestamp":"2026-03-01T00:00:00Z","message":%s,"tags":["beats_input_codec_plain_applied"],"event":{"original":%[1]s}}`,
	`{"log":%s,"stream":"stdout","time":"2026-03-01T00:00:00Z"}`,
	`{"_index":"filebeat-1","_id":"x","_source":{"message":%s}}`,
	`{"_index":"filebeat-1","_id":"x","fields":{"message":[%s],"@timestamp":["2026"]}}`,
	` { "source" : "/var/log/x" , "message" : [ %s ] } `,
}

func TestWrappedEvents(t *testing.T) {
	p := NewParser(testLayout())
	f := func(line, want string) {
		t.Helper()
		if got := parseEnvelope(p, line); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", line, got, want)
		}
		compare(t, p, []byte(line))
	}
	const event = `{"@timestamp":1,"a":"\"ż\\"}`
	for _, w := range wraps {
		line := strings.TrimSpace(fmt.Sprintf(w, quoted(event)))
		f(line, `/ `+event)
		f(fmt.Sprintf(w, quoted(event+" \n")), `/ `+event)
		f(fmt.Sprintf(w, quoted(`{"_index":"i","_id":"d","_source":`+event+`}`)), `i/d `+event)
		// Strings within strings: three are unwrapped, a fourth is not.
		for range 2 {
			line = fmt.Sprintf(`{"log":%s}`, quoted(line))
			f(line, `/ `+event)
		}
		four := fmt.Sprintf(`{"message":%s}`, quoted(line))
		if got := parseEnvelope(p, four); got == `/ `+event {
			t.Errorf("%s: four levels are unwrapped", four)
		}
	}
	// What says anything of its own is the event itself.
	inner := quoted(event)
	for _, own := range []string{
		`{"message":` + inner + `,"process":{"name":"x"}}`,
		`{"message":` + inner + `,"event":{"category":"process"}}`,
		`{"message":` + inner + `,"event.action":"x"}`,
		`{"message":` + inner + `,"source":{"ip":"10.0.0.1"}}`,
		`{"message":` + inner + `,"user.name":"x"}`,
		`{"message":` + inner + `,"event":["x"]}`,
		`{"event":{"original":` + inner + `,"code":"1"}}`,
		// What is carried is no event, or not all of the text.
		`{"message":"{\"level\":\"info\"}"}`,
		`{"message":"{\"@timestamp\":1"}`,
		`{"message":"{\"@timestamp\":1} and more"}`,
		`{"message":" {\"@timestamp\":1}"}`,
		`{"message":"\u007b\"@timestamp\":1}"}`,
		`{"message":"[{\"@timestamp\":1}]"}`,
		`{"message":["{\"@timestamp\":1}","x"]}`,
		`{"message":[]}`,
		`{"message":{"original":` + inner + `}}`,
		`{"original":` + inner + `}`,
		`{"log":"{\"log\":\"{x\"}"}`,
	} {
		f(own, `/ `+own)
	}
	// Neither of two hides the other.
	f(`{"message":`+inner+`,"event":{"original":"{\"@timestamp\":2}"}}`, `bad: envelope with two events`)
	f(`{"message":`+inner+`,"message":"{\"@timestamp\":2}"}`, `bad: envelope with two events`)
}

// TestWrappedShared reads the shared events that stand in event.original.
func TestWrappedShared(t *testing.T) {
	dir := filepath.Join(sharedDir(t), "events", "envelopes")
	p := NewParser(testLayout())
	contents := func(name string) (out [][16]byte) {
		eachLine(t, filepath.Join(dir, name), func(line []byte) {
			var ev Event
			if err := p.Parse(&ev, line); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			out = append(out, p.Content())
		})
		return out
	}
	want, got := contents("01-bare-ndjson.ndjson"), contents("16-event-original-string.ndjson")
	if len(want) == 0 || fmt.Sprint(want) != fmt.Sprint(got) {
		t.Errorf("got contents %x, want %x", got, want)
	}
}

// TestWrappedMemory: a parser does not keep the text of a large event.
func TestWrappedMemory(t *testing.T) {
	p := NewParser(testLayout())
	large := quoted(`{"@timestamp":1,"a":"` + strings.Repeat("x", maxKeptLine) + `"}`)
	var ev Event
	for _, line := range []string{`{"message":` + large + `}`, `{"message":"{\"@timestamp\":1}"}`} {
		if err := p.Parse(&ev, []byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	if n := cap(p.wrapped[0]); n > maxKeptLine {
		t.Errorf("the parser keeps %d bytes", n)
	}
}

// FuzzWrapped: an event has the same content in any wrap, and both paths agree on it.
func FuzzWrapped(f *testing.F) {
	f.Add(`{"@timestamp":1,"a":"x"}`, uint8(0))
	f.Add(`{"@timestamp":"2026","a.b":[null,{"c":"\ud800"}],"\u0061":true}`, uint8(3))
	f.Add(`{"@timestamp":1,"message":"{\"@timestamp\":2}"}`, uint8(5))
	f.Add(`{"_index":"i","_source":{"@timestamp":1}}`, uint8(6))
	f.Fuzz(func(t *testing.T, text string, i uint8) {
		p := NewParser(testLayout())
		var ev Event
		line := fmt.Sprintf(wraps[int(i)%len(wraps)], quoted(text))
		compare(t, p, []byte(line))
		text = string([]rune(text)) // as quoted has it
		if !strings.HasPrefix(text, "{") || p.Parse(&ev, []byte(text)) != nil || find(ev.Source, "@timestamp") == nil {
			return
		}
		want := p.Content()
		if strings.Contains(string(ev.Source), `"{`) {
			return // it may carry one itself: one level less is left for it
		}
		if err := p.Parse(&ev, []byte(line)); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if p.Content() != want {
			t.Errorf("%s has other content than %s", line, text)
		}
	})
}
