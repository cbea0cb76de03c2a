package correlate

import (
	"bytes"
	"container/heap"
	"os"
	"slices"
)

// maxFanIn is how many runs are merged at once; more are first merged into fewer.
// Fewer still are merged when their keys are large: each run that is merged keeps the key
// of one entry in memory, with its payload unless that is longer than maxAhead: of those
// there is one in memory at a time, the one that is next. Evidence decides how long they
// are, and there are runs of each worker.
const (
	maxFanIn    = 64
	maxMergeMem = 16 << 20 // bytes; two runs are merged whatever they need
	maxAhead    = 16 << 10 // bytes
)

// Sorter sorts entries, each a key and a payload, by the bytes of their keys. It
// holds up to budget bytes in memory and spills sorted runs to files beyond that.
// It is for one goroutine; Spill files are removed by Close. Keys should be
// distinct: entries with equal keys come in no particular order.
type Sorter struct {
	dir    string
	budget int
	blocks [][]byte // entries lie in one block each; blocks never move
	cur    int      // the first block that may have room
	held   int      // bytes of entries in blocks
	refs   []ref
	runs   []run
	sorted bool
	grows  bool // there is one run, in no order: see Log
}

// ref is one entry, in blocks[block][off:off+size], of which the first key bytes are its
// key.
type ref struct{ block, off, key, size int32 }

// blockSize is the size in bytes of a block of entries; a longer entry has one of its own.
const blockSize = 256 << 10

// refSize is what a ref takes.
const refSize = 16

// NewSorter returns a sorter that spills to dir when it holds more than budget
// bytes.
func NewSorter(dir string, budget int) *Sorter { return &Sorter{dir: dir, budget: budget} }

// Add takes a copy of key and payload. An error is one of the temporary file's.
func (s *Sorter) Add(key, payload []byte) error {
	size := len(key) + len(payload)
	if len(s.refs) > 0 && s.held+size+len(s.refs)*refSize > s.budget {
		if err := s.spill(); err != nil {
			return err
		}
	}
	b := s.room(size)
	block := s.blocks[b]
	s.refs = append(s.refs, ref{int32(b), int32(len(block)), int32(len(key)), int32(size)})
	s.blocks[b] = append(append(block, key...), payload...)
	s.held += size
	s.sorted = false
	if s.held > s.budget {
		return s.spill() // one large entry: not to be held until the next comes
	}
	return nil
}

// room returns the number of a block that has room for an entry. A large entry gets a
// block of its own, so that no other is left half empty for it.
func (s *Sorter) room(size int) int {
	for size <= blockSize/4 && s.cur < len(s.blocks) {
		if b := s.blocks[s.cur]; cap(b)-len(b) >= size {
			return s.cur
		}
		s.cur++
	}
	own := size
	if size <= blockSize/4 {
		own = blockSize
	}
	s.blocks = append(s.blocks, make([]byte, 0, own))
	return len(s.blocks) - 1
}

func (s *Sorter) key(r ref) []byte { return s.blocks[r.block][r.off : r.off+r.key] }

func (s *Sorter) payload(r ref) []byte { return s.blocks[r.block][r.off+r.key : r.off+r.size] }

func (s *Sorter) sort() {
	if s.sorted {
		return
	}
	slices.SortFunc(s.refs, func(a, b ref) int { return bytes.Compare(s.key(a), s.key(b)) })
	s.sorted = true
}

// spill writes what is in memory as one sorted run.
func (s *Sorter) spill() error {
	s.sort()
	err := s.writeRun(func(put func(key, payload []byte) error) error {
		for _, r := range s.refs {
			if err := put(s.key(r), s.payload(r)); err != nil {
				return err
			}
		}
		return nil
	})
	s.refs, s.held, s.cur = s.refs[:0], 0, 0
	// Blocks are filled again, but for those of large entries: one must not decide for
	// good how much memory is held.
	s.blocks = slices.DeleteFunc(s.blocks, func(b []byte) bool { return cap(b) != blockSize })
	for i := range s.blocks {
		s.blocks[i] = s.blocks[i][:0]
	}
	return err
}

// each calls yield for the key of every entry, in no order. The key is valid during the
// call only. Several goroutines may call it at once.
func (s *Sorter) each(yield func(key []byte)) error {
	for _, r := range s.refs {
		yield(s.key(r))
	}
	for _, r := range s.runs {
		if err := eachOfRun(r, yield); err != nil {
			return err
		}
	}
	return nil
}

// Close removes the spilled files and frees the memory.
func (s *Sorter) Close() error {
	var first error
	for _, r := range s.runs {
		if err := os.Remove(r.name); err != nil && first == nil {
			first = err
		}
	}
	*s = Sorter{dir: s.dir, budget: s.budget, grows: s.grows}
	return first
}

// Merge calls yield for the entries of all sorters in the order of their keys. Key
// and payload are valid during the call only. It may be called again; the sorters
// must not be added to meanwhile. An error of yield ends the walk and is returned.
func Merge(sorters []*Sorter, yield func(key, payload []byte) error) error {
	for _, s := range sorters {
		if err := s.compact(maxMergeMem / len(sorters)); err != nil {
			return err
		}
	}
	m := &merger{}
	defer m.close()
	for _, s := range sorters {
		s.sort()
		if err := m.addSorter(s); err != nil {
			return err
		}
	}
	return m.run(yield)
}

// fanIn is how many of the first runs are merged at once.
func (s *Sorter) fanIn(allowed int) int {
	n, memory := 0, 0
	for n < len(s.runs) && n < maxFanIn && (n < 2 || memory+s.runs[n].memory() <= allowed) {
		memory += s.runs[n].memory()
		n++
	}
	return n
}

// compact merges runs until those that are left can be merged at once. The first are
// merged and put last, so that every entry is copied about equally often.
func (s *Sorter) compact(allowed int) error {
	for n := s.fanIn(allowed); n < len(s.runs); n = s.fanIn(allowed) {
		part := &Sorter{dir: s.dir, runs: s.runs[:n]}
		s.runs = slices.Clone(s.runs[n:])
		err := s.writeRun(func(put func(key, payload []byte) error) error {
			m := &merger{}
			defer m.close()
			if err := m.addSorter(part); err != nil {
				return err
			}
			return m.run(put)
		})
		if cerr := part.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// merger is a heap of cursors, the smallest key first.
type merger struct {
	cursors []cursor
	long    []byte // the payload at hand, when its cursor does not keep it
}

// cursor walks one sorted sequence of entries.
type cursor interface {
	key() []byte
	// payload is asked for once an entry. long is where one may be put that is not kept.
	payload(long *[]byte) ([]byte, error)
	next() (bool, error)
	close()
}

func (m *merger) Len() int { return len(m.cursors) }
func (m *merger) Less(i, j int) bool {
	return bytes.Compare(m.cursors[i].key(), m.cursors[j].key()) < 0
}
func (m *merger) Swap(i, j int) { m.cursors[i], m.cursors[j] = m.cursors[j], m.cursors[i] }
func (m *merger) Push(x any)    { m.cursors = append(m.cursors, x.(cursor)) }
func (m *merger) Pop() any {
	last := m.cursors[len(m.cursors)-1]
	m.cursors = m.cursors[:len(m.cursors)-1]
	return last
}

func (m *merger) close() {
	for _, c := range m.cursors {
		c.close()
	}
}

func (m *merger) addSorter(s *Sorter) error {
	if len(s.refs) > 0 {
		m.cursors = append(m.cursors, &memCursor{s: s})
	}
	for _, r := range s.runs {
		c, err := openRun(r.name)
		if err != nil {
			return err
		}
		ok, err := c.next()
		if err != nil || !ok {
			c.close()
			if err != nil {
				return err
			}
			continue
		}
		m.cursors = append(m.cursors, c)
	}
	return nil
}

func (m *merger) run(yield func(key, payload []byte) error) error {
	heap.Init(m)
	for len(m.cursors) > 0 {
		c := m.cursors[0]
		payload, err := c.payload(&m.long)
		if err != nil {
			return err
		}
		if err := yield(c.key(), payload); err != nil {
			return err
		}
		ok, err := c.next()
		if err != nil {
			return err
		}
		if ok {
			heap.Fix(m, 0)
			continue
		}
		c.close()
		heap.Pop(m)
	}
	return nil
}

// memCursor walks what a sorter holds in memory.
type memCursor struct {
	s *Sorter
	i int
}

func (c *memCursor) key() []byte                     { return c.s.key(c.s.refs[c.i]) }
func (c *memCursor) payload(*[]byte) ([]byte, error) { return c.s.payload(c.s.refs[c.i]), nil }
func (c *memCursor) next() (bool, error)             { c.i++; return c.i < len(c.s.refs), nil }
func (c *memCursor) close()                          {}
