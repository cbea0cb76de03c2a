package matchers

import (
	"bytes"
	"regexp/syntax"
	"unicode/utf8"
)

// shape is what every text that an expression matches looks like. To look at it first
// costs a fraction of running the expression, and keeps nearly all values from that.
type shape struct {
	// first and last are the bytes that a match of the whole text can begin and end
	// with; empty says whether it can be empty.
	first, last byteSet
	empty       bool
	// need says how often bytes stand in every match. None is a letter, so that case
	// has no say.
	need []needed
}

type needed struct {
	c     [1]byte
	times int
}

// allows says whether the expression may match b.
func (s *shape) allows(b []byte) bool {
	if len(b) == 0 {
		return s.empty
	}
	if !s.first.has(b[0]) || !s.last.has(b[len(b)-1]) {
		return false
	}
	for i := range s.need {
		if n := &s.need[i]; bytes.Count(b, n.c[:]) < n.times {
			return false
		}
	}
	return true
}

// newShape returns the shape of an expression. The ends of one that does not say that it
// stands for the whole text are open.
func newShape(pattern string) shape {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return openShape()
	}
	p := partOf(re)
	s := shape{first: p.first, last: p.last, empty: p.empty}
	for c, times := range p.need {
		if times > 0 {
			s.need = append(s.need, needed{[1]byte{byte(c)}, int(times)})
		}
	}
	if !isWhole(re) {
		open := openShape()
		s.first, s.last, s.empty = open.first, open.last, true
	}
	return s
}

func openShape() shape { return shape{first: allBytes(), last: allBytes(), empty: true} }

// isWhole says whether an expression is \A(...)\z.
func isWhole(re *syntax.Regexp) bool {
	if re.Op != syntax.OpConcat || len(re.Sub) < 2 {
		return false
	}
	return re.Sub[0].Op == syntax.OpBeginText && isEnd(re.Sub[len(re.Sub)-1])
}

// isEnd tells \z from $, which also holds in front of a last line break.
func isEnd(re *syntax.Regexp) bool {
	return re.Op == syntax.OpEndText && re.Flags&syntax.WasDollar == 0
}

// shapePart is the shape of a part of an expression.
type shapePart struct {
	first, last byteSet
	empty       bool
	need        [utf8.RuneSelf]uint8
}

// maxNeed is where counting ends: more adds nothing.
const maxNeed = 100

func partOf(re *syntax.Regexp) shapePart {
	switch re.Op {
	case syntax.OpLiteral:
		return literalPart(re)
	case syntax.OpCharClass:
		set := classBytes(re.Rune)
		return shapePart{first: set, last: set}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return shapePart{first: allBytes(), last: allBytes()}
	case syntax.OpCapture, syntax.OpPlus:
		return partOf(re.Sub[0])
	case syntax.OpStar, syntax.OpQuest:
		return optionalPart(re.Sub[0])
	case syntax.OpRepeat:
		return repeatPart(re)
	case syntax.OpConcat:
		return concatPart(re.Sub)
	case syntax.OpAlternate:
		return alternatePart(re.Sub)
	case syntax.OpNoMatch:
		return shapePart{}
	}
	return shapePart{empty: true} // looks at a place, such as \A
}

func optionalPart(re *syntax.Regexp) shapePart {
	p := partOf(re)
	return shapePart{first: p.first, last: p.last, empty: true}
}

func repeatPart(re *syntax.Regexp) shapePart {
	if re.Min == 0 {
		return optionalPart(re.Sub[0])
	}
	p := partOf(re.Sub[0])
	for c, times := range p.need {
		p.need[c] = uint8(min(int(times)*re.Min, maxNeed))
	}
	return p
}

func literalPart(re *syntax.Regexp) (p shapePart) {
	for i, r := range re.Rune {
		set := runeBytes(r)
		if re.Flags&syntax.FoldCase != 0 {
			set = foldedBytes(r)
		}
		if i == 0 {
			p.first = set
		}
		p.last = set
		if r < utf8.RuneSelf && !isASCIILetter(byte(r)) {
			p.need[r] = min(p.need[r]+1, maxNeed)
		}
	}
	p.empty = len(re.Rune) == 0
	return p
}

func concatPart(subs []*syntax.Regexp) shapePart {
	out := shapePart{empty: true}
	for _, sub := range subs {
		p := partOf(sub)
		if out.empty {
			out.first = out.first.or(p.first)
		}
		if !p.empty {
			out.last = byteSet{}
		}
		out.last = out.last.or(p.last)
		out.empty = out.empty && p.empty
		for c, times := range p.need {
			out.need[c] = min(out.need[c]+times, maxNeed)
		}
	}
	return out
}

func alternatePart(subs []*syntax.Regexp) (out shapePart) {
	for i, sub := range subs {
		p := partOf(sub)
		if i == 0 {
			out = p
			continue
		}
		out.first, out.last, out.empty = out.first.or(p.first), out.last.or(p.last), out.empty || p.empty
		for c, times := range p.need {
			out.need[c] = min(out.need[c], times)
		}
	}
	return out
}

func isASCIILetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// byteSet is a set of bytes.
type byteSet [4]uint64

func (s *byteSet) has(c byte) bool { return s[c>>6]&(1<<(c&63)) != 0 }
func (s *byteSet) add(c byte)      { s[c>>6] |= 1 << (c & 63) }

func (s byteSet) or(t byteSet) byteSet {
	return byteSet{s[0] | t[0], s[1] | t[1], s[2] | t[2], s[3] | t[3]}
}

func allBytes() byteSet { return byteSet{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)} }

// runeBytes are the bytes that a character can begin and end with. Those beyond ASCII
// are not told apart: bytes that are no UTF-8 count as one of them.
func runeBytes(r rune) (s byteSet) {
	if r >= utf8.RuneSelf {
		s[2], s[3] = ^uint64(0), ^uint64(0)
		return s
	}
	s.add(byte(r))
	return s
}

// foldedBytes are those of a character whose case is ignored: letters have forms beyond
// ASCII, such as the Kelvin sign.
func foldedBytes(r rune) byteSet {
	s := runeBytes(r)
	if r < utf8.RuneSelf && isASCIILetter(byte(r)) {
		s.add(byte(r) ^ 0x20)
	}
	return s.or(runeBytes(utf8.RuneSelf))
}

// classBytes takes a character class as pairs of first and last character.
func classBytes(pairs []rune) (s byteSet) {
	for i := 0; i < len(pairs); i += 2 {
		for r := pairs[i]; r <= min(pairs[i+1], utf8.RuneSelf); r++ {
			s = s.or(runeBytes(r))
		}
		if pairs[i+1] >= utf8.RuneSelf {
			s = s.or(runeBytes(utf8.RuneSelf))
		}
	}
	return s
}
