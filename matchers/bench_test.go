package matchers

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"github.com/valyala/fastjson"

	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/load"
)

// benchBytes is the size of the evidence. No event stands twice in it, and a worker
// that has seen all of it is replaced by a new one, so that what workers remember does
// not flatter.
const benchBytes = 64 << 20

// benchLines are events of cmd/evgen, made once; COLDCASE_BENCH names a file of them
// to take instead.
var benchLines = sync.OnceValues(func() ([][]byte, error) {
	var out []byte
	var err error
	if path := os.Getenv("COLDCASE_BENCH"); path != "" {
		out, err = os.ReadFile(path)
	} else {
		out, err = exec.Command("go", "run", "../cmd/evgen", "-bytes", strconv.Itoa(benchBytes), "-o", "-").Output()
	}
	return bytes.Split(bytes.TrimSuffix(out, []byte("\n")), []byte("\n")), err
})

// benchShape is a number of rules of the corpus, spread over it.
type benchShape struct {
	name  string
	rules []*rules.Rule
}

func benchShapes(b *testing.B) (shapes []benchShape) {
	shared(b)
	rs, err := corpus()
	if err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{1, 100, 1000} {
		some := make([]*rules.Rule, n)
		for i := range some {
			some[i] = rs[i*len(rs)/n]
		}
		shapes = append(shapes, benchShape{strconv.Itoa(n), some})
	}
	return append(shapes, benchShape{"all", rs})
}

// Benchmark/<stage>/<rules> is one stage over made events, an operation being an event:
// extract is the extraction of the fields that the rules want, index that and the search
// for candidates, match all that is done with an event, reference the same by the plain
// path, and fastjson a bare parse. In startup an operation is to load and compile.
func Benchmark(b *testing.B) {
	lines, err := benchLines()
	if err != nil {
		b.Fatal(err)
	}
	for _, shape := range benchShapes(b) {
		m, err := Compile(shape.rules, Options{})
		if err != nil {
			b.Fatal(err)
		}
		meetAll(b, m, lines)
		b.Run("extract/"+shape.name, func(b *testing.B) { benchEvents(b, lines, func() stage { return extractStage(b, m) }) })
		b.Run("index/"+shape.name, func(b *testing.B) { benchEvents(b, lines, func() stage { return indexStage(b, m) }) })
		b.Run("match/"+shape.name, func(b *testing.B) { benchEvents(b, lines, func() stage { return matchStage(b, m, false) }) })
		b.Run("reference/"+shape.name, func(b *testing.B) { benchEvents(b, lines, func() stage { return matchStage(b, m, true) }) })
	}
	b.Run("startup/all", benchStartup)
	b.Run("fastjson", func(b *testing.B) {
		var p fastjson.Parser
		benchEvents(b, lines, func() stage {
			return func(line []byte) {
				if _, err := p.ParseBytes(line); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

// meetAll makes the classes of all events: they are the matcher's, and made once a run.
func meetAll(b *testing.B, m *Matcher, lines [][]byte) {
	do := matchStage(b, m, false)
	for _, line := range lines {
		do(line)
	}
}

// stage is what is done with one line.
type stage func(line []byte)

func extractStage(b *testing.B, m *Matcher) stage {
	p := event.NewParser(m.layout)
	var ev event.Event
	return func(line []byte) {
		if !p.Extract(&ev, line) {
			b.Fatalf("not taken: %s", line)
		}
	}
}

// indexStage is for events whose classes are known.
func indexStage(b *testing.B, m *Matcher) stage {
	w := m.NewWorker(false)
	return func(line []byte) {
		if !w.parser.Extract(&w.ev, line) {
			b.Fatalf("not taken: %s", line)
		}
		w.origin = w.origins.of(&w.ev)
		w.candidates(w.classOf())
	}
}

func benchStartup(b *testing.B) {
	dir := shared(b, "rules-corpus")
	for b.Loop() {
		set, err := load.Paths([]string{dir})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Compile(set.Select(rules.Selection{Deprecated: true}).Runnable(), Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func matchStage(b *testing.B, m *Matcher, reference bool) stage {
	w := m.NewWorker(reference)
	return func(line []byte) {
		if _, err := w.Match(line); err != nil {
			b.Fatal(err)
		}
	}
}

// benchEvents gives each line to a stage once, and then to a new one. A tenth of the
// lines is for warming up: keys are learnt and classes made.
func benchEvents(b *testing.B, lines [][]byte, fresh func() stage) {
	warm, rest := lines[:len(lines)/10], lines[len(lines)/10:]
	size := 0
	for _, line := range rest {
		size += len(line) + 1
	}
	b.SetBytes(int64(size / len(rest)))
	b.ReportAllocs()
	i, do := len(rest), stage(nil)
	for b.Loop() {
		if i == len(rest) {
			b.StopTimer()
			i, do = 0, fresh()
			for _, line := range warm {
				do(line)
			}
			b.StartTimer()
		}
		do(rest[i])
		i++
	}
}
