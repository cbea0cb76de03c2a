package index

import (
	"coldcase/matchers/event"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// atomKind says what an atom asks of a value of its slot.
type atomKind uint8

const (
	present atomKind = iota // there is one
	exact                   // it is text
	start                   // it begins with text (at most endSize bytes)
	end                     // it ends with text (at most endSize bytes)
	gram                    // it contains text (gramSize bytes)
	number                  // it is the whole number n, or is written in another way than with digits alone
	address                 // it is the IPv4 address text, or has a colon
)

// Texts are compared but for ASCII case, and a little less strictly (see key.go).

const (
	// gramSize is the length in bytes of the texts that are looked for inside values.
	gramSize = 4
	// endSize is the length in bytes up to which the start or end of a value is looked at.
	endSize = 7
)

// atom is a cheap necessary condition on one field.
type atom struct {
	kind atomKind
	slot int
	text string // lower-cased in ASCII
	n    uint64
}

// fields resolves names as the matcher does.
type fields struct {
	schema *schema.Schema
	layout *event.Layout
}

func (f fields) of(name string) (schema.Field, int, bool) {
	field := f.schema.Lookup(name)
	slot, ok := f.layout.Lookup(field.Path)
	return field, slot, ok
}

// anchorsOf returns atoms of which one holds whenever x does, and their cost; ok is
// false when x has none.
func (f fields) anchorsOf(x query.Expr) (atoms []atom, cost int, ok bool) {
	switch x := x.(type) {
	case *query.And:
		for _, part := range x.X {
			if a, c, found := f.anchorsOf(part); found && (!ok || c < cost) {
				atoms, cost, ok = a, c, true
			}
		}
		return atoms, cost, ok
	case *query.Or:
		for _, part := range x.X {
			a, c, found := f.anchorsOf(part)
			if !found {
				return nil, 0, false
			}
			atoms, cost = append(atoms, a...), cost+c
		}
		return atoms, cost, len(x.X) > 0
	}
	return f.leafAnchors(x)
}

func (f fields) leafAnchors(x query.Expr) ([]atom, int, bool) {
	qf, ok := query.LeafField(x)
	if !ok || qf.Glob {
		return nil, 0, false
	}
	field, slot, ok := f.of(qf.Name)
	if !ok {
		return nil, 0, false
	}
	there := costPresent(f.layout.Name(slot))
	if atoms, ok := leafAtoms(x, field); ok {
		cost := 0
		for i := range atoms {
			atoms[i].slot = slot
			cost += atoms[i].cost(there)
		}
		return atoms, min(cost, there), true // what holds of a value is never likelier than that there is one
	}
	return []atom{{kind: present, slot: slot}}, there, true
}
