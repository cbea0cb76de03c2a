package schema

// Bits is a set of small numbers. The zero value is empty. Reading is safe for
// concurrent use.
type Bits []uint64

// Has reports whether i is in the set. i must not be negative.
func (b Bits) Has(i int) bool {
	return i>>6 < len(b) && b[i>>6]&(1<<(uint(i)&63)) != 0
}

// Set adds i, growing the set as needed. i must not be negative.
func (b *Bits) Set(i int) {
	for i>>6 >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[i>>6] |= 1 << (uint(i) & 63)
}
