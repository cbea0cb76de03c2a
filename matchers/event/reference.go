package event

import (
	"bytes"
	"strings"

	"github.com/valyala/fastjson"
)

// fill adds the wanted values at and below v, which stands at n, and says whether
// there is anything but nulls in it. Depth is bounded: check saw the line.
func fill(ev *Event, n *node, v *fastjson.Value) (leaf bool) {
	switch v.Type() {
	case fastjson.TypeObject:
		v.GetObject().Visit(func(key []byte, member *fastjson.Value) {
			leaf = fillMember(ev, n, key, member) || leaf
		})
		if leaf {
			ev.addObject(n.slot)
		}
	case fastjson.TypeArray:
		for _, elem := range v.GetArray() {
			leaf = fill(ev, n, elem) || leaf
		}
	case fastjson.TypeNull:
		fillScalar(ev, n, v)
	default:
		fillScalar(ev, n, v)
		leaf = true
	}
	return leaf
}

// fillMember walks the segments of a key, which may be dotted. Names that a dotted
// key passes through are objects just as if they were nested.
func fillMember(ev *Event, n *node, key []byte, v *fastjson.Value) (leaf bool) {
	seg, rest, dotted := bytes.Cut(key, []byte{'.'})
	n = n.kids[string(seg)]
	if n == nil {
		return hasLeaf(v)
	}
	if !dotted {
		return fill(ev, n, v)
	}
	if leaf = fillMember(ev, n, rest, v); leaf {
		ev.addObject(n.slot)
	}
	return leaf
}

func fillScalar(ev *Event, n *node, v *fastjson.Value) {
	if n.slot >= 0 {
		ev.Add(n.slot, ev.scalar(v))
	}
}

// scalar converts a scalar of the tree.
func (ev *Event) scalar(v *fastjson.Value) Value {
	switch v.Type() {
	case fastjson.TypeString:
		b, _ := v.StringBytes()
		return Value{String, b}
	case fastjson.TypeNumber:
		start := len(ev.text)
		ev.text = v.MarshalTo(ev.text)
		return Value{Number, ev.text[start:len(ev.text):len(ev.text)]}
	case fastjson.TypeTrue:
		return Value{Bool, textTrue}
	case fastjson.TypeFalse:
		return Value{Bool, textFalse}
	}
	return Value{Kind: Null}
}

var textTrue, textFalse = []byte("true"), []byte("false")

// hasLeaf says whether there is a scalar other than null at or below v.
func hasLeaf(v *fastjson.Value) (leaf bool) {
	switch v.Type() {
	case fastjson.TypeObject:
		v.GetObject().Visit(func(_ []byte, member *fastjson.Value) {
			leaf = leaf || hasLeaf(member)
		})
		return leaf
	case fastjson.TypeArray:
		for _, elem := range v.GetArray() {
			if hasLeaf(elem) {
				return true
			}
		}
		return false
	}
	return v.Type() != fastjson.TypeNull
}

// atPath calls yield for each value at a dotted path, arrays flattened, however
// the path is spelled in keys.
func atPath(v *fastjson.Value, path string, yield func(*fastjson.Value)) {
	switch v.Type() {
	case fastjson.TypeArray:
		for _, elem := range v.GetArray() {
			atPath(elem, path, yield)
		}
	case fastjson.TypeObject:
		v.GetObject().Visit(func(key []byte, member *fastjson.Value) {
			if string(key) == path {
				eachElement(member, yield)
			} else if rest, ok := strings.CutPrefix(path, string(key)); ok && rest[0] == '.' {
				atPath(member, rest[1:], yield)
			}
		})
	}
}

// eachElement calls yield for v, or for the elements of the array that it is.
func eachElement(v *fastjson.Value, yield func(*fastjson.Value)) {
	if v.Type() != fastjson.TypeArray {
		yield(v)
		return
	}
	for _, elem := range v.GetArray() {
		eachElement(elem, yield)
	}
}

// Elements calls yield for each object at a dotted path of the event that was last
// parsed: the elements of a nested field. A lone object counts as an array of one.
// An element spelled through its own members ("path.a":1) has no object of its own
// and is not seen.
func (p *Parser) Elements(path string, yield func(elem *fastjson.Value)) {
	if p.event == nil {
		return
	}
	p.ElementsBelow(p.event, path, yield)
}

// FillElement fills ev with the wanted fields of one element that Elements yielded
// for prefix, under their full names.
func (p *Parser) FillElement(ev *Event, elem *fastjson.Value, prefix string) {
	ev.Reset(p.layout.Len())
	n := p.layout.root
	for _, seg := range splitName(prefix) {
		if n = n.kids[seg]; n == nil {
			return
		}
	}
	fill(ev, n, elem)
}

// Leaves calls yield for each scalar of the event that was last parsed, explicit
// nulls included, in the order of the line, until yield returns false. The leaf is
// valid during the call only.
func (p *Parser) Leaves(yield func(Leaf) bool) {
	if p.event == nil {
		return
	}
	if cap(p.name) > maxKeptName {
		p.name = nil
	}
	p.name = p.name[:0]
	p.leaves(p.event, false, &Event{}, yield)
}

// ElementsBelow is Elements within one element: it yields the objects at a dotted path
// below it.
func (p *Parser) ElementsBelow(elem *fastjson.Value, path string, yield func(*fastjson.Value)) {
	atPath(elem, path, func(v *fastjson.Value) {
		if v.Type() == fastjson.TypeObject {
			yield(v)
		}
	})
}

// ElementLeaves is Leaves for one element of the array of objects at path, as Elements
// yields them. Names are full names.
func (p *Parser) ElementLeaves(elem *fastjson.Value, path string, yield func(Leaf) bool) {
	p.name = append(p.name[:0], path...)
	p.leaves(elem, true, &Event{}, yield)
}

// maxKeptName bounds the name buffer that is kept: a key may be as long as a line.
const maxKeptName = 64 << 10

// leaves returns false once yield has. nested says that p.name is the name of v
// and not of the whole event: an empty name is one too. scratch holds the text of
// numbers.
func (p *Parser) leaves(v *fastjson.Value, nested bool, scratch *Event, yield func(Leaf) bool) (more bool) {
	more = true
	switch v.Type() {
	case fastjson.TypeObject:
		parent := len(p.name)
		v.GetObject().Visit(func(key []byte, member *fastjson.Value) {
			if !more {
				return
			}
			if nested {
				p.name = append(p.name, '.')
			}
			p.name = append(p.name, key...)
			more = p.leaves(member, true, scratch, yield)
			p.name = p.name[:parent]
		})
	case fastjson.TypeArray:
		for _, elem := range v.GetArray() {
			if more = p.leaves(elem, nested, scratch, yield); !more {
				break
			}
		}
	default:
		scratch.text = scratch.text[:0]
		more = yield(Leaf{Name: p.name, Value: scratch.scalar(v)})
	}
	return more
}
