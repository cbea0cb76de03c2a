package event

import (
	"os"
	"testing"

	"github.com/valyala/fastjson"
)

// Benchmark/line runs over events of our own, or, when COLDCASE_BENCH names a file
// (made with cmd/evgen), over its lines with the names that the shared rules want.
func Benchmark(b *testing.B) {
	l, lines := testLayout(), benchEvents()
	if path := os.Getenv("COLDCASE_BENCH"); path != "" {
		l, lines = NewLayout(), nil
		for _, name := range corpusNames(b) {
			l.Slot(name)
		}
		eachLine(b, path, func(line []byte) { lines = append(lines, line) })
	}
	p := NewParser(l)
	var ev Event
	var tree fastjson.Parser
	run := func(name string, f func(line []byte) bool) {
		b.Run("line/"+name, func(b *testing.B) {
			size := 0
			for _, line := range lines {
				size += len(line)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				for _, line := range lines {
					if !f(line) {
						b.Fatalf("not taken: %s", line)
					}
				}
			}
		})
	}
	run("extract", func(line []byte) bool { return p.Extract(&ev, line) })
	run("fingerprint", func(line []byte) bool { return p.Fingerprint(line) != [16]byte{} })
	run("extract+fingerprint", func(line []byte) bool { return p.Extract(&ev, line) && p.Fingerprint(ev.Source) != [16]byte{} })
	run("check", func(line []byte) bool { return check(line) == nil })
	run("reference", func(line []byte) bool { return p.Parse(&ev, line) == nil })
	run("fastjson", func(line []byte) bool { _, err := tree.ParseBytes(line); return err == nil })
}
