package lines

import (
	"context"
	"fmt"
	"math"
)

const (
	// DefaultMaxLine is the longest line when nothing else is asked for, in bytes.
	DefaultMaxLine = 16 << 20

	batchSize  = 256 << 10
	mediumSize = 1 << 20
	// maxLines bounds the lines of a batch: beside lines of a few bytes their
	// Line records would be what fills the memory.
	maxLines = 8192
	lineSize = 40 // of a Line in memory, with the room that append leaves
	// actionSize is the longest line taken for a _bulk action: index names have up
	// to 255 bytes, ids up to 512.
	actionSize = 4 << 10
	// maxMaxLine keeps positions in a buffer within int32.
	maxMaxLine = math.MaxInt32 / 2
)

// Budget bounds the memory of all batches in flight. It hands out a fixed number of
// batches, and a fixed number of larger buffers for lines that fit no batch. It is
// safe for concurrent use.
//
// It cannot deadlock as long as whoever was handed a filled batch releases it
// without waiting for a reader: there are more batches than readers, of which each
// fills one at a time, and what else a reader may have to wait for it takes in one
// order only: what its stream reserves, then larger buffers by size.
type Budget struct {
	maxLine int
	tooLong string // the kind of a longer line
	batch   int    // size of a batch
	action  int    // the longest action that stays with its document
	batches stock[*Batch]
	large   []class // by size
}

// class is the buffers of one size above that of a batch.
type class struct {
	size    int
	buffers stock[[]byte]
}

// stock lends a fixed number of things, which are made when they are first needed.
// They are kept when they come back, large ones too: they are part of the bound in
// any case, and one that was dropped would count twice until it is collected.
type stock[T any] struct {
	free   chan T
	unmade chan struct{}
}

func newStock[T any](n int) stock[T] {
	s := stock[T]{free: make(chan T, n), unmade: make(chan struct{}, n)}
	for range n {
		s.unmade <- struct{}{}
	}
	return s
}

// get waits for a thing to be free, or to be made. A made one comes first: the
// fewer are touched, the less memory is used.
func (s stock[T]) get(ctx context.Context, new func() T) (thing T, err error) {
	select {
	case thing = <-s.free:
		return thing, nil
	default:
	}
	select {
	case thing = <-s.free:
		return thing, nil
	case <-s.unmade:
		return new(), nil
	case <-ctx.Done():
		return thing, ctx.Err()
	}
}

func (s stock[T]) put(thing T) { s.free <- thing }

// sizes are what a budget is made of; tests use small ones.
type sizes struct{ batch, medium, batches, mediums int }

// NewBudget returns a budget of about bytes for lines of at most maxLine bytes (0
// means DefaultMaxLine) and so many readers. However few bytes it is given, it has
// a batch for each reader and one more, and room for one line of maxLine bytes.
func NewBudget(bytes int64, maxLine, readers int) *Budget {
	if maxLine <= 0 {
		maxLine = DefaultMaxLine
	}
	maxLine = min(maxLine, maxMaxLine)
	bytes -= int64(maxLine)
	// A quarter for middling lines: an input may well be all of them.
	mediums := min(max(bytes/4/mediumSize, 1), 16)
	bytes -= mediums * mediumSize
	batches := max(min(bytes/(batchSize+maxLines*lineSize), 1024), int64(readers)+1)
	return newBudget(maxLine, sizes{batchSize, mediumSize, int(batches), int(mediums)})
}

func newBudget(maxLine int, s sizes) *Budget {
	b := &Budget{
		maxLine: maxLine,
		tooLong: "longer than " + size(maxLine),
		batch:   s.batch,
		action:  min(actionSize, s.batch/4),
		batches: newStock[*Batch](s.batches),
	}
	// An action and a document, each with its end.
	longest := b.action + 2 + maxLine + 2
	if s.batch < s.medium && s.medium < longest {
		b.large = append(b.large, class{s.medium, newStock[[]byte](s.mediums)})
	}
	if s.batch < longest {
		b.large = append(b.large, class{longest, newStock[[]byte](1)})
	}
	return b
}

// size writes n bytes in the largest unit that is exact.
func size(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}

// Get returns an empty batch, waiting for one to be released. The error is that of
// ctx.
func (b *Budget) Get(ctx context.Context) (*Batch, error) {
	batch, err := b.batches.get(ctx, func() *Batch {
		return &Batch{budget: b, base: make([]byte, 0, b.batch)}
	})
	if err != nil {
		return nil, err
	}
	batch.reset()
	return batch, nil
}

// grow moves the content of batch to the next larger buffer, waiting for one. The
// error is that of ctx.
func (b *Budget) grow(ctx context.Context, batch *Batch) error {
	if batch.class == len(b.large) {
		panic("BUG: lines: a line within the limit fits no buffer")
	}
	next := b.large[batch.class]
	buf, err := next.buffers.get(ctx, func() []byte { return make([]byte, 0, next.size) })
	if err != nil {
		return err
	}
	buf = append(buf[:0], batch.Buf...)
	class := batch.class + 1
	batch.shrink()
	batch.Buf, batch.class = buf, class
	return nil
}
