package correlate

// Log keeps entries in no order. Like a [Sorter], which it is made of, it holds up to
// budget bytes in memory and spills the rest, but nothing is ever sorted, and all is in one
// file: it is for what is written for every few events and read seldom. It is for one
// goroutine.
type Log struct{ s Sorter }

// NewLog returns a log that spills to dir when it holds more than budget bytes.
func NewLog(dir string, budget int) *Log { return &Log{Sorter{dir: dir, budget: budget, grows: true}} }

// Add takes a copy of an entry. An error is one of the temporary file's.
func (l *Log) Add(entry []byte) error {
	// What is held counts as sorted: spilling it then writes it as it stands.
	l.s.sorted = true
	return l.s.Add(entry, nil)
}

// Each calls yield for every entry, in no order; the entry is valid during the call only.
// Several goroutines may call it at once.
func (l *Log) Each(yield func(entry []byte)) error { return l.s.each(yield) }

// Close removes the spilled files and frees the memory.
func (l *Log) Close() error { return l.s.Close() }
