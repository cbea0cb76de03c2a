package report

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"coldcase/scanner"

	"github.com/google/go-cmp/cmp"
)

// rejectsOf writes a reject for each finding of a walk.
func rejectsOf(w io.Writer, findings walk) error {
	return writeRejects(w, func(yield func(*scanner.Reject) error) error {
		return findings(func(*scanner.Finding) error { return yield(&scanner.Reject{File: "a", Kind: "not JSON"}) })
	})
}

func rejected(t *testing.T, r *scanner.Reject) map[string]any {
	t.Helper()
	var b bytes.Buffer
	if err := writeRejects(&b, func(yield func(*scanner.Reject) error) error { return yield(r) }); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(b.String(), "}\n") || strings.Count(b.String(), "\n") != 1 {
		t.Errorf("not one line: %q", b.String())
	}
	var got map[string]any
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestRejectLines(t *testing.T) {
	f := func(r *scanner.Reject, want map[string]any) {
		t.Helper()
		want["schema"], want["file"] = "coldcase/reject/1", "a.gz"
		r.File = "a.gz"
		if d := cmp.Diff(want, rejected(t, r)); d != "" {
			t.Errorf("%+v (-want +got):\n%s", r, d)
		}
	}
	f(&scanner.Reject{Kind: "not JSON", Line: 3, Offset: 40, Length: 9, Bytes: []byte("<no> \x00 \"j")},
		map[string]any{"kind": "not JSON", "line": 3.0, "offset": 40.0, "length": 9.0, "cut": false, "text": "<no> \x00 \"j", "why": nil, "lost": nil})
	f(&scanner.Reject{Kind: "not JSON", Line: 3, Offset: 40, Length: 2, Bytes: []byte("\xff\xfe")},
		map[string]any{"kind": "not JSON", "line": 3.0, "offset": 40.0, "length": 2.0, "cut": false, "base64": "//4=", "why": nil, "lost": nil})
	// A cut within a character leaves text; without one it is no text.
	f(&scanner.Reject{Kind: "x", Line: 1, Length: 9, Bytes: []byte("ab\xe2\x82")},
		map[string]any{"kind": "x", "line": 1.0, "offset": 0.0, "length": 9.0, "cut": true, "text": "ab", "why": nil, "lost": nil})
	f(&scanner.Reject{Kind: "x", Line: 1, Length: 4, Bytes: []byte("ab\xe2\x82")},
		map[string]any{"kind": "x", "line": 1.0, "offset": 0.0, "length": 4.0, "cut": false, "base64": "YWLigg==", "why": nil, "lost": nil})
	f(&scanner.Reject{Kind: "x", Line: 1, Why: "not read again: gone"},
		map[string]any{"kind": "x", "line": 1.0, "offset": 0.0, "length": nil, "cut": false, "why": "not read again: gone", "lost": nil})
	f(&scanner.Reject{Offset: 7, Why: "cut", Lost: &scanner.Lost{Offset: 7, Stored: 5, Length: 2, Decoded: 8, Estimated: true, Unverified: 3, Why: "cut"}},
		map[string]any{"kind": "lost range", "line": nil, "offset": 7.0, "length": nil, "cut": false, "why": "cut", "lost": map[string]any{
			"offset": 7.0, "stored_offset": 5.0, "stored_bytes": 2.0, "decoded_bytes": 8.0, "estimated": true, "unverified_bytes": 3.0, "why": "cut"}})
}
