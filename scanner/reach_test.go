package scanner

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"coldcase/scanner/input"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/valyala/fastjson"
)

// reachBytes is the decoded evidence of BenchmarkReach.
const reachBytes = 1 << 30

// reachRounds is how often each side of a ratio is measured, in turns; the median counts.
const reachRounds = 3

// BenchmarkReach measures a whole scan with every rule of the corpus beside what it is held
// against, in one process and in turns, so that a busy machine slows both. It is run with
// -benchtime 1x: each ratio is the median of three rounds over 1 GiB made by cmd/evgen.
//
//	one-gz      wall clock: scan / decompressing alone, with klauspost's library
//	eight-gz    likewise, decompressing on as many goroutines as there are cores
//	one-zst     CPU: scan / decompressing alone, likewise
//	plain       CPU: scan of plain lines / fastjson's bare parse of the same lines
//	reference   CPU: scan by the reference path / scan, over an eighth of the evidence
//	workers     wall clock: one worker / two, eight plain files
//	start-up    seconds to load and compile the corpus
//	memory      MiB: peak of the command over the eight .gz files
func BenchmarkReach(b *testing.B) {
	cfg := config(b, corpus(b))
	scanAll := func(jobs int) side { return scanWith(cfg, jobs, false) }
	one, eight := []string{"gzip", "1"}, []string{"gzip", "8"}
	b.Run("one-gz", func(b *testing.B) { reachRatio(b, one, wall, scanAll(0), gunzipAll, "scan/decompress") })
	b.Run("eight-gz", func(b *testing.B) { reachRatio(b, eight, wall, scanAll(0), gunzipAll, "scan/decompress") })
	b.Run("one-zst", func(b *testing.B) {
		reachRatio(b, []string{"zstd", "1"}, cpu, scanAll(0), gunzipAll, "scan/decompress")
	})
	plain := []string{"plain", "8"}
	b.Run("plain", func(b *testing.B) { reachRatio(b, plain, cpu, scanAll(0), parseAll, "scan/fastjson") })
	b.Run("reference", func(b *testing.B) {
		reachRatio(b, []string{"plain", "1"}, cpu, scanWith(cfg, 0, true), scanAll(0), "reference/scan")
	})
	b.Run("workers", func(b *testing.B) { reachRatio(b, plain, wall, scanAll(1), scanAll(2), "one/two") })
	b.Run("start-up", reachStart)
	b.Run("memory", reachMemory)
}

// side is one side of a ratio: it works through the inputs.
type side func(b *testing.B, inputs []input.Input)

// reachRatio reports the median of first over the median of second, measured in turns.
func reachRatio(b *testing.B, made []string, clock func() time.Duration, first, second side, unit string) {
	inputs := over(b, Config{}, reachData(b, made[0], made[1])).Inputs
	var x, y []time.Duration
	for b.Loop() {
		for range reachRounds {
			x = append(x, took(clock, func() { first(b, inputs) }))
			y = append(y, took(clock, func() { second(b, inputs) }))
		}
	}
	b.ReportMetric(median(x).Seconds()/median(y).Seconds(), unit)
	b.ReportMetric(median(x).Seconds(), "s")
	b.ReportMetric(0, "ns/op")
}

func took(clock func() time.Duration, f func()) time.Duration {
	runtime.GC()
	start := clock()
	f()
	return clock() - start
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

var began = time.Now()

func wall() time.Duration { return time.Since(began) }

// cpu is what this process has used of all cores.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// reachData makes 1 GiB of evidence, an eighth of it where only the reference path is
// measured: that one is slow.
func reachData(b *testing.B, format, files string) string {
	b.Helper()
	size := reachBytes
	if format == "plain" && files == "1" {
		size /= 8
	}
	dir := filepath.Join(benchDir, "reach-"+format+"-"+files)
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	cmd := exec.Command("go", "run", "../cmd/evgen", "-bytes", strconv.Itoa(size), "-files", files, "-format", format, "-o", dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("evgen: %v: %s", err, out)
	}
	return dir
}

func scanWith(cfg Config, jobs int, reference bool) side {
	cfg.Jobs, cfg.Reference = jobs, reference
	return func(b *testing.B, inputs []input.Input) {
		cfg := cfg
		cfg.Inputs = inputs
		reachScan(b, cfg)
	}
}

func reachScan(b *testing.B, cfg Config) {
	res, err := Run(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	if !res.Complete || res.Counts.Events == 0 {
		b.Fatalf("scanned %+v", res.Counts)
	}
	if err := res.Close(); err != nil {
		b.Fatal(err)
	}
}

// gunzipAll decompresses with the libraries alone, as many inputs at once as there are
// cores.
func gunzipAll(b *testing.B, inputs []input.Input) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(inputs)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(inputs); i = int(next.Add(1)) - 1 {
				if err := decompress(inputs[i].Path); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func decompress(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var r io.Reader
	if filepath.Ext(path) == ".gz" {
		r, err = gzip.NewReader(bufio.NewReaderSize(f, 128<<10))
	} else {
		r, err = zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
	}
	if err != nil {
		return err
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r}, make([]byte, 256<<10))
	return err
}

// parseAll parses every line with fastjson and looks at nothing.
func parseAll(b *testing.B, inputs []input.Input) {
	var p fastjson.Parser
	for _, in := range inputs {
		f, err := os.Open(in.Path)
		if err != nil {
			b.Fatal(err)
		}
		s := bufio.NewScanner(f)
		s.Buffer(make([]byte, 1<<20), 1<<24)
		for s.Scan() {
			if _, err := p.ParseBytes(s.Bytes()); err != nil {
				b.Fatal(err)
			}
		}
		if err := f.Close(); err != nil || s.Err() != nil {
			b.Fatal(err, s.Err())
		}
	}
}

func reachStart(b *testing.B) {
	var d []time.Duration
	for b.Loop() {
		for range reachRounds {
			d = append(d, took(wall, func() { config(b, corpus(b)) }))
		}
	}
	b.ReportMetric(median(d).Seconds(), "s")
	b.ReportMetric(0, "ns/op")
}

// reachMemory runs the command: what a process holds is not to be seen from inside.
func reachMemory(b *testing.B) {
	corpus(b) // or skips
	dir := reachData(b, "gzip", "8")
	bin := filepath.Join(b.TempDir(), "coldcase")
	if out, err := exec.Command("go", "build", "-o", bin, "../cmd/coldcase").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	var peak int64
	for b.Loop() {
		cmd := exec.Command(bin, "scan", "--quiet", "--rules", corpusDir(), dir)
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		peak = max(peak, watchMemory(cmd))
		if code := cmd.ProcessState.ExitCode(); code != 0 && code != 3 {
			b.Fatalf("exit code %d", code)
		}
	}
	b.ReportMetric(float64(peak)/1024, "MiB")
	b.ReportMetric(0, "ns/op")
}

// watchMemory waits for the end of a command and returns the most memory that it had, in
// KiB. What the kernel accounts for a process that has ended (ru_maxrss) would not do: that
// begins with the memory of the one that started it.
func watchMemory(cmd *exec.Cmd) (peak int64) {
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // its exit code says how it ended
		close(ended)
	}()
	for {
		select {
		case <-ended:
			return peak
		case <-time.After(10 * time.Millisecond):
			peak = max(peak, highWater(cmd.Process.Pid))
		}
	}
}

// highWater reads VmHWM, in KiB; 0 when the process is gone.
func highWater(pid int) (kib int64) {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	_, after, _ := bytes.Cut(status, []byte("VmHWM:"))
	if _, err := fmt.Sscan(string(after), &kib); err != nil {
		return 0
	}
	return kib
}
