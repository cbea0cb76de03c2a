package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"

	"coldcase/scanner"

	"github.com/google/go-cmp/cmp"
)

func csvOf(t *testing.T, opt Options, fs ...*scanner.Finding) string {
	t.Helper()
	var b bytes.Buffer
	if err := writeCSV(&b, findings(fs...), opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCSV(t *testing.T) {
	head := "time,severity,risk_score,score,rule_name,rule_id,rule_version,rule_type,tactics,techniques,host,user,process,command_line,message,count,file,line,offset,finding_id\r\n"
	if got := csvOf(t, Options{}); got != head {
		t.Errorf("no finding: got %q, want the header alone", got)
	}
	got := csvOf(t, Options{}, ticketFinding(), &scanner.Finding{})
	want := head +
		`2026-03-01T10:00:02.500Z,high,73,73.0,"Ticket Cache Copied",11111111-aaaa-4bbb-8ccc-000000000001,4,query,"Credential Access;Exfiltration",T1003;T1558;T1558.003,mac01,alice,kcc,"'=kcc ""copy"", now",,1,exports/a.ndjson.gz,17,40213,f1` + "\r\n" +
		",,0,0.0,,,,,,,,,,,,0,,,,\r\n"
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	raw := csvOf(t, Options{CSVRaw: true}, ticketFinding())
	if !strings.Contains(raw, `"=kcc ""copy"", now"`) {
		t.Errorf("--csv-raw guards all the same: %s", raw)
	}
}

func TestCSVCell(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := csvCell(in, false); got != want {
			t.Errorf("csvCell(%q) = %q, want %q", in, got, want)
		}
	}
	f("plain", "plain")
	f("=1+1", "'=1+1")
	f("+1", "'+1")
	f("-bash", "'-bash")
	f("@x", "'@x")
	f("\t=1", "'\t=1")
	f("\r=1", `'\r=1`)
	f("\x00=1", `'\x00=1`)
	f("  =1", "'  =1")
	f("＝1", "'＝1")
	f("a=1", "a=1")
	f("a\x1b[0m\u202eb", `a\x1b[0m\u202eb`)
	f("a\nb\r\nc\td", "a\nb\r\nc\td")
	f("a\rb", `a\rb`)
	f("a\xffb", `a\xffb`)
	f("grüße", "grüße")
	if got := csvCell("=a\x1b\xff", true); got != "=a\x1b\ufffd" {
		t.Errorf("raw: %q", got)
	}
}

// What goes in comes out of a standard reader: rows cannot be forged by evidence.
func FuzzCSVRecord(f *testing.F) {
	f.Add("a,b", "\"\r\n=x", true)
	f.Fuzz(func(t *testing.T, a, b string, raw bool) {
		in := []string{csvCell(a, raw), csvCell(b, raw), "end"}
		got, err := csv.NewReader(bytes.NewReader(appendRecord(nil, in))).ReadAll()
		if err != nil || len(got) != 1 || len(got[0]) != 3 {
			t.Fatalf("%q: %q, %v", in, got, err)
		}
		for i := range in {
			// The reader turns CRLF inside a cell into LF.
			if want := strings.ReplaceAll(in[i], "\r\n", "\n"); got[0][i] != want {
				t.Errorf("cell %d: %q, want %q", i, got[0][i], want)
			}
		}
	})
}

func TestWriteErrors(t *testing.T) {
	fail := func(yield func(*scanner.Finding) error) error { return errBoom }
	if err := writeCSV(&bytes.Buffer{}, fail, Options{}); !errors.Is(err, errBoom) {
		t.Errorf("csv: an error of the findings is lost: %v", err)
	}
	if err := writeJSONL(&bytes.Buffer{}, fail); !errors.Is(err, errBoom) {
		t.Errorf("jsonl: an error of the findings is lost: %v", err)
	}
	// A result of this test holds no findings, of which these have a line each and
	// nothing else.
	lines := map[string]func(io.Writer, walk) error{
		"jsonl": writeJSONL, "bulk": writeBulk, "rejects": rejectsOf,
		"timesketch": func(w io.Writer, findings walk) error { return writeTimesketch(w, findings, Options{}) },
	}
	for _, f := range Formats {
		write := lines[f.Name]
		if write == nil {
			write = func(w io.Writer, _ walk) error { return f.Write(w, someResult(), Options{}) }
		}
		if err := write(brokenWriter{}, findings(ticketFinding())); !errors.Is(err, errBoom) {
			t.Errorf("%s: an error of the writer is lost: %v", f.Name, err)
		}
	}
	for name, write := range lines {
		if err := write(io.Discard, fail); !errors.Is(err, errBoom) {
			t.Errorf("%s: an error of the findings is lost: %v", name, err)
		}
	}
	if err := writeHTML(io.Discard, someResult(), fail); !errors.Is(err, errBoom) {
		t.Errorf("html: an error of the findings is lost: %v", err)
	}
	if err := Screen(brokenWriter{}, someResult(), Options{}); !errors.Is(err, errBoom) {
		t.Errorf("screen: an error of the writer is lost: %v", err)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errBoom }
