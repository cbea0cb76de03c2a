package flate

// Source is where stored bytes come from; *bufio.Reader is one. A decoder looks at
// what is buffered and discards what it has consumed, to the byte, whenever it
// returns: whatever follows the compressed data can be read from the same Source.
type Source interface {
	// Peek returns the next n bytes without consuming them, fewer with an error. They
	// are valid until the next call of Peek or Discard.
	Peek(n int) ([]byte, error)
	// Discard consumes n bytes.
	Discard(n int) (int, error)
	// Buffered returns how many bytes Peek can return without reading.
	Buffered() int
}
