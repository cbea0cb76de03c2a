package correlate

import "encoding/binary"

// names numbers the texts that records repeat: hosts, users, indices. A record then holds
// two bytes for a name, and reading it makes no new string. It is for one goroutine while
// it grows, and may be read by any after that.
type names struct {
	numbers map[string]uint64 // from 1
	texts   []string          // by number less one
}

// Bounds of names: evidence chooses how many there are, and how long. Others are written
// out.
const (
	maxNames = 4096
	maxName  = 256 // bytes
)

// append writes a name: its number, or 0 and the text.
func (n *names) append(dst []byte, s string) []byte {
	number, ok := n.numbers[s]
	if !ok && len(n.texts) < maxNames && len(s) <= maxName {
		if n.numbers == nil {
			n.numbers = map[string]uint64{}
		}
		n.texts = append(n.texts, s)
		number = uint64(len(n.texts))
		n.numbers[s] = number
	}
	dst = binary.AppendUvarint(dst, number)
	if number == 0 {
		dst = appendShort(dst, s)
	}
	return dst
}

// cut reads what append wrote.
func (n *names) cut(b []byte) (s string, rest []byte, err error) {
	number, size := binary.Uvarint(b)
	if size <= 0 || number > uint64(len(n.texts)) {
		return "", nil, errRecord
	}
	if b = b[size:]; number > 0 {
		return n.texts[number-1], b, nil
	}
	text, b, err := cutShort(b)
	return string(text), b, err
}
