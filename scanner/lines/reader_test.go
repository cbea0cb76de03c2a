package lines

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"strings"
	"testing"
	"testing/iotest"

	"coldcase/scanner/input"

	"github.com/google/go-cmp/cmp"
)

// got is a line as a test sees it.
type got struct {
	Text   string
	Number int64
	Offset int64
	Action bool
	Doc    int64 // the number of its document, for an action
}

// small is a budget whose buffers are small against the lines of the tests.
func small(maxLine int) *Budget {
	return newBudget(maxLine, sizes{batch: 16, medium: 40, batches: 2, mediums: 1})
}

// known is a reader of an input whose shape needs no name: most tests are about lines
// that hold nothing.
func known(r io.Reader, index int32, budget *Budget) *Reader {
	rd := NewReader(r, index, budget)
	rd.text.first = false
	return rd
}

// read frames r to its end and checks what holds for every batch.
func read(t testing.TB, r io.Reader, budget *Budget) ([]got, Stats, error) {
	t.Helper()
	ctx := context.Background()
	rd := known(r, 7, budget)
	var all []got
	for {
		b, err := budget.Get(ctx)
		if err != nil {
			t.Fatal(err)
		}
		err = rd.Next(ctx, b)
		if err != nil {
			if len(b.Lines) != 0 || len(b.Buf) != 0 {
				t.Errorf("a batch that is not empty with %v", err)
			}
			b.Release()
			if again := rd.Next(ctx, get(t, budget)); again != err {
				t.Errorf("after %v: %v", err, again)
			}
			return all, rd.Stats(), err
		}
		if len(b.Lines) == 0 || len(b.Lines) > maxLines || b.Input != 7 {
			t.Fatalf("batch of %d lines, input %d", len(b.Lines), b.Input)
		}
		for i, l := range b.Lines {
			g := got{string(b.Bytes(l)), l.Number, l.Offset, l.Action, 0}
			raw := string(b.Raw(l))
			if d, ok := b.Document(i); ok && l.Action {
				g.Doc = d.Number
			}
			if o := b.Origin(l); o.Line != l.Number || o.Offset != l.Offset || int(o.Length) != len(raw) || o.Input != 7 {
				t.Errorf("origin %+v of %+v", o, l)
			}
			all = append(all, g)
		}
		b.Release()
	}
}

func get(t testing.TB, budget *Budget) *Batch {
	b, err := budget.Get(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Release)
	return b
}

// reference frames lines in the simplest way.
func reference(data []byte, maxLine int) (all []got, stats Stats) {
	offset := int64(0)
	bad := func(kind string, number, offset int64) {
		stats.Lines++
		stats.Bad = AddBad(stats.Bad, Bad{kind, 1, number, offset})
	}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		data, offset = data[3:], 3
	}
	pieces := bytes.Split(data, []byte("\n"))
	for i, piece := range pieces {
		number, last := int64(i+1), i == len(pieces)-1
		text := bytes.TrimSuffix(piece, []byte("\r"))
		line := bytes.Trim(text, "\x00")
		head := int64(len(text) - len(bytes.TrimLeft(text, "\x00")))
		switch {
		case last && len(piece) == 0:
		case len(line) > maxLine || len(line) == len(text) && len(text) > maxLine:
			if head > 0 {
				bad(KindNUL, number, offset)
			}
			bad(fmt.Sprintf("longer than %d bytes", maxLine), number, offset+head)
		case len(bytes.Trim(text, " \t\r\n")) == 0:
			stats.Blank++
		case len(line) < len(text):
			if head > 0 {
				bad(KindNUL, number, offset)
			}
			if len(bytes.Trim(line, " \t\r\n")) > 0 {
				stats.Lines++
				all = append(all, got{Text: string(line), Number: number, Offset: offset + head})
			}
			if n := len(text) - len(line) - int(head); n > 0 && len(line) > 0 {
				bad(KindNUL, number, offset+head+int64(len(line)))
			}
		default:
			stats.Lines++
			all = append(all, got{Text: string(text), Number: number, Offset: offset})
		}
		offset += int64(len(piece)) + 1
	}
	return all, stats
}

// same compares but for actions, which the reference knows nothing of.
func same(t testing.TB, what string, all, want []got, stats, wantStats Stats) {
	t.Helper()
	plain := make([]got, 0, len(all))
	for _, g := range all {
		g.Action, g.Doc = false, 0
		plain = append(plain, g)
	}
	if diff := cmp.Diff(append([]got{}, want...), plain); diff != "" {
		t.Errorf("%s: lines (-want +got):\n%s", what, diff)
	}
	if diff := cmp.Diff(wantStats, stats); diff != "" {
		t.Errorf("%s: stats (-want +got):\n%s", what, diff)
	}
}

var framings = []string{
	"",
	"\n",
	"a",
	"a\nb\n",
	"a\nb",
	"a\r\nb\r\nc\r",
	"\xef\xbb\xbfa\n\xef\xbb\xbfb\n",
	"\xef\xbb",
	"\xef\xbb\xbf",
	"\n\n \t\r\na\n\n\n",
	strings.Repeat("\n", 100) + "a" + strings.Repeat("\r\n", 100) + "b",
	"short\n" + strings.Repeat("m", 30) + "\nshort\n" + strings.Repeat("l", 64) + "\nshort",
	strings.Repeat("x", 65) + "\n" + strings.Repeat("y", 64) + "\r\n" + strings.Repeat("z", 64) + "\r",
	"a\n" + strings.Repeat("x", 1000) + "\nb\n" + strings.Repeat("x", 1000),
	strings.Repeat(strings.Repeat("w", 70)+"\nq\n", 10),
	strings.Repeat(" ", 50) + "\na",
	strings.Repeat(strings.Repeat(" ", 300)+"\n", 3) + "a",
	"a\x00b\n\x00\x00\n\xff\xfe\n",
	"\x00\x00{\"a\":1}\n{\"b\":2}\x00\x00\n\x00{\"c\":3}\x00\n\x00\x00\n",
	"text{\"\n\x00\x00\n",
	"{\"index\":{}}\n{\"a\":1}\n{\"index\":{}}\n" + strings.Repeat("d", 60) + "\n",
	"{\"index\":{}}\n" + strings.Repeat("d", 70) + "\nx\n{\"index\":{}}\n\n\ny\n",
	strings.Repeat("{\"index\":{}}\n", 20),
}

func TestFraming(t *testing.T) {
	for _, data := range framings {
		want, wantStats := reference([]byte(data), 64)
		for name, r := range map[string]io.Reader{
			"whole":    strings.NewReader(data),
			"bytewise": iotest.OneByteReader(strings.NewReader(data)),
			"with EOF": iotest.DataErrReader(strings.NewReader(data)),
		} {
			all, stats, err := read(t, r, small(64))
			if err != io.EOF {
				t.Errorf("%.40q: %v", data, err)
			}
			same(t, fmt.Sprintf("%.40q %s", data, name), all, want, stats, wantStats)
		}
	}
}

// FuzzFraming holds the reader to the reference for lines of text, and for anything to
// what is true of every input, however it is cut into pieces.
func FuzzFraming(f *testing.F) {
	for i, data := range framings {
		f.Add([]byte(data), int64(i), uint8(i*3))
	}
	f.Fuzz(func(t *testing.T, data []byte, seed int64, size uint8) {
		batch := 8 + int(size)%32
		budget := newBudget(64, sizes{batch: batch, medium: 2 * batch, batches: 2, mediums: 1})
		pieces := func() io.Reader { return &chunks{data, rand.New(rand.NewSource(seed))} }
		got := framed(t, data, known(pieces(), 7, budget), budget)
		if diff := cmp.Diff(framed(t, data, known(bytes.NewReader(data), 7, budget), budget), got); diff != "" {
			t.Errorf("chunking changes lines (-whole +chunks):\n%s", diff)
		}
		if !isText(data) {
			return
		}
		want, wantStats := reference(data, 64)
		all, stats, err := read(t, pieces(), budget)
		if err != io.EOF {
			t.Fatal(err)
		}
		same(t, fmt.Sprintf("%q", data), all, want, stats, wantStats)
		other, _, err := read(t, pieces(), NewBudget(0, 64, 1))
		if err != io.EOF {
			t.Fatal(err)
		}
		if diff := cmp.Diff(other, all); diff != "" {
			t.Errorf("other buffers change lines (-large +small):\n%s", diff)
		}
	})
}

// isText reports whether no line of data begins like JSON, and it is not UTF-16.
func isText(data []byte) bool {
	if newUTF16(data, nil) != nil {
		return false
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		line = bytes.TrimLeft(line, " \t\r\x00")
		if len(line) > 0 && (line[0] == '{' || line[0] == '[') {
			return false
		}
	}
	return true
}

// chunks returns data in pieces of random length.
type chunks struct {
	data []byte
	r    *rand.Rand
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.data[:min(c.r.Intn(20), len(c.data))])
	c.data = c.data[n:]
	return n, nil
}

// TestActions: the first line of a pair is handed out together with the second, in
// whatever buffers.
func TestActions(t *testing.T) {
	var data strings.Builder
	want := map[int64]int64{} // number of an action to that of its document
	n := int64(0)
	line := func(s string) int64 {
		data.WriteString(s + "\n")
		n++
		return n
	}
	for i := range 60 {
		a := line(fmt.Sprintf(`{"create":{"_id":"%d"}}`, i))
		want[a] = line(`{"a":"` + strings.Repeat("x", i*5) + `"}`)
		if i%7 == 0 {
			line(`{"bare":1}`)
		}
	}
	lone := line(`{"index":{}}`)
	line("")
	line(`{"not":"its document"}`)
	long := line(`{"index":{}}`)
	line(strings.Repeat("x", 1001))
	line(`{"not":"its document either"}`)
	twice := line(`{"index":{}}`)
	want[twice] = line(`{"index":{"looks":"like one"}}`)
	end := line(`{"update" : {"_id":"9"}}`)
	for batch := 120; batch < 700; batch += 7 {
		budget := newBudget(1000, sizes{batch: batch, medium: 800, batches: 2, mediums: 1})
		all, _, err := read(t, strings.NewReader(data.String()), budget)
		if err != io.EOF {
			t.Fatal(err)
		}
		seen := map[int64]got{}
		for _, g := range all {
			seen[g.Number] = g
		}
		for a, d := range want {
			if !seen[a].Action || seen[a].Doc != d {
				t.Errorf("batch %d: line %d is %+v, want an action with document %d", batch, a, seen[a], d)
			}
		}
		for _, a := range []int64{lone, long, end} {
			if !seen[a].Action || seen[a].Doc != 0 {
				t.Errorf("batch %d: line %d is %+v, want an action without document", batch, a, seen[a])
			}
		}
	}
}

func TestIsAction(t *testing.T) {
	f := func(line string, action, document bool) {
		t.Helper()
		if a, d := isAction([]byte(line)); a != action || d != document {
			t.Errorf("%q: got %v %v, want %v %v", line, a, d, action, document)
		}
	}
	f(`{"index":{"_id":"1"}}`, true, true)
	f(` { "create" : {} }`, true, true)
	f("\t{\"update\"\t:\t{", true, true)
	f(`{"delete":{"_id":"1"}}`, true, false)
	f(`{"index":"name"}`, false, false)
	f(`{"indexes":{}}`, false, false)
	f(`{"index"}`, false, false)
	f(`{"@timestamp":1}`, false, false)
	f(`[{"index":{}}]`, false, false)
	f(`{`, false, false)
	f(``, false, false)
}

func TestCutOffDepth(t *testing.T) {
	deep := strings.Repeat("[", 1<<20) + strings.Repeat("]", 1<<20)
	if isWhole([]byte(deep)) || !json.Valid([]byte("[[]]")) {
		t.Error("a million levels are taken for a line")
	}
}

func TestBlankCutOff(t *testing.T) {
	_, stats, err := read(t, iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("ab"))), small(64))
	if err != iotest.ErrTimeout || len(stats.Bad) != 1 || stats.Bad[0].Kind != kindCutOff {
		t.Errorf("got %+v, %v", stats, err)
	}
}

// TestStopped: what was not read is not called bad.
func TestStopped(t *testing.T) {
	all, stats, err := read(t, io.MultiReader(strings.NewReader("{}\n{}\n{\"a"), iotest.ErrReader(input.ErrStopped)), NewBudget(0, 64, 1))
	if err != input.ErrStopped || len(all) != 0 || len(stats.Bad) != 0 {
		t.Errorf("got %v, %+v, %v", all, stats, err)
	}
}

func TestNoProgress(t *testing.T) {
	_, _, err := read(t, stuck{}, small(64))
	if err != io.ErrNoProgress {
		t.Errorf("got %v", err)
	}
}

type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// TestRealSizes reads lines around every border of the real budget.
func TestRealSizes(t *testing.T) {
	var data []byte
	line := func(n int) {
		data = append(data, bytes.Repeat([]byte{'a' + byte(len(data)%26)}, n)...)
		data = append(data, '\n')
	}
	for _, border := range []int{batchSize, mediumSize, 2 << 20} {
		for d := -3; d <= 3; d++ {
			line(border + d)
			line(10)
		}
	}
	for range 3 * maxLines {
		line(1)
	}
	want, wantStats := reference(data, 2<<20)
	for i, b := range wantStats.Bad {
		b.Kind = strings.Replace(b.Kind, "2097152 bytes", "2 MiB", 1)
		wantStats.Bad[i] = b
	}
	if len(wantStats.Bad) != 1 || wantStats.Bad[0].Count != 3 {
		t.Fatalf("the reference is wrong: %+v", wantStats)
	}
	all, stats, err := read(t, bytes.NewReader(data), NewBudget(1, 2<<20, 1))
	if err != io.EOF {
		t.Fatal(err)
	}
	if len(all) != len(want) {
		t.Fatalf("%d lines, want %d", len(all), len(want))
	}
	for i := range all {
		all[i].Action, all[i].Doc = false, 0
		if all[i] != want[i] {
			t.Fatalf("line %d differs: number %d, offset %d, %d bytes", i, all[i].Number, all[i].Offset, len(all[i].Text))
		}
	}
	if diff := cmp.Diff(wantStats, stats); diff != "" {
		t.Error(diff)
	}
}
