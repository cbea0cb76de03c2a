package claim

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// A line beyond the limit is a finding that is not proven; those after it are read.
func TestReaderGoesOn(t *testing.T) {
	good := `{"schema":"coldcase/finding/1","finding_id":"a","rule":{"id":"r"},"evidence":[{"file":"f","line_sha256":"0"}]}`
	r := NewReader(strings.NewReader("\n{}\n" + strings.Repeat("x", MaxLine+1) + "\n" + good))
	var got []string
	for {
		c, err := r.Next()
		if err != nil {
			got = append(got, err.Error())
			if _, ok := errors.AsType[*Error](err); !ok {
				break
			}
			continue
		}
		got = append(got, c.ID)
	}
	want := []string{ErrSchema.Error(), errLong.Error(), "a", "EOF"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(`{"schema":"coldcase/finding/1","finding_id":"a","rule":{"id":"r","version":3},"evidence":[{"file":"f!g","line":1,"line_sha256":"0","event":{"a":[1,{}]}}]}` + "\n\n{}"))
	f.Add([]byte("{\"schema\":\"coldcase/finding/1\"}\r\n[1"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReader(bytes.NewReader(b))
		for n := 0; ; n++ {
			if n > len(b)+1 {
				t.Fatal("more findings than bytes")
			}
			c, err := r.Next()
			if err != nil {
				if _, ok := errors.AsType[*Error](err); ok {
					continue
				}
				return
			}
			if c.ID == "" || c.Lines == 0 {
				t.Fatalf("%+v was taken for a finding", c)
			}
			for _, e := range c.Evidence {
				EventSum(e.Event)
			}
		}
	})
}
