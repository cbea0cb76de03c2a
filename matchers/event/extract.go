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
	i := space(line, 0)
	if len(line) > maxFastLine || p.action.update || i == len(line) || line[i] != '{' {
		return false
	}
	x := &p.fast
	if x.learned > maxLearned {
		x.forget()
	}
	x.ev, x.b, x.metaIndex = ev, line, nil
	end := x.line(i + 1)
	x.ev, x.b = nil, nil
	if end < 0 || space(line, end) != len(line) {
		return false
	}
	if ev.Source == nil {
		ev.Source = line[i:end:end]
	}
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

// line reads the line's object from behind its brace. A first key that begins with
// an underscore makes it a hit.
func (x *extractor) line(i int) (end int) {
	i = space(x.b, i)
	if bytes.HasPrefix(x.b[i:], []byte(`"_`)) {
		return x.hit(i)
	}
	x.bare = true
	end, _ = x.object(x.root, i, 1)
	return end
}

// hit reads the members of a plain hit: _index and _id without escapes, _source
// once, and other names of Elasticsearch's own, which begin with an underscore, or
// sort. Anything else may be a hit all the same; Parse knows.
func (x *extractor) hit(i int) (end int) {
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
				x.ev.Source = b[source:i:i]
			}
		case string(name) == `"_index"` && x.ev.Index == nil:
			i, x.ev.Index = x.plain(i)
		case string(name) == `"_id"` && x.ev.ID == nil:
			i, x.ev.ID = x.plain(i)
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
		if !seen || len(x.ev.Index)+len(x.ev.ID) == 0 {
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

// object reads an object of shape s from behind its brace. leaf says whether there
// is anything but nulls in it. depth counts it and the containers around it.
func (x *extractor) object(s *shape, i, depth int) (end int, leaf bool) {
	b := x.b
	if depth > maxDepth {
		return notMe, false
	}
	if i = space(b, i); i < len(b) && b[i] == '}' {
		return i + 1, false
	}
	k := &s.before
	for {
		if k, i = x.key(s, k, i); i < 0 {
			return notMe, false
		}
		var l bool
		if i, l = x.member(s, k, i, depth); i < 0 {
			return notMe, false
		}
		leaf = leaf || l
		if i >= len(b) || b[i] != ',' {
			if i = space(b, i); i >= len(b) || b[i] != ',' {
				break
			}
		}
		i = space(b, i+1)
	}
	if leaf {
		x.addObject(s.slot)
	}
	return closed(b, i, '}'), leaf
}

// member reads the value of a key in an object of shape s.
func (x *extractor) member(s *shape, k *key, i, depth int) (end int, leaf bool) {
	switch {
	case s == x.root && i < len(x.b) && x.b[i] == '{':
		end, leaf = x.memoObject(k, i, depth)
	case k.to == nil:
		end, leaf = skip(x.b, i, depth)
	default:
		end, leaf = x.value(k.to, i, depth)
	}
	if leaf {
		for _, slot := range k.above {
			x.addObject(slot)
		}
	}
	return end, leaf
}

// key reads the key that follows prev in an object of shape s, its colon and the
// space behind it.
func (x *extractor) key(s *shape, prev *key, i int) (k *key, end int) {
	rest := x.b[i:]
	for _, k := range &prev.next {
		if k != nil && len(rest) >= len(k.text) && string(rest[:len(k.text)]) == k.text {
			if k.odd && x.bare {
				return nil, notMe
			}
			return k, space(x.b, i+len(k.text))
		}
	}
	return x.newKey(s, prev, i)
}

// newKey reads a key that the last objects did not predict.
func (x *extractor) newKey(s *shape, prev *key, i int) (k *key, end int) {
	end = keyEnd(x.b, i)
	if end < 0 {
		return nil, notMe
	}
	quote, escaped := stringEnd(x.b, i+1)
	if escaped {
		return nil, notMe
	}
	k = x.lookup(s, prev, x.b[i+1:quote-1])
	if k == nil || k.odd && x.bare {
		return nil, notMe
	}
	return k, end
}

// value reads a value of shape s.
func (x *extractor) value(s *shape, i, depth int) (end int, leaf bool) {
	b := x.b
	if i >= len(b) {
		return notMe, false
	}
	switch b[i] {
	case '"':
		return x.text(s, i+1), true
	case '{':
		return x.object(s, i+1, depth+1)
	case '[':
		return x.array(s, i+1, depth+1)
	}
	end = scalarEnd(b, i)
	if end >= 0 && s.slot >= 0 {
		x.scalar(s.slot, i, end)
	}
	return end, b[i] != 'n'
}

// scalar adds a number, true, false or null.
func (x *extractor) scalar(slot, i, end int) {
	switch x.b[i] {
	case 'n':
		x.add(slot, Null, i, i)
	case 't', 'f':
		x.add(slot, Bool, i, end)
	default:
		x.add(slot, Number, i, end)
	}
}

// text reads a string from behind its opening quote.
func (x *extractor) text(s *shape, i int) (end int) {
	end, escaped := stringEnd(x.b, i)
	if end < 0 || s.slot < 0 && !s.meta {
		return end
	}
	if !escaped && !s.meta {
		x.add(s.slot, String, i, end-1)
		return end
	}
	x.recording = false
	text := x.ev.unescaped(x.b[i : end-1])
	if s.slot >= 0 {
		x.ev.Add(s.slot, Value{String, text})
	}
	if s.meta && len(x.metaIndex) == 0 {
		x.metaIndex = text
	}
	return end
}

// array reads an array of shape s from behind its bracket.
func (x *extractor) array(s *shape, i, depth int) (end int, leaf bool) {
	b := x.b
	if depth > maxDepth {
		return notMe, false
	}
	if i = space(b, i); i < len(b) && b[i] == ']' {
		return i + 1, false
	}
	for {
		var l bool
		if i, l = x.value(s, i, depth); i < 0 {
			return notMe, false
		}
		leaf = leaf || l
		if i = space(b, i); i < len(b) && b[i] == ',' {
			i = space(b, i+1)
			continue
		}
		return closed(b, i, ']'), leaf
	}
}
