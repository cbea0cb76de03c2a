package scanner

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"coldcase/matchers/event"
	"coldcase/scanner/input"
	"coldcase/scanner/lines"
)

// longEvidence is lines of all shapes that follow one another, some megabytes of them.
func longEvidence() []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < 40<<20; i++ {
		fmt.Fprintf(&b, `{"@timestamp":"2026-01-01T00:00:00Z","n":%d,"message":"%0900d"}`, i, i)
		b.WriteString([...]string{"\n", "\r\n", "\n\n", "\n{bad\n", "\n \t\n", `{"more":1}` + "\n", "\x00\x00\n"}[i%7])
	}
	b.WriteString(`{"last":true}`)
	return b.Bytes()
}

// readOrigins frames an input as a run does, and keeps its places.
func readOrigins(t *testing.T, cfg *Config, i int) (origins []event.Origin) {
	t.Helper()
	s, err := input.Open(cfg.Inputs[i], nil, input.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cfg.places.note(i, s)
	budget := lines.NewBudget(0, 0, 1)
	r := lines.NewReader(s, int32(i), budget)
	for {
		b, err := budget.Get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Next(t.Context(), b); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		for _, l := range b.Lines {
			origins = append(origins, b.Origin(l))
		}
		b.Release()
	}
	cfg.places.keep(i, s, r)
	return origins
}

func quickGzFile(t *testing.T, path string, b []byte) input.Input {
	t.Helper()
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return input.Input{Name: path, Path: path}
}

// TestFetchFromPlaces: lines that are read from places are those that one reader finds
// from the beginning, and nearly all are read so.
func TestFetchFromPlaces(t *testing.T) {
	dir := t.TempDir()
	long := longEvidence()
	table := bytes.Repeat([]byte("\"2026-01-01T00:00:00Z\",\"h\",7\n"), 900_000)
	cfg := Config{Inputs: []input.Input{
		quickGzFile(t, filepath.Join(dir, "long"), long),
		quickGzFile(t, filepath.Join(dir, "short"), long[:100_000]),
		quickGzFile(t, filepath.Join(dir, "table"), append([]byte("@timestamp,host.name,n\n"), table...)),
	}}
	cfg.places = make(keptPlaces, len(cfg.Inputs))
	var origins []event.Origin
	for i := range cfg.Inputs {
		of := readOrigins(t, &cfg, i)
		for k := 0; k < len(of); k += 1 + i*1000 {
			origins = append(origins, of[k])
		}
		origins = append(origins, of[len(of)-1])
	}
	if len(cfg.places[0]) < 3 || len(cfg.places[1]) != 0 || len(cfg.places[2]) != 0 {
		t.Fatalf("%d, %d and %d places", len(cfg.places[0]), len(cfg.places[1]), len(cfg.places[2]))
	}
	want := make([]string, len(origins))
	err := Fetch(t.Context(), cfg, origins, func(i int, line, raw []byte) error {
		want[i] = string(line) + "\x00" + string(raw)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for jobs := range 4 {
		got := make([]string, len(origins))
		var mu sync.Mutex
		take := func(_, i int, line, raw []byte) error {
			mu.Lock()
			defer mu.Unlock()
			if got[i] != "" {
				t.Errorf("%+v comes twice", origins[i])
			}
			got[i] = string(line) + "\x00" + string(raw)
			return nil
		}
		if err := fetchAtOnce(t.Context(), cfg, jobs, origins, take); err != nil || !slices.Equal(got, want) {
			t.Fatalf("%d readers: other lines, %v", jobs, err)
		}
	}
	wanted, err := inOrder(cfg, origins)
	if err != nil {
		t.Fatal(err)
	}
	left, err := fetchFromPlaces(t.Context(), cfg, 2, origins, wanted, func(int, int, []byte, []byte) error { return nil })
	odd := 0 // lines with NUL bytes behind them, and the objects before others, are no whole lines
	for _, i := range left {
		if origins[i].Input == 0 {
			odd++
		}
	}
	if err != nil || odd == 0 || odd > len(origins)/3 {
		t.Errorf("%d of %d lines are left, %v", odd, len(origins), err)
	}
}

// TestFetchFromChanged: what is not there any more is told as by one reader.
func TestFetchFromChanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	long := longEvidence()
	cfg := Config{Inputs: []input.Input{quickGzFile(t, path, long)}, places: make(keptPlaces, 1)}
	origins := readOrigins(t, &cfg, 0)
	origins = []event.Origin{origins[5], origins[len(origins)/2], origins[len(origins)-2]}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	nothing := func(int, int, []byte, []byte) error { return nil }
	if err := fetchAtOnce(ctx, cfg, 2, origins, nothing); err != context.Canceled {
		t.Errorf("interrupted: %v", err)
	}
	if err := fetchAtOnce(t.Context(), cfg, 2, origins, func(int, int, []byte, []byte) error { return errStop }); err != errStop {
		t.Errorf("yield's error comes back as %v", err)
	}
	quickGzFile(t, path, long[1:])
	want := Fetch(t.Context(), cfg, origins, func(int, []byte, []byte) error { return nil })
	if got := fetchAtOnce(t.Context(), cfg, 2, origins, nothing); got == nil || got.Error() != want.Error() {
		t.Errorf("changed: %v, want %v", got, want)
	}
}

// TestKeepVerbatim: only what stands in the stream as it is matched is read by offset.
func TestKeepVerbatim(t *testing.T) {
	f := func(name, text string, want bool) {
		t.Helper()
		budget := lines.NewBudget(0, 0, 1)
		b, err := budget.Get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer b.Release()
		r := lines.NewReader(bytes.NewReader([]byte(text)), 0, budget)
		if err := r.Next(t.Context(), b); err != nil || len(b.Lines) == 0 {
			t.Fatalf("%s: %d lines, %v", name, len(b.Lines), err)
		}
		if got := r.Verbatim(); got != want {
			t.Errorf("%s: %v", name, got)
		}
		same := true
		for _, l := range b.Lines {
			o := b.Origin(l)
			same = same && text[o.Offset:o.Offset+int64(o.Length)] == string(b.Bytes(l))
		}
		if same != want {
			t.Errorf("%s: lines are what stands there: %v", name, same)
		}
	}
	f("lines", "{\"a\":1}\r\n{\"a\":2}\n", true)
	f("array", "[{\"a\":1},\n{\"a\":2}]", true)
	f("UTF-16", "\xff\xfe{\x00\"\x00a\x00\"\x00:\x001\x00}\x00\n\x00", false)
	f("CSV", "@timestamp,host.name\n2026-01-01T00:00:00Z,h\n", false)
	f("ES|QL", `{"columns":[{"name":"@timestamp","type":"date"}],"values":[["2026-01-01T00:00:00Z"]]}`+"\n", false)
}
