package lines_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"coldcase/scanner/input"
	"coldcase/scanner/lines"
)

// told takes whatever holds "index" for an action with a document, and "delete" for one
// without.
type told struct {
	b    strings.Builder
	open bool
}

func (w *told) Action(line []byte) (document, ok bool) {
	document = strings.Contains(string(line), "index")
	ok = document || strings.Contains(string(line), "delete")
	if ok {
		w.b.WriteString("(")
		w.open = true
	}
	return document, ok
}

func (w *told) EndAction() { w.b.WriteString(")"); w.open = false }

// Actions are told of, each ends before the next document, and none is yielded.
func TestDocuments(t *testing.T) {
	text := `{"a":1}` + "\n" + `{"index":{"_index":"x"}}` + "\n" + `{"a":2}` + "\n" + `{"delete":{"_id":"1"}}` + "\n" +
		`{"create":{"_id":"none"}}` + "\n" + `{"a":3}` + "\n" + `{"index":{}}` + "\n"
	s, err := input.Open(input.Input{Name: "-"}, strings.NewReader(text), input.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	budget, w := lines.NewBudget(0, 0, 1), &told{}
	d, err := lines.NewDocuments(context.Background(), lines.NewReader(s, 0, budget), budget, w)
	if err != nil {
		t.Fatal(err)
	}
	for {
		l, err := d.Next(context.Background())
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, has := d.Action(); has != w.open {
			t.Errorf("line %d: action %v, told %v", l.Number, has, w.open)
		}
		if at := d.Origin(l); text[at.Offset:][:at.Length] != string(d.Bytes(l)) {
			t.Errorf("line %d: %q is not at %+v", l.Number, d.Bytes(l), at)
		}
		w.b.Write(d.Bytes(l))
	}
	d.Release()
	// What is no action for the worker is a document; an action without one ends at once.
	if got, want := w.b.String(), `{"a":1}({"a":2})(){"create":{"_id":"none"}}{"a":3}()`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
