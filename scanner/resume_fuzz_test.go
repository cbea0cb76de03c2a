package scanner

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"coldcase/matchers/event"
	"coldcase/scanner/journal"
)

// forged is a run that goes on with a journal of which one frame is the fuzzer's.
type forged struct {
	cfg    Config
	path   string
	frames []journal.Frame // as a run has written them
}

func newForged(f *testing.F) *forged {
	f.Helper()
	secret := event.Secret()
	f.Cleanup(func() { event.SetSecret(secret) })
	cfg := everyType(f)
	var lines []string
	for i, name := range []string{"tool", "first", "second", "second", "third", "tool", "quiet"} {
		lines = append(lines, ev{time: at(i), name: name, user: []string{"u1", "u2"}[i%2],
			more: `"process.pid":7,"process.parent.pid":6,"event.type":"start"`}.String())
	}
	cfg = over(f, cfg, write(f, f.TempDir(), "a.ndjson", append(lines, "{broken")...))
	cfg.Jobs = 1
	x := &forged{cfg: cfg, path: filepath.Join(f.TempDir(), "state")}
	_, b := begun(f, cfg)
	if err := os.WriteFile(x.path, b, 0o600); err != nil {
		f.Fatal(err)
	}
	j, err := journal.Open(x.path)
	if err != nil {
		f.Fatal(err)
	}
	defer j.Close()
	err = j.Each(func(fr journal.Frame) error {
		fr.Data = append([]byte{}, fr.Data...)
		x.frames = append(x.frames, fr)
		return nil
	})
	if err != nil || len(x.frames) != 3 {
		f.Fatalf("%d frames, %v", len(x.frames), err)
	}
	return x
}

// run goes on with the frames, of which number n has other data. It may be refused, and no
// more than that.
func (x *forged) run(t *testing.T, n int, data []byte) {
	t.Helper()
	os.Remove(x.path)
	j, err := journal.Create(x.path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for i, f := range x.frames {
		if i == n {
			f.Data = data
		}
		if err := j.Append(f); err != nil {
			t.Fatal(err)
		}
	}
	cfg := x.cfg
	cfg.Journal = j
	res, err := Run(t.Context(), cfg)
	if err != nil {
		return
	}
	err = res.Findings(func(f *Finding) error {
		res.explain(f)
		return nil
	})
	if err = errors.Join(err, res.Rejects(func(*Reject) error { return nil }), res.Close()); err != nil {
		t.Log(err)
	}
}

// FuzzResumeEntries: records, starts and rejects of a journal may be anybody's.
func FuzzResumeEntries(f *testing.F) {
	x := newForged(f)
	f.Add(x.frames[1].Data)
	for data := x.frames[1].Data; len(data) > 0; { // each entry alone
		n := entryLength(f, data)
		f.Add(data[:n])
		data = data[n:]
	}
	f.Fuzz(func(t *testing.T, data []byte) { x.run(t, 1, data) })
}

// entryLength is how long the first entry is.
func entryLength(f *testing.F, b []byte) int {
	f.Helper()
	n, size := binary.Uvarint(b[1:])
	if size <= 0 || n > uint64(len(b)) {
		f.Fatal("no entry")
	}
	return 1 + size + int(n)
}

// FuzzResumeDone: the health and the account of an input may be anybody's.
func FuzzResumeDone(f *testing.F) {
	x := newForged(f)
	f.Add(x.frames[2].Data)
	f.Fuzz(func(t *testing.T, data []byte) { x.run(t, 2, data) })
}
