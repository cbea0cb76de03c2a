package matchers

import (
	"bytes"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"coldcase/rules"
)

// benchBytes is the size of the evidence: some thousand events, none of them twice,
// so that what the workers remember does not flatter.
const benchBytes = 16 << 20

// benchLines are events of cmd/evgen, made once.
var benchLines = sync.OnceValues(func() ([][]byte, error) {
	cmd := exec.Command("go", "run", "../cmd/evgen", "-bytes", strconv.Itoa(benchBytes), "-o", "-")
	out, err := cmd.Output()
	return bytes.Split(bytes.TrimSuffix(out, []byte("\n")), []byte("\n")), err
})

// Benchmark/match/<path>/<rules> is one worker over made events, with the first 1 and
// 100 of the corpus' rules and with all of them.
func Benchmark(b *testing.B) {
	shared(b)
	rs, err := corpus()
	if err != nil {
		b.Fatal(err)
	}
	lines, err := benchLines()
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range []struct {
		name      string
		reference bool
	}{{"fast", false}, {"reference", true}} {
		for _, n := range []int{1, 100, len(rs)} {
			b.Run("match/"+path.name+"/"+strconv.Itoa(n), func(b *testing.B) {
				benchmarkMatch(b, rs[:n], lines, path.reference)
			})
		}
	}
}

func benchmarkMatch(b *testing.B, rs []*rules.Rule, lines [][]byte, reference bool) {
	m, err := Compile(rs, Options{})
	if err != nil {
		b.Fatal(err)
	}
	w := m.NewWorker(reference)
	size := 0
	for _, line := range lines {
		size += len(line) + 1
		if _, err := w.Match(line); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		for _, line := range lines {
			if _, err := w.Match(line); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(lines)), "ns/event")
}
