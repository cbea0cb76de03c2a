package input

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// packed is a member to be, or an archive's bytes.
type packed struct {
	name string
	body []byte
}

func tarOf(t testing.TB, members ...packed) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, m := range members {
		if err := w.WriteHeader(&tar.Header{Name: m.name, Mode: 0o644, Size: int64(len(m.body))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(m.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zipOf(t testing.TB, method uint16, members ...packed) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	w.RegisterCompressor(zipZstd, zstd.ZipCompressor())
	for _, m := range members {
		f, err := w.CreateHeader(&zip.FileHeader{Name: m.name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(m.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// got is what became of one input.
type got struct {
	in     Input
	body   []byte
	ledger Ledger
	sum    string
	err    error // nil for the regular end
}

// readAll walks a file or directory and reads every input with one opener.
func readAll(t testing.TB, path string, opt WalkOptions, lim Limits) (out []got, skipped []Skipped) {
	t.Helper()
	inputs, skipped, err := Walk([]string{path}, opt)
	if err != nil {
		t.Fatal(err)
	}
	o := NewOpener(nil, lim)
	defer o.Close()
	for _, in := range inputs {
		out = append(out, readOne(o, in))
	}
	return out, skipped
}

func readOne(o *Opener, in Input) got {
	g := got{in: in}
	s, err := o.Open(in)
	if err != nil {
		g.err = err
		return g
	}
	defer s.Close()
	out, err := readPieces(s)
	g.body, g.ledger, g.err = bytes.Join(out, nil), s.Ledger(), err
	g.sum, _ = s.Sum()
	return g
}

// containers returns the members in every kind of archive.
func containers(t testing.TB, members ...packed) map[string][]byte {
	t.Helper()
	tr := tarOf(t, members...)
	deflated := zipOf(t, zip.Deflate, members...)
	return map[string][]byte{
		"zip deflated":           deflated,
		"zip stored":             zipOf(t, zip.Store, members...),
		"zip zstd":               zipOf(t, zipZstd, members...),
		"tar":                    tr,
		"tar.gz":                 gz(t, "", tr),
		"tar.zst":                zst(t, tr),
		"tar.xz":                 xzOf(t, tr, 0),
		"zip behind a program":   append([]byte("\x00\x01\x02program\x00\x00\x00\x00"), deflated...),
		"tar of tar.gz":          tarOf(t, packed{"in", gz(t, "", tr)}),
		"tar of stored zip":      tarOf(t, packed{"in", zipOf(t, zip.Store, members...)}),
		"tar.gz of tar":          gz(t, "", tarOf(t, packed{"in", tr})),
		"tar.gz of tar.zst":      gz(t, "", tarOf(t, packed{"in", zst(t, tr)})),
		"tar.zst of zip":         zst(t, tarOf(t, packed{"in", deflated})),
		"zip of stored tar":      zipOf(t, zip.Store, packed{"in", tr}),
		"zip of deflated tar":    zipOf(t, zip.Deflate, packed{"in", tr}),
		"zip of deflated zip":    zipOf(t, zip.Deflate, packed{"in", deflated}),
		"zip of stored zip":      zipOf(t, zip.Store, packed{"in", deflated}),
		"zip of deflated tar.gz": zipOf(t, zip.Deflate, packed{"in", gz(t, "", tr)}),
		"gzip of zip":            gz(t, "", deflated),
		"two tars":               append(tarOf(t, members[:1]...), tarOf(t, members[1:]...)...),
	}
}

// TestContainers reads the same members out of every archive.
func TestContainers(t *testing.T) {
	a, b, c := events(3000), events(5), events(400)
	members := []packed{
		{"a.ndjson", a},
		{"d/b.ndjson.gz", gz(t, "", b)},
		{"README.md", []byte("# no evidence\n")},
		{"c.zst", zst(t, c)},
	}
	for name, stored := range containers(t, members...) {
		path := file(t, "misleading.txt", stored)
		inner := ""
		if strings.Contains(name, " of ") && name != "gzip of zip" {
			inner = "!in"
		}
		all, skipped := readAll(t, path, WalkOptions{HashArchives: true}, Limits{})
		if len(all) != 3 || len(skipped) != 1 || skipped[0].Path != path+inner+"!README.md" {
			t.Errorf("%s: %d inputs, skipped %v", name, len(all), skipped)
			for _, g := range all {
				t.Log(g.in.Name, g.err)
			}
			continue
		}
		for i, want := range []struct {
			label   string
			decoded []byte
			stored  []byte
		}{{"a.ndjson", a, a}, {"d/b.ndjson.gz", b, members[1].body}, {"c.zst", c, members[3].body}} {
			g := all[i]
			if g.in.Name != path+inner+"!"+want.label || g.in.Path != path || g.in.Size != int64(len(want.stored)) || g.in.Note != "" {
				t.Errorf("%s: input %+v", name, g.in)
			}
			if g.err != nil || !bytes.Equal(g.body, want.decoded) || g.sum != hexSum(want.stored) {
				t.Errorf("%s: %s: %d bytes, sum %s, %v; want %d", name, want.label, len(g.body), g.sum, g.err, len(want.decoded))
			}
			if archive, sum := g.in.Archive(); archive != path || sum != hexSum(stored) {
				t.Errorf("%s: archive %s %s", name, archive, sum)
			}
		}
		// In any order, and by an opener of one's own.
		for i := range all {
			s, err := Open(all[len(all)-1-i].in, nil, Limits{})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if b, err := io.ReadAll(s); err != nil || !bytes.Equal(b, all[len(all)-1-i].body) {
				t.Errorf("%s: alone: %d bytes, %v", name, len(b), err)
			}
			s.Close()
		}
	}
}

// TestOpenerOrder opens members in an order that is not theirs, and leaves some early.
func TestOpenerOrder(t *testing.T) {
	var members []packed
	for i := range 20 {
		members = append(members, packed{fmt.Sprintf("%02d", i), append(events(500), fmt.Sprintf("{\"n\":%d}\n", i)...)})
	}
	for name, stored := range containers(t, members...) {
		inputs, _, err := Walk([]string{file(t, "a", stored)}, WalkOptions{})
		if err != nil || len(inputs) != 20 {
			t.Fatalf("%s: %d inputs, %v", name, len(inputs), err)
		}
		wide := make(chan struct{}, 1)
		o := NewOpener(nil, Limits{Wide: wide})
		for _, i := range []int{3, 4, 4, 19, 0, 7, 7, 8, 2} {
			s, err := o.Open(inputs[i])
			if err != nil {
				t.Fatalf("%s: %d: %v", name, i, err)
			}
			if i == 7 {
				io.ReadFull(s, make([]byte, 10)) // left early
				s.Close()
				continue
			}
			if b, err := io.ReadAll(s); err != nil || !bytes.Equal(b, members[i].body) {
				t.Errorf("%s: %d: %d bytes, %v", name, i, len(b), err)
			}
			s.Close()
		}
		o.Close()
		if len(wide) != 0 {
			t.Errorf("%s: a place was not given back", name)
		}
	}
}

// TestOnePass: members of a compressed archive in their order cost one decoding.
func TestOnePass(t *testing.T) {
	var members []packed
	for i := range 300 {
		members = append(members, packed{fmt.Sprint(i), events(50)})
	}
	path := file(t, "a", gz(t, "", tarOf(t, members...)))
	inputs, _, _ := Walk([]string{path}, WalkOptions{})
	o := NewOpener(nil, Limits{})
	defer o.Close()
	for i, in := range inputs {
		if i > 0 && !in.Follows(inputs[i-1]) {
			t.Errorf("%s does not follow", in.Name)
		}
		if g := readOne(o, in); g.err != nil {
			t.Error(in.Name, g.err)
		}
		if len(o.cursors) != 1 {
			t.Fatalf("%d cursors", len(o.cursors))
		}
		// One stream, opened once, never decodes more than stands before its place.
		if c := o.cursors[0]; c.s.Decoded() != c.pos || c.pos > in.entry.offset+in.entry.size {
			t.Fatalf("%s: decoded %d, at %d, member ends at %d", in.Name, c.s.Decoded(), c.pos, in.entry.offset+in.entry.size)
		}
	}
	if inputs[0].Follows(Input{}) || (Input{}).Follows(inputs[0]) || (Input{Path: path}).Follows(Input{Path: path}) {
		t.Error("a file follows")
	}
}

func TestArchiveMembersThatAreNone(t *testing.T) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range []*tar.Header{
		{Name: "dir/", Typeflag: tar.TypeDir, Mode: 0o755},
		{Name: "link", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
		{Name: "hard", Typeflag: tar.TypeLink, Linkname: "a"},
		{Name: "fifo", Typeflag: tar.TypeFifo},
		{Name: "dev", Typeflag: tar.TypeBlock},
		{Name: ".hidden", Size: int64(len(event))},
		{Name: "d/.git/x", Size: int64(len(event))},
		{Name: "../up", Size: int64(len(event))},
		{Name: "/etc/shadow", Size: int64(len(event))},
		{Name: "c:\\x\\y", Size: int64(len(event))},
		{Name: "bell\a\x1b[2J", Size: int64(len(event))},
		{Name: "../up", Size: int64(len(event))},
		{Name: "./dot", Size: int64(len(event))},
		{Name: strings.Repeat("n", 5000), Size: int64(len(event))},
	} {
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			io.WriteString(w, event)
		}
	}
	w.Close()
	path := file(t, "a", out.Bytes())
	all, skipped := readAll(t, path, WalkOptions{}, Limits{})
	var names, skips []string
	for _, g := range all {
		if string(g.body) != event || g.err != nil {
			t.Errorf("%s: %q, %v", g.in.Name, g.body, g.err)
		}
		names = append(names, strings.TrimPrefix(g.in.Name, path+"!")+"|"+g.in.Note)
	}
	for _, s := range skipped {
		skips = append(skips, strings.TrimPrefix(s.Path, path+"!")+": "+s.Why)
	}
	check(t, "members", names, []string{
		`__/up|named "../up" in the archive`,
		`etc/shadow|named "/etc/shadow" in the archive`,
		`c_/x/y|named "c:\\x\\y" in the archive`,
		"bell\ufffd\ufffd[2J|named \"bell\\a\\x1b[2J\" in the archive",
		`__/up#2|named "../up" in the archive`,
		"dot|",
		strings.Repeat("n", 1024) + `...|named "` + strings.Repeat("n", 200) + `" in the archive`,
	})
	check(t, "skipped", skips, []string{
		"link: link in an archive, not followed",
		"hard: link in an archive, not followed",
		"fifo: not a regular file",
		"dev: not a regular file",
		".hidden: name begins with a dot",
		"d/.git/x: name begins with a dot",
	})
}

// TestZipMembersThatCannotBeRead: what may be evidence and cannot be read is an input
// that fails, with its reason.
func TestZipMembersThatCannotBeRead(t *testing.T) {
	stored := zipOf(t, zip.Deflate, packed{"a", []byte(event)}, packed{"b", []byte(event)}, packed{"c", []byte(event)})
	entries, err := readZip(io.NewSectionReader(bytes.NewReader(stored), 0, int64(len(stored))), 10)
	if err != nil || len(entries) != 3 {
		t.Fatal(entries, err)
	}
	central := bytes.Index(stored, []byte(zipCentral))
	stored[central+8] |= 1 // encrypted
	second := central + 4 + bytes.Index(stored[central+4:], []byte(zipCentral))
	stored[second+10] = 97 // WavPack
	path := file(t, "a", stored)
	all, skipped := readAll(t, path, WalkOptions{}, Limits{})
	if len(all) != 3 || len(skipped) != 0 {
		t.Fatalf("%d inputs, skipped %v", len(all), skipped)
	}
	for i, want := range []string{"encrypted", "zip: compression method 97 is not supported", ""} {
		if got := fmt.Sprint(all[i].err); want != "" && got != want || want == "" && all[i].err != nil {
			t.Errorf("%s: %v; want %q", all[i].in.Name, got, want)
		}
	}

	// An archive within two others.
	deep := zipOf(t, zip.Store, packed{"in.tar", tarOf(t, packed{"x.zip", stored}, packed{"y", []byte(event)})})
	path = file(t, "a", deep)
	all, _ = readAll(t, path, WalkOptions{}, Limits{})
	if len(all) != 2 || fmt.Sprint(all[0].err) != whyNested || all[0].in.Name != path+"!in.tar!x.zip" || string(all[1].body) != event {
		t.Errorf("nested: %+v", all)
	}
}

func TestMaxMembers(t *testing.T) {
	var members []packed
	for i := range 10 {
		members = append(members, packed{fmt.Sprint(i), []byte(event)})
	}
	for name, stored := range containers(t, members...) {
		path := file(t, "a", stored)
		all, _ := readAll(t, path, WalkOptions{MaxMembers: 6}, Limits{})
		// The inner archive is a member itself.
		if len(all) < 5 || len(all) > 7 || !strings.Contains(fmt.Sprint(all[len(all)-1].err), "(a limit)") {
			t.Errorf("%s: %d inputs, the last %s: %v", name, len(all), all[len(all)-1].in.Name, all[len(all)-1].err)
		}
	}
}

// TestEmptyArchive: an archive without members is listed.
func TestEmptyArchive(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.zip"), zipOf(t, zip.Store))
	write(t, filepath.Join(dir, "b.ndjson"), []byte(event))
	names, skips, err := walk(t, dir, WalkOptions{}, dir)
	check(t, "inputs", names, []string{"/b.ndjson"})
	check(t, "skipped", skips, []string{"/a.zip: empty archive"})
	if err != nil {
		t.Error(err)
	}
}

func TestArchiveOnStandardInput(t *testing.T) {
	for name, stored := range containers(t, packed{"a", events(100)}, packed{"b", events(1)}) {
		if name == "zip behind a program" {
			continue // nothing but binary data at its beginning
		}
		s, err := Open(Input{Name: "-"}, bytes.NewReader(stored), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(s)
		if len(b) != 0 || !strings.Contains(fmt.Sprint(err), "archives are read from files only") {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
		s.Close()
	}
}

func TestWalkStops(t *testing.T) {
	done := make(chan struct{})
	close(done)
	path := file(t, "a", gz(t, "", tarOf(t, packed{"a", events(1)})))
	if _, _, err := Walk([]string{path}, WalkOptions{Done: done}); err == nil || !strings.Contains(err.Error(), ErrStopped.Error()) {
		t.Errorf("got %v", err)
	}
}

// TestManyMembers: tens of thousands of members open neither files nor goroutines
// while they are not read.
func TestManyMembers(t *testing.T) {
	var members []packed
	for i := range 20000 {
		members = append(members, packed{fmt.Sprintf("d%d/f%d.ndjson", i%100, i), []byte(event)})
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.tgz"), gz(t, "", tarOf(t, members...)))
	write(t, filepath.Join(dir, "a.zip"), zipOf(t, zip.Deflate, members...))
	before, _ := os.ReadDir("/proc/self/fd")
	all, skipped := readAll(t, dir, WalkOptions{}, Limits{})
	after, _ := os.ReadDir("/proc/self/fd")
	if len(all) != 2*len(members) || len(skipped) != 0 || len(after) > len(before) {
		t.Errorf("%d inputs, %d skipped; %d files open, %d before", len(all), len(skipped), len(after), len(before))
	}
	for _, g := range all {
		if string(g.body) != event || g.err != nil {
			t.Fatalf("%s: %q, %v", g.in.Name, g.body, g.err)
		}
	}
}
