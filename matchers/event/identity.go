package event

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/valyala/fastjson"
)

// Content returns a hash of the content of the event that was last parsed, the
// same for every spelling of it: nested or dotted names, a scalar or a list of
// one, keys in any order, nulls or nothing, any white space. The values of one
// field count in their order. Two events agree when all their fields have values
// of the same kind and text (product.md, Identity). It allocates: only hits are
// identified.
func (p *Parser) Content() [16]byte {
	if p.event == nil {
		return [16]byte{}
	}
	c := content{names: &p.names, leaves: p.leavesOf[:0]}
	c.walk(p.event, nameHash{})
	if len(c.leaves) <= maxKeptValues {
		p.leavesOf = c.leaves
	}
	slices.SortStableFunc(c.leaves, func(a, b hashedLeaf) int { return bytes.Compare(a.name[:], b.name[:]) })
	return c.sum()
}

// nameHash stands for a full name: each segment is hashed onto the hash of those
// before it, so that a long key above many leaves is not read again for each.
type nameHash [16]byte

// nameHashes remembers the hashes of names: events of one source repeat theirs.
type nameHashes map[nameBelowKey]nameHash

type nameBelowKey struct {
	at  nameHash
	seg string
}

// maxNameHashes bounds what is remembered. Real evidence has some hundreds of names.
const maxNameHashes = 4096

func (m *nameHashes) below(at nameHash, seg []byte) nameHash {
	if n, ok := (*m)[nameBelowKey{at, string(seg)}]; ok {
		return n
	}
	n := at.below(seg)
	if len(seg) > maxKey {
		return n
	}
	if len(*m) >= maxNameHashes || *m == nil {
		*m = nameHashes{}
	}
	(*m)[nameBelowKey{at, string(seg)}] = n
	return n
}

func (n nameHash) below(seg []byte) (out nameHash) {
	h := sha256.New()
	h.Write(n[:])
	h.Write(seg)
	var sum [sha256.Size]byte
	copy(out[:], h.Sum(sum[:0]))
	return out
}

type hashedLeaf struct {
	name  nameHash
	value Value
}

// content collects the leaves of one event.
type content struct {
	names  *nameHashes
	leaves []hashedLeaf
	text   Event // owns the text of numbers
}

func (c *content) walk(v *fastjson.Value, at nameHash) {
	switch v.Type() {
	case fastjson.TypeObject:
		v.GetObject().Visit(func(key []byte, member *fastjson.Value) {
			name := at
			for seg := range bytes.SplitSeq(key, []byte{'.'}) {
				name = c.names.below(name, seg)
			}
			c.walk(member, name)
		})
	case fastjson.TypeArray:
		for _, elem := range v.GetArray() {
			c.walk(elem, at)
		}
	case fastjson.TypeNull:
	default:
		c.leaves = append(c.leaves, hashedLeaf{at, c.text.scalar(v)})
	}
}

// sum hashes each text behind its length, so that no two lists of leaves feed the
// hash the same bytes. SHA-256, because evidence may be made to collide.
func (c *content) sum() (out [16]byte) {
	h := sha256.New()
	var b []byte
	for _, l := range c.leaves {
		b = append(b[:0], l.name[:]...)
		b = append(b, byte(l.value.Kind))
		b = binary.AppendUvarint(b, uint64(len(l.value.Text)))
		h.Write(b)
		h.Write(l.value.Text)
	}
	var sum [sha256.Size]byte
	copy(out[:], h.Sum(sum[:0]))
	return out
}
