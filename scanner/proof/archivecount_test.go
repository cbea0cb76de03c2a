package proof

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coldcase/scanner"
)

// manyMembers are the members of an archive in an order that is not that of their names:
// 200, with 500 lines that make findings between them. skip leaves out the first line of
// each.
func manyMembers(skip bool) (names []string, texts map[string][]byte) {
	r := rand.New(rand.NewSource(5))
	texts = map[string][]byte{}
	for _, i := range r.Perm(200) {
		var b strings.Builder
		for n := range 40 {
			name := "other"
			if n == 10 || n == 20 || n == 30 && i%2 == 0 {
				name = "one"
			}
			if line := (ev{time: at(n), name: name, id: fmt.Sprintf("%d-%d-%x%x", i, n, r.Uint64(), r.Uint64())}).String(); n > 0 || !skip {
				b.WriteString(line + "\n")
			}
		}
		name := fmt.Sprintf("case/%d.ndjson", i)
		names, texts[name] = append(names, name), []byte(b.String())
	}
	return names, texts
}

func manyTar(t testing.TB, skip bool) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	names, texts := manyMembers(skip)
	for _, name := range names {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(texts[name]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(texts[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func manyZip(t testing.TB, skip bool) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	names, texts := manyMembers(skip)
	for _, name := range names {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(texts[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bytesRead is how many bytes this process has read so far, by any system call.
func bytesRead(t testing.TB) int64 {
	t.Helper()
	b, err := os.ReadFile("/proc/self/io")
	if err != nil {
		t.Skip("the system does not count what is read: ", err)
	}
	var n int64
	if _, err := fmt.Sscanf(string(b), "rchar: %d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// manyArchives are forms in which the members are kept.
var manyArchives = []struct {
	name string
	make func(t testing.TB, skip bool) []byte
}{
	{"t.tar.gz", func(t testing.TB, skip bool) []byte { return gz(t, manyTar(t, skip), 1) }},
	{"t.tar", manyTar},
	{"z.zip", manyZip},
	{"z.zip.gz", func(t testing.TB, skip bool) []byte { return gz(t, manyZip(t, skip), 1) }},
}

// TestVerifyReadsArchivesOnce has findings in every member of an archive: to prove them
// takes a few readings of the archive, one to see what it holds, one to hash, one to
// hold the lines against, however many members there are.
func TestVerifyReadsArchivesOnce(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "one", "process.name:one"))
	for _, form := range manyArchives {
		dir, away := t.TempDir(), t.TempDir()
		stored := form.make(t, false)
		path := writeBytes(t, dir, form.name, stored)
		res := scan(t, cfg, path)
		file := findingsFile(t, res)
		closeResult(t, res)
		f := func(what string, most int64, want func(c VerifyCounts) int64, evidence ...string) {
			t.Helper()
			before := bytesRead(t)
			got, counts := verdicts(t, cfg, file, evidence...)
			read := bytesRead(t) - before
			if counts.Findings != 500 || counts.Inputs != 200 || want(counts) != 500 {
				t.Errorf("%s, %s: %+v, first %s", form.name, what, counts, got[0])
			}
			if most *= int64(len(stored)); read > most+1<<20 {
				t.Errorf("%s, %s: %d bytes of an archive of %d were read", form.name, what, read, len(stored))
			}
			t.Logf("%s, %s: read %.1f times", form.name, what, float64(read)/float64(len(stored)))
		}
		f("in its place", 10, func(c VerifyCounts) int64 { return c.Proven })
		if err := os.Rename(path, filepath.Join(away, "renamed")); err != nil {
			t.Fatal(err)
		}
		f("moved", 10, func(c VerifyCounts) int64 { return min(c.Proven, c.Moved+300) }, away)
		writeBytes(t, dir, form.name, form.make(t, true))
		f("with lines left out", 11, func(c VerifyCounts) int64 { return c.Changed })
	}
}

// TestBundleReadsArchivesOnce is the same of what a bundle is made of.
func TestBundleReadsArchivesOnce(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "one", "process.name:one"))
	stored := gz(t, manyTar(t, false), 1)
	path := writeBytes(t, t.TempDir(), "t.tar.gz", stored)
	cfg = over(t, cfg, path)
	res, err := scanner.Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	before := bytesRead(t)
	s, err := Select(context.Background(), cfg, res, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w, err := s.Write(context.Background(), res.Inputs, io.Discard, io.Discard)
	if err != nil || w.Findings != 500 {
		t.Fatalf("%+v, %v", w, err)
	}
	read := bytesRead(t) - before
	if read > 4*int64(len(stored))+1<<20 {
		t.Errorf("%d bytes of an archive of %d were read", read, len(stored))
	}
	t.Logf("read %.1f times", float64(read)/float64(len(stored)))
}

// BenchmarkVerifyArchive measures the proof of 500 findings in 200 members.
func BenchmarkVerifyArchive(b *testing.B) {
	cfg := withRules(b, kqlRule(b, "one", "process.name:one"))
	for _, form := range manyArchives {
		b.Run(form.name, func(b *testing.B) {
			stored := form.make(b, false)
			path := writeBytes(b, b.TempDir(), form.name, stored)
			res := scan(b, cfg, path)
			file := findingsFile(b, res)
			closeResult(b, res)
			b.SetBytes(int64(len(stored)))
			b.ReportAllocs()
			for b.Loop() {
				if _, counts := verdicts(b, cfg, file); counts.Proven != 500 {
					b.Fatalf("%+v", counts)
				}
			}
		})
	}
}
