package claim

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// Reader reads a findings file line by line. Memory is bounded by MaxLine. It is for one
// goroutine.
type Reader struct {
	r    *bufio.Reader
	buf  []byte
	line int64 // 1-based number of the line last read
}

// NewReader returns a reader of a findings file, which is JSON Lines.
func NewReader(r io.Reader) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, 64<<10)}
}

// Line is the number of the line last read, from 1.
func (c *Reader) Line() int64 { return c.line }

// Bytes returns the line last read, valid until the next call of Next.
func (c *Reader) Bytes() []byte { return c.buf }

var errLong = fmt.Errorf("longer than %d MiB (a limit)", MaxLine>>20)

// Next returns the next finding; blank lines are passed over. io.EOF is the end. A
// *Error is of the one line: the reader goes on.
func (c *Reader) Next() (*Finding, error) {
	for {
		line, err := c.readLine()
		if err == errLong {
			return nil, &Error{c.line, err}
		}
		if err != nil {
			return nil, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		x, err := parse(line)
		if err != nil {
			return nil, &Error{c.line, err}
		}
		return x, nil
	}
}

// Error says why a line of a findings file is no finding that can be proven.
type Error struct {
	Line int64 // of the file, from 1
	err  error
}

func (e *Error) Error() string { return e.err.Error() }

// readLine returns the next line, valid until the next call.
func (c *Reader) readLine() ([]byte, error) {
	c.buf = c.buf[:0]
	c.line++
	long := false
	for {
		part, err := c.r.ReadSlice('\n')
		if long = long || len(c.buf)+len(part) > MaxLine; !long {
			c.buf = append(c.buf, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && (len(c.buf) > 0 || long):
		case err != nil:
			return nil, err
		}
		if long {
			return nil, errLong
		}
		return c.buf, nil
	}
}
