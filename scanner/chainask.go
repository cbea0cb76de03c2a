package scanner

import (
	"cmp"
	"slices"
	"time"

	"coldcase/matchers/correlate"
)

// asking is the starts that are looked for in one look through the records.
type asking map[uint64]*asked

// asked is what is looked for by one hash. A number is used again and again: for each
// time at which it was met, its last start before. An entity id is not: the last start
// until it was met, as a process may load another program, or else the first.
type asked struct {
	entity bool
	times  []int64 // sorted, distinct
	best   []*processFacts
	after  *processFacts
}

// ask prepares to look for the processes of refs.
func ask(refs []processRef) asking {
	a := asking{}
	for i := range refs {
		f := &refs[i].facts
		hash, entity := askedBy(f)
		if hash == 0 {
			continue
		}
		x := a[hash]
		if x == nil {
			x = &asked{entity: entity}
			a[hash] = x
		}
		switch {
		case !entity || len(x.times) == 0:
			x.times = append(x.times, f.time)
		default:
			x.times[0] = max(x.times[0], f.time)
		}
	}
	for _, x := range a {
		slices.Sort(x.times)
		x.times = slices.Compact(x.times)
		x.best = make([]*processFacts, len(x.times))
	}
	return a
}

// askedBy is the hash by which a process is looked for: its number only when it has no
// entity id, and a time.
func askedBy(f *processFacts) (hash uint64, entity bool) {
	if f.entity != 0 {
		return f.entity, true
	}
	if !f.hasTime {
		return 0, false
	}
	return f.number, false
}

// look goes through the records of one worker.
func (a asking) look(l *correlate.Log) (err error) {
	eachErr := l.Each(func(entry []byte) {
		e, ok := readStart(entry)
		if !ok {
			err = ErrSpilled
			return
		}
		if x := a[e.entity]; x != nil && err == nil {
			err = x.meet(&e)
		}
		if x := a[e.number]; x != nil && err == nil {
			err = x.meet(&e)
		}
	})
	return cmp.Or(eachErr, err)
}

// meet takes a start where it is better than what is held. It goes to the first time at
// or behind it; answer carries it on to later ones.
func (x *asked) meet(e *startEntry) error {
	i, _ := slices.BinarySearch(x.times, e.time)
	slot, after := &x.after, i == len(x.times)
	if after && !x.entity {
		return nil
	}
	if !after {
		slot = &x.best[i]
	}
	if old := *slot; old != nil && old.time != e.time && (old.time < e.time) == after {
		return nil
	}
	f, err := e.facts()
	if err != nil {
		return err
	}
	if old := *slot; old == nil || old.time != f.time || compareFacts(&f, old) < 0 {
		*slot = &f
	}
	return nil
}

// compareFacts orders starts of one time by what they say, then by place.
func compareFacts(a, b *processFacts) int {
	return cmp.Or(
		-cmp.Compare(len(a.command), len(b.command)), // the fuller one
		cmp.Compare(a.command, b.command), cmp.Compare(a.name, b.name), cmp.Compare(a.user, b.user),
		cmp.Compare(a.pid, b.pid), cmp.Compare(a.parentPid, b.parentPid), cmp.Compare(a.parentName, b.parentName),
		cmp.Compare(a.origin.Input, b.origin.Input), cmp.Compare(a.origin.Offset, b.origin.Offset))
}

// startSlack is how far process.start and the time of the start may lie apart.
const startSlack = int64(2 * time.Second)

// answer returns the start of a process, nil when there is none in the evidence.
func (a asking) answer(ref *processRef) *processFacts {
	hash, entity := askedBy(&ref.facts)
	x := a[hash]
	if hash == 0 || x == nil {
		return nil
	}
	i := 0
	if !entity {
		i, _ = slices.BinarySearch(x.times, ref.facts.time)
	}
	for i = min(i, len(x.best)-1); i >= 0; i-- {
		if f := x.best[i]; f != nil {
			if ref.began != 0 && !entity && max(f.time-ref.began, ref.began-f.time) > startSlack {
				return nil // an earlier process of the same number
			}
			return f
		}
	}
	return x.after
}
