package lines

import (
	"encoding/binary"
	"math/bits"
)

// maxNesting bounds the containers inside one another that are followed. The parser
// of events refuses lines that are nested half as deep.
const maxNesting = 256

// machine follows one JSON value to its end, however it is cut into pieces. It is a
// little laxer than RFC 8259 (numbers, escapes and literals are only looked at as
// letters): whoever parses the value has the last word. But text that is no JSON does
// not get far: where it breaks is where framing may begin anew.
type machine struct {
	state state
	depth int
	// kinds has a bit for each open container: 1 for an object.
	kinds [maxNesting / 64]uint64
}

// state is what a machine expects next.
type state uint8

const (
	anyValue   state = iota
	firstValue       // a value, or the end of the array
	firstKey         // a key, or the end of the object
	anyKey
	colon
	after // a comma, or the end of the container
	inKey
	inKeyEscape
	inText
	inTextEscape
	inScalar
)

// progress says how a step through a buffer ended.
type progress uint8

const (
	// more: all bytes are used up.
	more progress = iota
	// done: what was followed has ended before the position returned.
	done
	// broken: the byte at the position returned cannot stand there.
	broken
)

// begin makes the machine ready for a value.
func (m *machine) begin() { m.state, m.depth = anyValue, 0 }

// open enters a container.
func (m *machine) open(object bool) bool {
	if m.depth == maxNesting {
		return false
	}
	word, bit := &m.kinds[m.depth/64], uint64(1)<<(m.depth%64)
	*word &^= bit
	m.state = firstValue
	if object {
		*word |= bit
		m.state = firstKey
	}
	m.depth++
	return true
}

func (m *machine) inObject() bool {
	d := m.depth - 1
	return m.kinds[d/64]>>(d%64)&1 == 1
}

// run goes on from b[i].
func (m *machine) run(b []byte, i int) (end int, p progress) {
	for i < len(b) {
		switch m.state {
		case inText, inKey:
			i += textStop(b[i:])
			if i == len(b) {
				return i, more
			}
			switch b[i] {
			case '"':
				if m.closeText() {
					return i + 1, done
				}
			case '\\':
				m.state++ // to the escape in it
			default:
				return i, broken
			}
		case inTextEscape, inKeyEscape:
			if b[i] < ' ' {
				return i, broken
			}
			m.state--
		case inScalar:
			if isScalar(b[i]) {
				break
			}
			if m.depth == 0 {
				return i, done
			}
			m.state = after
			continue
		default:
			if p = m.token(b[i]); p == broken {
				return i, broken
			} else if p == done {
				return i + 1, done
			}
		}
		i++
	}
	return i, more
}

// closeText ends a string and reports whether the value has ended with it.
func (m *machine) closeText() bool {
	if m.state == inKey {
		m.state = colon
		return false
	}
	m.state = after
	return m.depth == 0
}

// token takes a byte that stands between strings and scalars.
func (m *machine) token(c byte) progress {
	switch c {
	case ' ', '\t', '\r', '\n':
		return more
	case '{', '[':
		if (m.state == anyValue || m.state == firstValue) && m.open(c == '{') {
			return more
		}
	case '}', ']':
		return m.close(c)
	case '"':
		switch m.state {
		case anyValue, firstValue:
			m.state = inText
			return more
		case anyKey, firstKey:
			m.state = inKey
			return more
		}
	case ',':
		if m.state == after {
			m.state = anyValue
			if m.inObject() {
				m.state = anyKey
			}
			return more
		}
	case ':':
		if m.state == colon {
			m.state = anyValue
			return more
		}
	default:
		if (m.state == anyValue || m.state == firstValue) && isScalar(c) {
			m.state = inScalar
			return more
		}
	}
	return broken
}

// close takes the end of a container.
func (m *machine) close(c byte) progress {
	object := c == '}'
	empty := m.state == firstKey && object || m.state == firstValue && !object
	if !empty && (m.state != after || m.inObject() != object) {
		return broken
	}
	m.depth--
	m.state = after
	if m.depth == 0 {
		return done
	}
	return more
}

// isScalar reports whether c may stand in a number, true, false or null.
func isScalar(c byte) bool {
	switch {
	case c-'0' <= 9, c == '-', c == '+', c == '.', c == 'E':
		return true
	}
	switch c {
	case 't', 'r', 'u', 'e', 'f', 'a', 'l', 's', 'n':
		return true
	}
	return false
}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// textStop returns where the first quote, backslash or control character stands in b,
// len(b) when there is none. It looks at eight bytes at a time: most of evidence is
// strings. A byte below 0x80 is flagged when its difference to one of them is below
// zero; the lowest flag is exact, borrows can only flag bytes above it.
func textStop(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		stop := (((w ^ lowBits*'"') - lowBits) | ((w ^ lowBits*'\\') - lowBits) | (w - lowBits*' ')) &^ w & highBits
		if stop != 0 {
			return i + bits.TrailingZeros64(stop)>>3
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c == '"' || c == '\\' || c < ' ' {
			break
		}
	}
	return i
}
