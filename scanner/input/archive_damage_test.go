package input

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"testing"
)

// tenMembers are ten pieces of lines as members.
func tenMembers(lines int) (members []packed) {
	for i, u := range tenUnits(lines) {
		members = append(members, packed{fmt.Sprintf("%d.ndjson", i), u})
	}
	return members
}

// linesOf counts the lines of want that the inputs of an archive hold.
func linesOf(want map[string]bool, all []got) int {
	var out [][]byte
	for _, g := range all {
		out = append(out, g.body)
	}
	return tally(want, out)
}

// TestFlipArchives flips every byte of archives of ten members: of the other nine,
// every line is read; and the damage is told where it cost anything.
func TestFlipArchives(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of streams: not for the race detector's turn")
	}
	members := tenMembers(2)
	var content [][]byte
	for _, m := range members {
		content = append(content, m.body)
	}
	all := lineSet(bytes.Join(content, nil))
	per := len(all) / len(members)
	f := func(name string, stored []byte, step int, summed func(at int) bool) {
		t.Helper()
		path := file(t, "a", stored)
		tried, recovered := 0, 0
		for at := 0; at < len(stored); at += step {
			damaged := bytes.Clone(stored)
			damaged[at] ^= flips[at%len(flips)]
			if err := os.WriteFile(path, damaged, 0o644); err != nil {
				t.Fatal(err)
			}
			inputs, _ := readAll(t, path, WalkOptions{}, Limits{})
			n := linesOf(all, inputs)
			tried, recovered = tried+1, recovered+n
			if n < len(all)-per {
				t.Errorf("%s: byte %d: %d of %d lines", name, at, n, len(all)-per)
				for _, g := range inputs {
					t.Logf("%s: %d bytes, %v", g.in.Name, len(g.body), g.err)
				}
				return
			}
			told := false
			for _, g := range inputs {
				told = told || g.err != nil
			}
			if n < len(all) && !told && summed(at) {
				t.Errorf("%s: byte %d ^ %#x: %d of %d lines, and not a word", name, at, flips[at%len(flips)], n, len(all))
			}
		}
		t.Logf("%s: %d flips, at least %d lines recoverable, %d recovered", name, tried, tried*(len(all)-per), recovered)
	}
	always := func(int) bool { return true }
	f("zip", zipOf(t, zip.Deflate, members...), 1, always)
	// A compressed archive whose members are compressed one by one.
	whole := tarOf(t, members...)
	for name, encode := range map[string]func([]byte) []byte{
		"tar.gz":  func(b []byte) []byte { return gz(t, "", b) },
		"tar.zst": func(b []byte) []byte { return zst(t, b) },
	} {
		var stored []byte
		for i := range members {
			stored = append(stored, encode(whole[1024*i:1024*(i+1)])...)
		}
		f(name, append(stored, encode(whole[1024*len(members):])...), 1, always)
	}
	f("zip stored", zipOf(t, zip.Store, members...), 3, always)
	// A tar archive has checksums of its headers only.
	f("tar", tarOf(t, members...), 5, func(at int) bool { return at%1024 < 512 })
}

// TestCutArchives cuts archives at every byte: every member before the cut is read, and
// of the one that is cut, what is there.
func TestCutArchives(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of streams: not for the race detector's turn")
	}
	members := tenMembers(2)
	f := func(name string, stored []byte, step int, ends func(i int) int) {
		t.Helper()
		path := file(t, "a", stored)
		for n := 0; n < len(stored); n += step {
			if err := os.WriteFile(path, stored[:n], 0o644); err != nil {
				t.Fatal(err)
			}
			if n < 512 {
				continue // not known for what it is
			}
			inputs, _ := readAll(t, path, WalkOptions{}, Limits{})
			bodies := map[string][]byte{}
			told := false
			for _, g := range inputs {
				bodies[g.in.Name] = g.body
				told = told || g.err != nil
			}
			for i, m := range members {
				if ends(i) <= n && !bytes.Equal(bodies[path+"!"+m.name], m.body) {
					t.Errorf("%s cut at %d: member %d: %d bytes of %d", name, n, i, len(bodies[path+"!"+m.name]), len(m.body))
				}
			}
			if !told {
				t.Errorf("%s cut at %d: not a word", name, n)
			}
			if t.Failed() {
				return
			}
		}
	}
	z := zipOf(t, zip.Deflate, members...)
	f("zip", z, 1, func(i int) int {
		at := 0
		for range i + 1 {
			at += 4 + bytes.Index(z[at+4:], []byte(zipAfter))
		}
		return at
	})
	tr := tarOf(t, members...)
	// The two blocks of zeros at the end: without the second the end is not marked.
	f("tar", tr[:len(tr)-1], 7, func(i int) int { return (i + 1) * 1024 })
}
