package scanner

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"coldcase/rules"
	"coldcase/rules/load"
	"coldcase/scanner/input"
)

// benchBytes is the decoded evidence of a benchmark. cmd/evgen never repeats a line:
// caches are not flattered.
const benchBytes = 256 << 20

// made evidence is kept for all benchmarks of a process.
func evgen(b *testing.B, format string) string {
	b.Helper()
	dir := filepath.Join(benchDir, format)
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	cmd := exec.Command("go", "run", "../cmd/evgen", "-bytes", strconv.Itoa(benchBytes), "-files", "4", "-format", format, "-o", dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("evgen: %v: %s", err, out)
	}
	return dir
}

// benchDir is removed by TestMain.
var benchDir string

func TestMain(m *testing.M) {
	var err error
	if benchDir, err = os.MkdirTemp("", "coldcase-bench-*"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(benchDir)
	os.Exit(code)
}

// packs are the rules of the benchmarks: none, the built-in pack, and the corpus
// where it is at hand.
var packs = []struct {
	name string
	load func(b *testing.B) *rules.Set
}{
	{"none", func(*testing.B) *rules.Set { return rules.NewSet(nil, nil) }},
	{"builtin", func(b *testing.B) *rules.Set { return rules.NewSet(pack(b), nil) }},
	{"corpus", func(b *testing.B) *rules.Set { return corpus(b) }},
}

// corpusDir is where the rules of the corpus lie.
func corpusDir() string {
	dir := os.Getenv("COLDCASE_SHARED")
	if dir == "" {
		dir = "../../shared"
	}
	return filepath.Join(dir, "rules-corpus")
}

func corpus(b testing.TB) *rules.Set {
	b.Helper()
	dir := corpusDir()
	if _, err := os.Stat(dir); err != nil {
		b.Skip("shared material absent")
	}
	set, err := load.FS(os.DirFS(dir), "corpus")
	if err != nil {
		b.Fatal(err)
	}
	return set
}

var benchFormats = []string{"plain", "gzip", "zstd"}

// Benchmark/whole is a scan from stored bytes to the ranked result; MB/s are decoded.
// Benchmark/decompress is what a scan cannot be faster than.
func Benchmark(b *testing.B) {
	for _, format := range benchFormats {
		for _, p := range packs {
			b.Run("whole/"+format+"-"+p.name, func(b *testing.B) { benchWhole(b, format, p.load(b)) })
		}
	}
	for _, format := range benchFormats[1:] {
		b.Run("decompress/"+format, func(b *testing.B) { benchDecompress(b, format) })
	}
}

func benchWhole(b *testing.B, format string, set *rules.Set) {
	cfg := over(b, config(b, set), evgen(b, format))
	cfg.Jobs = 0
	b.ReportAllocs()
	b.SetBytes(decodedBytes(b, cfg.Inputs))
	for b.Loop() {
		res, err := Run(b.Context(), cfg)
		if err != nil {
			b.Fatal(err)
		}
		if !res.Complete || res.Counts.Events == 0 || res.Counts.Events != res.Counts.Lines {
			b.Fatalf("scanned %+v", res.Counts)
		}
		if err := res.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func benchDecompress(b *testing.B, format string) {
	inputs := over(b, Config{}, evgen(b, format)).Inputs
	want := decodedBytes(b, inputs)
	b.SetBytes(want)
	for b.Loop() {
		if got := decodedBytes(b, inputs); got != want {
			b.Fatalf("decoded %d bytes, want %d", got, want)
		}
	}
}

// decodedBytes decodes the inputs one after the other.
func decodedBytes(b *testing.B, inputs []input.Input) int64 {
	b.Helper()
	var n atomic.Int64
	for _, in := range inputs {
		s, err := input.Open(in, nil, input.Limits{Decoded: &n})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{s}, make([]byte, 256<<10)); err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	return n.Load()
}
