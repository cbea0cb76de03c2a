package scanner

import "sync"

const (
	// largeLine is the size in bytes from which on lines wait for each other, and a worker
	// does not keep what it made of one until its next. Evidence has few.
	largeLine = 32 << 10
	// valueSize is about what the reference parser takes at most for a value, in bytes: it
	// appends values to a list whose outgrown copies stay as long as the tree. maxValues is
	// how many values a line may have: those with more are no events.
	valueSize = 400
	maxValues = 1 << 18
)

// largeLines bounds the memory of the large lines that are matched at once. Each worker
// parses its own, and the tree of a line can be many times as large as the line: what is
// nothing for one worker would be beyond any limit for sixteen.
//
// It cannot deadlock: who is in waits for nobody before it leaves, and a line that is
// larger than all there is room for is let in alone. Results do not depend on it.
type largeLines struct {
	turn sync.Mutex // who waits, in order: a very large line is not passed over for ever
	mu   sync.Mutex
	left sync.Cond
	all  int
	free int // of all
}

func newLargeLines(bytes int64) *largeLines {
	g := &largeLines{all: int(max(bytes, 1))}
	g.free = g.all
	g.left.L = &g.mu
	return g
}

// enter waits until there is room for a line of so many bytes, and returns what it takes,
// for leave.
func (g *largeLines) enter(size int) (weight int) {
	weight = min(size+valueSize*min(size/2, maxValues), g.all)
	g.turn.Lock()
	defer g.turn.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.free < weight {
		g.left.Wait()
	}
	g.free -= weight
	return weight
}

func (g *largeLines) leave(weight int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.free += weight
	g.left.Signal() // one at most waits for room
}
