package matchers

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unicode/utf8"

	"coldcase/matchers/event"
	"coldcase/rules/query"
)

// glob is a compiled wildcard pattern: the text between the stars. A value
// matches when the first segment stands at its start, the last at its end and the
// others in order between; the leftmost place for each is always good enough, so
// no pattern and value take more than len(value)*len(segment) steps.
type glob struct {
	segs []segment
	// open is set when the pattern begins, or ends, with a star.
	openStart, openEnd bool
}

// segment is a run of literals and single-character wildcards.
type segment struct {
	parts []query.Part
	// lit is the segment's text when no '?' is in it.
	lit   []byte
	plain bool
}

func newGlob(p query.Pattern) *glob {
	g := &glob{}
	var cur []query.Part
	flush := func() {
		if len(cur) > 0 {
			g.segs = append(g.segs, newSegment(cur))
			cur = nil
		}
	}
	for i, part := range p {
		if part.Kind != query.Any {
			cur = append(cur, part)
			continue
		}
		flush()
		g.openStart = g.openStart || i == 0
		g.openEnd = i == len(p)-1
	}
	flush()
	return g
}

func newSegment(parts []query.Part) segment {
	s := segment{parts: parts, plain: true}
	for _, p := range parts {
		s.plain = s.plain && p.Kind == query.Lit
		s.lit = append(s.lit, p.Text...)
	}
	return s
}

// match says whether the pattern matches all of b.
func (g *glob) match(b []byte) bool {
	segs := g.segs
	if len(segs) == 0 {
		return g.openStart || g.openEnd || len(b) == 0
	}
	if !g.openStart {
		n := segs[0].at(b)
		if n < 0 {
			return false
		}
		b, segs = b[n:], segs[1:]
		if len(segs) == 0 {
			return g.openEnd || len(b) == 0
		}
	}
	// The end is cheap to look at, and rejects most values.
	if !g.openEnd && !segs[len(segs)-1].ends(b) {
		return false
	}
	for len(segs) > 1 || g.openEnd && len(segs) > 0 {
		end := segs[0].find(b)
		if end < 0 {
			return false
		}
		b, segs = b[end:], segs[1:]
	}
	return len(segs) == 0 || segs[0].ends(b)
}

// at returns the length of the segment's match at the start of b, -1 if none.
func (s *segment) at(b []byte) int {
	if s.plain {
		if bytes.HasPrefix(b, s.lit) {
			return len(s.lit)
		}
		return -1
	}
	n := 0
	for _, p := range s.parts {
		if p.Kind == query.One {
			if n == len(b) {
				return -1
			}
			n += runeLen(b[n:])
			continue
		}
		if len(b)-n < len(p.Text) || string(b[n:n+len(p.Text)]) != p.Text {
			return -1
		}
		n += len(p.Text)
	}
	return n
}

// find returns the end of the leftmost match in b, -1 if none.
func (s *segment) find(b []byte) int {
	if s.plain {
		i := bytes.Index(b, s.lit)
		if i < 0 {
			return -1
		}
		return i + len(s.lit)
	}
	for i := 0; i <= len(b); {
		if n := s.at(b[i:]); n >= 0 {
			return i + n
		}
		if i == len(b) {
			break
		}
		i += runeLen(b[i:])
	}
	return -1
}

// ends says whether a match of the segment ends at the end of b.
func (s *segment) ends(b []byte) bool {
	if s.plain {
		return bytes.HasSuffix(b, s.lit)
	}
	for i := len(s.parts) - 1; i >= 0; i-- {
		p := s.parts[i]
		if p.Kind == query.Lit {
			if !bytes.HasSuffix(b, []byte(p.Text)) {
				return false
			}
			b = b[:len(b)-len(p.Text)]
			continue
		}
		if len(b) == 0 {
			return false
		}
		_, n := utf8.DecodeLastRune(b)
		b = b[:len(b)-n]
	}
	return true
}

func runeLen(b []byte) int {
	if b[0] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRune(b)
	return n
}

// globTest holds when one of the patterns matches the whole text of a string.
type globTest struct {
	globs   []*glob
	edges   []globEdges // of globs
	numbers bool        // the field is a keyword: a JSON number is text like any other
}

func newGlobTest(globs []*glob, numbers bool) *globTest {
	t := &globTest{globs: globs, numbers: numbers}
	for _, g := range globs {
		t.edges = append(t.edges, g.edges())
	}
	return t
}

func (t *globTest) match(s *scratch, v event.Value) bool {
	if v.Kind != event.String && !t.numbers {
		return false
	}
	if s.plain {
		return slices.ContainsFunc(t.globs, func(g *glob) bool { return g.match(v.Text) })
	}
	return t.matchText(v.Text)
}

func (t *globTest) matchText(b []byte) bool {
	head, tail := headOf(b), tailOf(b)
	for i := range t.edges {
		e := &t.edges[i]
		if (head^e.head)&e.headMask|(tail^e.tail)&e.tailMask == 0 && t.globs[i].match(b) {
			return true
		}
	}
	return false
}

// globEdges are up to eight bytes of a pattern's literal text at the start and at the
// end of values, where there is such text: most values differ in them from most
// patterns of a list, and to see that takes no call.
type globEdges struct{ head, headMask, tail, tailMask uint64 }

func (g *glob) edges() (e globEdges) {
	if len(g.segs) == 0 {
		return e
	}
	if first := g.segs[0].parts[0]; !g.openStart && first.Kind == query.Lit {
		e.head, e.headMask = headOf([]byte(first.Text)), headOf(ones[:min(len(first.Text), 8)])
	}
	parts := g.segs[len(g.segs)-1].parts
	if last := parts[len(parts)-1]; !g.openEnd && last.Kind == query.Lit {
		e.tail, e.tailMask = tailOf([]byte(last.Text)), tailOf(ones[:min(len(last.Text), 8)])
	}
	return e
}

var ones = [8]byte{255, 255, 255, 255, 255, 255, 255, 255}

// headOf returns the first eight bytes of b, or as many as there are and zeros.
func headOf(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b)
	}
	return fewBytes(b)
}

// tailOf returns the last eight bytes of b, or zeros and as many as there are.
func tailOf(b []byte) uint64 {
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b[len(b)-8:])
	}
	return fewBytes(b) << (64 - 8*len(b)) // a shift by 64 leaves nothing
}

func fewBytes(b []byte) (x uint64) {
	for i, c := range b {
		x |= uint64(c) << (8 * i)
	}
	return x
}

func newGlobs(patterns []query.Pattern, lower lowerFunc) []*glob {
	globs := make([]*glob, len(patterns))
	for i, p := range patterns {
		globs[i] = newGlob(lowerPattern(p, lower))
	}
	return globs
}

func lowerPattern(p query.Pattern, lower lowerFunc) query.Pattern {
	out := make(query.Pattern, len(p))
	for i, part := range p {
		out[i] = query.Part{Kind: part.Kind, Text: string(lower.text([]byte(part.Text)))}
	}
	return out
}
