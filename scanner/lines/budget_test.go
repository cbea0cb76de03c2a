package lines

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"coldcase/scanner/input"

	"github.com/google/go-cmp/cmp"
)

func TestGetWaits(t *testing.T) {
	budget := small(64)
	ctx, cancel := context.WithCancel(context.Background())
	a, b := get(t, budget), get(t, budget)
	if a == b {
		t.Fatal("one batch twice")
	}
	cancel()
	if _, err := budget.Get(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want to wait until cancelled", err)
	}
}

// TestLargeWaits: a line that needs the only large buffer waits until the batch
// that has it is released, or for the context.
func TestLargeWaits(t *testing.T) {
	budget := newBudget(64, sizes{batch: 16, medium: 16, batches: 4, mediums: 1})
	long := strings.Repeat("x", 60) + "\n"
	ctx, cancel := context.WithCancel(context.Background())
	a := get(t, budget)
	if err := known(strings.NewReader(long), 0, budget).Next(ctx, a); err != nil || a.class != 1 {
		t.Fatalf("class %d, %v", a.class, err)
	}
	cancel()
	b := get(t, budget)
	if err := known(strings.NewReader(long), 0, budget).Next(ctx, b); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want to wait until cancelled", err)
	}
	a.reset() // gives the buffer back, as filling again and Release do
	if err := known(strings.NewReader(long), 0, budget).Next(context.Background(), b); err != nil || len(b.Lines) != 1 {
		t.Errorf("%d lines, %v", len(b.Lines), err)
	}
}

// TestLargeIsGivenBack: a line beyond the limit holds no large buffer while the
// rest of it is passed over.
func TestLargeIsGivenBack(t *testing.T) {
	budget := newBudget(64, sizes{batch: 16, medium: 16, batches: 4, mediums: 1})
	pr, pw := io.Pipe()
	got := make(chan string)
	go func() {
		b, _ := budget.Get(context.Background())
		defer b.Release()
		err := known(pr, 0, budget).Next(context.Background(), b)
		got <- fmt.Sprint(len(b.Lines), err)
	}()
	fmt.Fprint(pw, strings.Repeat("x", 200)) // read, so it is too long already
	fmt.Fprint(pw, "x")
	b := get(t, budget)
	if err := known(strings.NewReader(strings.Repeat("y", 60)), 0, budget).Next(context.Background(), b); err != nil {
		t.Error(err)
	}
	fmt.Fprint(pw, "\nshort\n")
	pw.Close()
	if g := <-got; g != "1 <nil>" {
		t.Errorf("got %s, want the one short line", g)
	}
}

// TestBudgetBound counts what a budget can have in memory.
func TestBudgetBound(t *testing.T) {
	for _, bytes := range []int64{0, 8 << 20, 32 << 20, 64 << 20, 256 << 20} {
		for _, maxLine := range []int{1 << 10, 1 << 20, 16 << 20} {
			b := NewBudget(bytes, maxLine, 2)
			batches := cap(b.batches.free)
			total := int64(batches) * (batchSize + maxLines*lineSize)
			for _, c := range b.large {
				total += int64(c.size) * int64(cap(c.buffers.free))
			}
			least := int64(maxLine) + mediumSize + 3*(batchSize+maxLines*lineSize) + 2*actionSize
			if total > max(bytes, least)+2*actionSize || batches < 3 {
				t.Errorf("%d bytes, lines of %d: %d batches, %d bytes at most", bytes, maxLine, batches, total)
			}
		}
	}
}

// queued is a stream that waits in a queue of one place in the midst of a line, as
// a zstd stream with a wide window does.
type queued struct {
	io.Reader
	queue   chan struct{}
	holding bool
	after   int
}

func (q *queued) Reserve() error {
	if !q.holding {
		q.queue <- struct{}{}
		q.holding = true
	}
	return nil
}

func (q *queued) Read(p []byte) (int, error) {
	if q.after--; q.after < 0 {
		if err := q.Reserve(); err != nil {
			return 0, err
		}
	}
	n, err := q.Reader.Read(p[:min(len(p), 20)])
	if err == io.EOF && q.holding {
		<-q.queue
		q.holding = false
		q.after = 1 << 30
	}
	return n, err
}

// TestNoDeadlock runs more readers than the budget has large buffers, over lines
// that need them, with streams that wait for each other.
func TestNoDeadlock(t *testing.T) {
	const readers = 6
	budget := newBudget(200, sizes{batch: 16, medium: 64, batches: readers + 1, mediums: 2})
	queue := make(chan struct{}, 1)
	work := make(chan *Batch, 2)
	var count atomic.Int64
	var all, workers sync.WaitGroup
	want := int64(0)
	for i := range readers {
		r := rand.New(rand.NewSource(int64(i)))
		var data bytes.Buffer
		for range 300 {
			n := []int{1, 10, 30, 100, 190}[r.Intn(5)]
			fmt.Fprintf(&data, "%s\n", strings.Repeat("x", n))
			want++
		}
		all.Go(func() {
			rd := known(&queued{Reader: &data, queue: queue, after: r.Intn(100)}, int32(i), budget)
			for {
				b, err := budget.Get(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				if err := rd.Next(context.Background(), b); err != nil {
					b.Release()
					if err != io.EOF {
						t.Error(err)
					}
					return
				}
				work <- b
			}
		})
	}
	for range 2 {
		workers.Go(func() {
			for b := range work {
				count.Add(int64(len(b.Lines)))
				b.Release()
			}
		})
	}
	done := make(chan struct{})
	go func() {
		all.Wait()
		close(work)
		workers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("deadlock")
	}
	if count.Load() != want {
		t.Errorf("%d lines, want %d", count.Load(), want)
	}
}

func TestAddBad(t *testing.T) {
	parts := []Bad{{"b", 1, 5, 50}, {"a", 2, 7, 70}, {"b", 3, 4, 40}, {"c", 1, 1, 0}, {"a", 1, 9, 90}}
	want := []Bad{{"a", 3, 7, 70}, {"b", 4, 4, 40}, {"c", 1, 1, 0}}
	for seed := range int64(20) {
		rand.New(rand.NewSource(seed)).Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		var list []Bad
		for _, b := range parts {
			list = AddBad(list, b)
		}
		if diff := cmp.Diff(want, list); diff != "" {
			t.Fatalf("%v (-want +got):\n%s", parts, diff)
		}
	}
}

// The stream of package input is what Reserve is for.
var _ interface {
	io.Reader
	Reserve() error
} = (*input.Stream)(nil)
