package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"coldcase/scanner"

	"github.com/google/go-cmp/cmp"
)

func TestJSONL(t *testing.T) {
	var b bytes.Buffer
	if err := writeJSONL(&b, findings(ticketFinding(), &scanner.Finding{})); err != nil {
		t.Fatal(err)
	}
	want := `{"schema":"coldcase/finding/1","finding_id":"f1",` +
		`"rule":{"id":"11111111-aaaa-4bbb-8ccc-000000000001","name":"Ticket Cache Copied","version":4,"type":"query","language":"kuery","severity":"high","risk_score":73,"file":"builtin/ticket.toml","building_block":false,"tags":["OS: macOS"],"references":["https://example.org/a?b=<c>&d"]},` +
		`"attack":[{"tactic":{"id":"TA0006","name":"Credential Access"},"technique":{"id":"T1003","name":"OS Credential Dumping"}},` +
		`{"tactic":{"id":"TA0006","name":"Credential Access"},"technique":{"id":"T1558","name":"Steal or Forge Kerberos Tickets"},"subtechnique":{"id":"T1558.003","name":"Kerberoasting","was":"T1208"}},` +
		`{"tactic":{"id":"TA0010","name":"Exfiltration"}}],` +
		`"time":"2026-03-01T10:00:02.500Z","last":"2026-03-01T10:00:02.500Z","host":"mac01","user":"alice","score":73.0,` +
		`"evidence":[{"file":"exports/a.ndjson.gz","file_sha256":"ab","line":17,"offset":40213,"length":2110,"line_sha256":"cd","index":"logs-x","id":"7","step":0,"event":{"a":"<&` + "\ufffd" + `","n":1.50,"a":2}}],` +
		`"detail":{"a":"<b>","z":1}}` + "\n" +
		`{"schema":"coldcase/finding/1","finding_id":"","rule":{"id":"","name":"","version":null,"type":"","language":null,"severity":"","risk_score":0,"file":"","building_block":false,"tags":[],"references":[]},"attack":[],"time":null,"last":null,"host":null,"user":null,"score":0.0,"evidence":[],"detail":{}}` + "\n"
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestEventJSON(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := string(eventJSON([]byte(in))); got != want {
			t.Errorf("eventJSON(%q) = %q, want %q", in, got, want)
		}
	}
	f("", "null")
	f(`{ "a" : [ 1e400 , "\u0041" ] }`, `{"a":[1e400,"\u0041"]}`)
	f("{\"a\":\"\xc3\"}", "{\"a\":\"\ufffd\"}")
	f("{\"a\":\"tab\there\"}", `"{\"a\":\"tab\there\"}"`)
	f(`{"a":`, `"{\"a\":"`)
	f(`{"a":"<&>"}`, `{"a":"<&>"}`)
	deep := strings.Repeat("[", 20000) + strings.Repeat("]", 20000)
	if got := eventJSON([]byte(deep)); got[0] != '"' || !json.Valid(got) {
		t.Errorf("deep nesting gives %.20q", got)
	}
}

// Every line stays one valid JSON object, whatever the event.
func FuzzEventJSON(f *testing.F) {
	f.Add([]byte("{\"a\":\"\x00\xff\"}"))
	f.Fuzz(func(t *testing.T, ev []byte) {
		got := eventJSON(ev)
		if !json.Valid(got) || bytes.ContainsAny(got, "\n\r") {
			t.Errorf("eventJSON(%q) = %q", ev, got)
		}
	})
}
