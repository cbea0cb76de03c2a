package correlate

import (
	"bytes"
	"fmt"
	"math/rand"
	"testing"
)

// longEntries are entries of which some have a payload that cursors do not keep.
func longEntries() (keys []string, payload map[string][]byte) {
	r := rand.New(rand.NewSource(9))
	payload = map[string][]byte{}
	for i := range 60 {
		size := []int{0, 1, 100, maxAhead - 1, maxAhead, maxAhead + 1, 3 * spillBlock, 300_000}[i%8]
		b := make([]byte, size)
		r.Read(b)
		key := fmt.Sprintf("%04d", i)
		keys, payload[key] = append(keys, key), b
	}
	return keys, payload
}

// Entries come whole and in order, however long, from several sorters that spilled each of
// them, whether their payloads are looked at or not.
func TestMergeLongEntries(t *testing.T) {
	keys, payload := longEntries()
	var sorters []*Sorter
	for i := range 5 {
		s := NewSorter(t.TempDir(), 1000)
		defer s.Close()
		for j := len(keys) - 1 - i; j >= 0; j -= 5 {
			if err := s.Add([]byte(keys[j]), payload[keys[j]]); err != nil {
				t.Fatal(err)
			}
		}
		sorters = append(sorters, s)
	}
	for range 2 { // a second time from runs that were compacted
		n := 0
		err := Merge(sorters, func(key, got []byte) error {
			if string(key) != keys[n] || !bytes.Equal(got, payload[keys[n]]) {
				t.Fatalf("entry %d is %s with %d bytes, want %s with %d", n, key, len(got), keys[n], len(payload[keys[n]]))
			}
			n++
			return nil
		})
		if err != nil || n != len(keys) {
			t.Fatalf("%d entries of %d, %v", n, len(keys), err)
		}
	}
	n := 0
	for _, s := range sorters {
		if err := s.each(func([]byte) { n++ }); err != nil {
			t.Fatal(err)
		}
	}
	if n != len(keys) {
		t.Errorf("%d keys of %d", n, len(keys))
	}
}

// What is merged keeps the keys of its runs in memory, and one long payload.
func TestMergeKeepsOneLongPayload(t *testing.T) {
	const long = 1 << 20
	m := &merger{}
	defer m.close()
	for i := range 8 {
		s := NewSorter(t.TempDir(), 1000)
		defer s.Close()
		for j := range 3 {
			if err := s.Add(fmt.Appendf(nil, "%d-%d", j, i), make([]byte, long)); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.addSorter(s); err != nil {
			t.Fatal(err)
		}
		for _, r := range s.runs {
			if r.memory() > maxAhead+4*spillBlock {
				t.Errorf("a run of long payloads counts %d bytes", r.memory())
			}
		}
	}
	if len(m.cursors) != 24 {
		t.Fatalf("%d runs", len(m.cursors))
	}
	n := 0
	err := m.run(func(_, payload []byte) error {
		if n++; len(payload) != long {
			t.Errorf("a payload of %d bytes", len(payload))
		}
		held := cap(m.long)
		for _, c := range m.cursors {
			held += cap(c.(*runCursor).buf)
		}
		if held > long+long/2 {
			t.Fatalf("%d bytes are held", held)
		}
		return nil
	})
	if err != nil || n != 24 {
		t.Errorf("%d entries, %v", n, err)
	}
}
