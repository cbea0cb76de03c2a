package correlate

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"coldcase/matchers/event"
)

// records are a record with nothing, one with everything, and each with one thing.
func everyRecord() (out []Record) {
	full := Record{Rule: 7, Step: -2, Time: -5, NoTime: true, Sequence: 12, IDHash: [16]byte{1}, Content: [16]byte{15: 2},
		Origin: event.Origin{Input: 3, Line: 4, Offset: 500, Length: 60}, Assumed: true, Beyond: true, Nth: 2, Key: "\x00key",
		Values: []string{"a", "", "b"}, Baseline: true, Name: "n", Severity: "high", Risk: -1, Indicator: "{}", Row: "row",
		HostKey: "h", Host: strings.Repeat("long", 100), User: "u", Process: "p", Command: "c", Message: "m", Index: "i", ID: "id",
		LineHash: [32]byte{9}, Event: []byte("{}")}
	out = append(out, Record{Sequence: math.MaxInt64}, full)
	for i := range reflect.TypeFor[Record]().NumField() {
		r := Record{Sequence: math.MaxInt64}
		reflect.ValueOf(&r).Elem().Field(i).Set(reflect.ValueOf(full).Field(i))
		out = append(out, r)
	}
	return out
}

func TestRecordIsReadBack(t *testing.T) {
	for _, known := range []*names{nil, {}} {
		for i, want := range everyRecord() {
			b := append(want.append(nil, known), "rest"...)
			got := Record{Key: "of the record before", Values: []string{"x"}}
			rest, err := got.decode(b, known)
			if err != nil || string(rest) != "rest" {
				t.Fatalf("record %d: rest %q: %v", i, rest, err)
			}
			if len(want.Event) == 0 {
				want.Event, got.Event = nil, nil
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("record %d:\n got %+v\nwant %+v", i, got, want)
			}
			h, _, err := cutHead(b)
			if err != nil || h.rule != want.Rule || h.step != want.Step || string(h.key) != want.Key || string(h.row) != want.Row {
				t.Errorf("record %d: head %+v: %v", i, h, err)
			}
		}
	}
}

func TestCutRecordIsAnError(t *testing.T) {
	known := &names{}
	for i, r := range everyRecord() {
		b := r.append(nil, known)
		for n := range b {
			var got Record
			if _, err := got.decode(b[:n:n], known); err == nil {
				t.Fatalf("record %d cut to %d of %d bytes is read as %+v", i, n, len(b), got)
			}
		}
	}
}

func FuzzDecodeRecord(f *testing.F) {
	for _, r := range everyRecord() {
		f.Add(r.Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var r, again Record
		if _, err := r.Decode(b); err != nil {
			return
		}
		rest, err := again.Decode(r.Append(nil))
		if err != nil || len(rest) > 0 {
			t.Fatalf("%+v: %d bytes are left: %v", r, len(rest), err)
		}
	})
}

func TestNamesAreBounded(t *testing.T) {
	n := &names{}
	var b []byte
	var want []string
	for i := range 2*maxNames + 2 {
		s := strings.Repeat("n", i%(2*maxName))
		want = append(want, s)
		b = n.append(b, s)
	}
	if len(n.texts) > maxNames || len(n.texts) < maxName {
		t.Errorf("%d names are kept", len(n.texts))
	}
	for i, s := range want {
		got, rest, err := n.cut(b)
		if err != nil || got != s {
			t.Fatalf("name %d: got %q want %q: %v", i, got, s, err)
		}
		b = rest
	}
	if _, _, err := n.cut([]byte{200, 200, 1}); err == nil {
		t.Error("a number that names nothing is read")
	}
}
