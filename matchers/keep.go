package matchers

import (
	"cmp"
	"hash/fnv"
	"slices"
)

// kept is a map of names with a bound that does not depend on the order in which names
// come: of more names than most it holds those with the smallest hashes. A name that
// is held at the end was never dropped on the way, so what is counted for it is exact,
// and merging maps of parts of the evidence gives the map of the whole.
type kept[V any] struct {
	most    int
	entries map[string]V
	// limit is the smallest hash that was dropped: names from it on are not held.
	limit  uint64
	capped bool // something was dropped
	// dropped, when not nil, is called for each entry that is given up.
	dropped func(V)
}

func newKept[V any](most int) *kept[V] {
	return &kept[V]{most: most, entries: map[string]V{}, limit: ^uint64(0)}
}

// get returns the entry of a name, made by fresh when it is new; ok is false for a
// name that is not held. It allocates for new names only.
func (k *kept[V]) get(name []byte, fresh func() V) (v V, ok bool) {
	if v, ok = k.entries[string(name)]; ok {
		return v, true
	}
	if len(name) > maxCensusName || hashName(string(name)) >= k.limit {
		k.capped = true
		return v, false
	}
	v = fresh()
	k.entries[string(name)] = v
	if len(k.entries) > 2*k.most {
		k.prune()
		v, ok = k.entries[string(name)]
		return v, ok
	}
	return v, true
}

// hashName is fixed, so that a run can be repeated. Evidence that is made to fit it
// chooses which of too many names a report lists, nothing else.
func hashName(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}

// prune cuts down to the most names.
func (k *kept[V]) prune() {
	if len(k.entries) <= k.most {
		return
	}
	names := sortedKeys(k.entries)
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(hashName(a), hashName(b)) })
	k.limit, k.capped = hashName(names[k.most]), true
	for _, name := range names[k.most:] {
		k.drop(name)
	}
}

// merge takes the entries of another map: add adds what it holds to one of this.
func (k *kept[V]) merge(d *kept[V], fresh func() V, add func(dst *V, src V)) {
	for name, src := range d.entries {
		if dst, ok := k.get([]byte(name), fresh); ok {
			add(&dst, src)
			k.entries[name] = dst
		}
	}
	k.limit, k.capped = min(k.limit, d.limit), k.capped || d.capped
	for name := range k.entries {
		if hashName(name) >= k.limit {
			k.drop(name)
		}
	}
}

func (k *kept[V]) drop(name string) {
	if k.dropped != nil {
		k.dropped(k.entries[name])
	}
	delete(k.entries, name)
}
