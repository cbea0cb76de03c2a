package flate

import "fmt"

// CorruptError says that the stored bytes are no DEFLATE data from a position on.
type CorruptError struct {
	Why string
	// Bit is where the offending symbol or header begins, in bits since the start of
	// the stream, lowest bit of each byte first.
	Bit int64
}

// Error names the position as byte and bit.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s at byte %d, bit %d of the stream", e.Why, e.Bit/8, e.Bit%8)
}
