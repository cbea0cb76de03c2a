package event

// add is a value on its way to a slot: b[at:end] of the line. They are put aside in
// the order of the line until all of it is known to be well formed.
type add struct {
	slot, at, end int32
	kind          Kind
	odd           bool // escaped, or an Object, or for metaSlot
}

// fill gives the values on the tape to the event.
func (x *extractor) fill(ev *Event) {
	b, slots := x.b, ev.slots
	for n := range x.tape {
		a := &x.tape[n]
		if a.odd {
			x.fillOdd(ev, a)
			continue
		}
		v := Value{a.kind, b[a.at:a.end:a.end]}
		r := &slots[a.slot]
		if r.n != 0 {
			ev.addTo(r, v)
			continue
		}
		// As Add does it.
		ev.touched = append(ev.touched, a.slot)
		r.at, r.n = int32(len(ev.values)), 1
		ev.values = append(ev.values, v)
	}
}

// fillOdd is fill for the values that take more than a place.
func (x *extractor) fillOdd(ev *Event, a *add) {
	if a.kind == Object {
		ev.addObject(int(a.slot))
		return
	}
	text := ev.unescaped(x.b[a.at:a.end])
	if a.slot >= 0 {
		ev.Add(int(a.slot), Value{a.kind, text})
	} else if len(x.metaIndex) == 0 {
		x.metaIndex = text
	}
}

// object reads an object of shape s from behind its brace. leaf says whether there
// is anything but nulls in it. depth counts it and the containers around it.
//
// Nearly all of a line passes through here: what is most frequent (a key that was
// expected, a string, a comma) is done on the spot, and calls are left for the rest.
func (x *extractor) object(s *shape, i, depth int) (end int, leaf bool) {
	b := x.b
	if depth > maxDepth {
		return notMe, false
	}
	if i = space(b, i); i < len(b) && b[i] == '}' {
		return i + 1, false
	}
	next := &s.first
	for {
		k := &x.keys[next.by[x.path>>pathShift]]
		if x.keyAt(k, i) {
			i += int(k.size)
		} else if k, i = x.key(s, next, i); i < 0 {
			return notMe, false
		}
		if i >= len(b) {
			return notMe, false
		}
		next = &k.next
		if s == x.root {
			x.top = mixPath(x.top, k.id)
			x.path = x.top
		}
		l := true
		if b[i] == '"' {
			start := i + 1
			var escaped bool
			if i, escaped = stringEnd(b, start); i < 0 {
				return notMe, false
			}
			if k.slot >= 0 {
				x.tape = append(x.tape, add{k.slot, int32(start), int32(i - 1), String, escaped})
			} else if k.slot == textSlot && !x.text(x.more[k.id].to, start, i-1, escaped) {
				return notMe, false
			}
		} else if i, l = x.member(k, i, depth); i < 0 {
			return notMe, false
		}
		if l {
			leaf = true
			if k.dotted {
				x.addAbove(k)
			}
		}
		if i >= len(b) {
			return notMe, false
		}
		if b[i] != ',' {
			if b[i] == '}' {
				break
			}
			if i = space(b, i); i >= len(b) || b[i] != ',' {
				break
			}
		}
		i++
		if i < len(b) && b[i] != '"' {
			i = space(b, i)
		}
	}
	if leaf && s.slot >= 0 {
		x.tape = append(x.tape, add{slot: int32(s.slot), kind: Object, odd: true})
	}
	return closed(b, i, '}'), leaf
}

// addAbove adds the objects that a dotted key stands for.
func (x *extractor) addAbove(k *key) {
	for _, slot := range x.more[k.id].above {
		x.tape = append(x.tape, add{slot: slot, kind: Object, odd: true})
	}
}

// member reads what stands behind a key.
func (x *extractor) member(k *key, i, depth int) (end int, leaf bool) {
	b := x.b
	if i = space(b, i); i >= len(b) {
		return notMe, false
	}
	switch b[i] {
	case '{':
		return x.memoObject(&x.more[k.id], i, depth)
	case '[':
		if s := x.below(&x.more[k.id]); s != nil {
			return x.array(s, i+1, depth+1)
		}
		return skip(b, i, depth)
	case '"':
		if s := x.more[k.id].to; s != nil {
			return x.value(s, i, depth)
		}
		return skip(b, i, depth)
	}
	slot := k.slot
	if slot == textSlot {
		slot = int32(x.more[k.id].to.slot)
	}
	return x.scalar(slot, i)
}

// key reads the key that follows, its colon and the space behind it, when it is not
// the most likely one.
func (x *extractor) key(s *shape, next *followers, i int) (k *key, end int) {
	for _, id := range next.alt {
		if k := &x.keys[id]; x.keyAt(k, i) {
			// The likelier key keeps its place, mostly: otherwise two that take turns would
			// be mistaken for each other every time.
			if x.turn++; x.turn%displaceEvery == 0 {
				x.displace(next, id)
			}
			x.path = mixPath(x.path, id)
			return k, i + int(k.size)
		}
	}
	return x.newKey(s, next, i)
}

// displace makes a key the one to expect on the path that this line has taken.
func (x *extractor) displace(next *followers, id uint16) {
	p := &next.by[x.path>>pathShift]
	next.alt[2], next.alt[1], next.alt[0] = next.alt[1], next.alt[0], *p
	*p = id
}

// newKey reads a key that the last objects did not predict.
func (x *extractor) newKey(s *shape, next *followers, i int) (k *key, end int) {
	end = keyEnd(x.b, i)
	if end < 0 {
		return nil, notMe
	}
	quote, escaped := stringEnd(x.b, i+1)
	if escaped {
		return nil, notMe
	}
	k = x.lookup(s, next, x.b[i+1:quote-1])
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
		end, escaped := stringEnd(b, i+1)
		if end < 0 || !x.text(s, i+1, end-1, escaped) {
			return notMe, false
		}
		return end, true
	case '{':
		return x.object(s, i+1, depth+1)
	case '[':
		return x.array(s, i+1, depth+1)
	}
	return x.scalar(int32(s.slot), i)
}

// text adds the string b[i:end] of shape s, unless it may carry a whole event.
func (x *extractor) text(s *shape, i, end int, escaped bool) (ok bool) {
	if s.wraps && x.b[i] == '{' {
		return false
	}
	a := add{int32(s.slot), int32(i), int32(end), String, escaped}
	if s.slot >= 0 {
		x.tape = append(x.tape, a)
	}
	if s.meta {
		a.slot, a.odd = metaSlot, true
		x.tape = append(x.tape, a)
	}
	return true
}

// scalar reads a number, true, false or null.
func (x *extractor) scalar(slot int32, i int) (end int, leaf bool) {
	end = scalarEnd(x.b, i)
	leaf = x.b[i] != 'n'
	if end < 0 || slot < 0 {
		return end, leaf
	}
	a := add{slot, int32(i), int32(end), Number, false}
	switch x.b[i] {
	case 'n':
		a.kind, a.end = Null, a.at
	case 't', 'f':
		a.kind = Bool
	}
	x.tape = append(x.tape, a)
	return end, leaf
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
