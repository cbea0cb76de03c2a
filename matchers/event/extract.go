package event

import "bytes"

// maxFastLine bounds the lines that Extract takes: a shorter one cannot have
// maxValues values, so that it need not count them.
const maxFastLine = 2 * maxValues

// notMe is the end of what Extract does not take. It shares the sign of a
// malformed text's: the line goes to Parse either way, which finds the reason.
const notMe = -1

// Extract is the fast path: it fills ev in one pass over the line
// and without allocating, and says whether it could. When it says no, the line is
// malformed or merely unusual, ev is rubbish, and Parse decides. Within each slot
// the values are those of Parse, in the same order. Elements, Leaves and Content
// still look at the line that was last parsed.
//
// The line is validated as strictly as Parse does it, parts that nobody wants
// included.
func (p *Parser) Extract(ev *Event, line []byte) (ok bool) {
	ev.Reset(p.layout.Len())
	p.extracted = nil
	i := space(line, 0)
	if len(line) > maxFastLine || p.action.update || i == len(line) || line[i] != '{' {
		return false
	}
	x := &p.fast
	x.start(line)
	end := x.line(ev, i+1)
	if end >= 0 && space(line, end) == len(line) {
		x.fill(ev)
		ok = true
	}
	x.b = nil
	if !ok {
		return false
	}
	if ev.Source == nil {
		ev.Source, x.source = line[i:end:end], i
	}
	p.extracted = &ev.Source[0]
	if len(ev.Index) == 0 {
		ev.Index = p.action.index
	}
	if len(ev.ID) == 0 {
		ev.ID = p.action.id
	}
	if len(ev.Index) == 0 {
		ev.Index = x.metaIndex
	}
	return true
}

// start prepares for a line.
func (x *extractor) start(line []byte) {
	full := len(x.keys) == cap(x.keys)
	if x.kept >= maxKept || full && cap(x.keys) >= maxKeys {
		x.forget()
	} else if full {
		x.room(2 * cap(x.keys))
	}
	if cap(x.tape) > maxKeptTape {
		x.tape = nil
	}
	if cap(x.known) > maxKeptTape {
		x.known = nil
	}
	x.b, x.tape, x.known, x.metaIndex, x.path, x.top = line, x.tape[:0], x.known[:0], nil, 0, 0
}

// line reads the line's object from behind its brace. A first key that begins with
// an underscore makes it a hit.
func (x *extractor) line(ev *Event, i int) (end int) {
	i = space(x.b, i)
	if bytes.HasPrefix(x.b[i:], []byte(`"_`)) {
		return x.hit(ev, i)
	}
	x.bare = true
	end, _ = x.object(x.root, i, 1)
	return end
}

// hit reads the members of a plain hit: _index and _id without escapes, _source
// once, and other names of Elasticsearch's own, which begin with an underscore, or
// sort. Anything else may be a hit all the same; Parse knows.
func (x *extractor) hit(ev *Event, i int) (end int) {
	b := x.b
	seen := false
	for {
		start := i
		if i = keyEnd(b, i); i < 0 || i >= len(b) {
			return notMe
		}
		switch name := bytes.TrimRight(b[start:i], " \t\r\n:"); {
		case string(name) == `"_source"` && !seen && b[i] == '{':
			seen, x.bare = true, false
			source := i
			i, _ = x.object(x.root, i+1, 2)
			if i > 0 && isEmptyObject(b[source:i]) {
				return notMe // a hit of the fields API may have this
			}
			if i > 0 {
				ev.Source, x.source = b[source:i:i], source
			}
		case string(name) == `"_index"` && ev.Index == nil:
			i, ev.Index = x.plain(i)
		case string(name) == `"_id"` && ev.ID == nil:
			i, ev.ID = x.plain(i)
		case isOtherOfHit(name):
			i, _ = skip(b, i, 1)
		default:
			return notMe
		}
		if i < 0 {
			return notMe
		}
		if i = space(b, i); i < len(b) && b[i] == ',' {
			i = space(b, i+1)
			continue
		}
		if !seen || len(ev.Index)+len(ev.ID) == 0 {
			return notMe
		}
		return closed(b, i, '}')
	}
}

// isOtherOfHit takes a quoted name. Names with escapes are not for Extract.
func isOtherOfHit(name []byte) bool {
	switch string(name) {
	case `"_source"`, `"_index"`, `"_id"`, `"_shards"`, `"_scroll_id"`:
		return false
	case `"sort"`:
		return true
	}
	return bytes.HasPrefix(name, []byte(`"_`)) && bytes.IndexByte(name, '\\') < 0
}

// plain reads a string without escapes.
func (x *extractor) plain(i int) (end int, text []byte) {
	if x.b[i] != '"' {
		return notMe, nil
	}
	end, escaped := stringEnd(x.b, i+1)
	if end < 0 || escaped {
		return notMe, nil
	}
	return end, x.b[i+1 : end-1]
}
