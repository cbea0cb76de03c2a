package query

import (
	"fmt"
)

// IDs numbers the distinct steps of a sequence in the order in which they first
// appear: ids[i] is the number of step i, until that of Until or -1. Steps are one
// when predicate, keys and Missing agree, so that "with runs=60" makes one record of
// an event and not sixty. Until may share the number of a step.
func (s *Sequence) IDs() (ids []int, until int) {
	n := numbering{byX: map[Expr]string{}, ids: map[string]int{}}
	for _, st := range s.Steps {
		ids = append(ids, n.of(st))
	}
	until = -1
	if s.Until != nil {
		until = n.of(*s.Until)
	}
	return ids, until
}

// IDs numbers the distinct filters of a sample.
func (s *Sample) IDs() []int {
	ids, _ := (&Sequence{Steps: s.Steps}).IDs()
	return ids
}

// numbering gives equal steps one number.
type numbering struct {
	byX map[Expr]string // saves writing a run's predicate again
	ids map[string]int
}

func (n *numbering) of(s Step) int {
	x, ok := n.byX[s.X]
	if !ok {
		x = s.X.String()
		n.byX[s.X] = x
	}
	text := fmt.Sprintf("%v %q %s", s.Missing, s.Keys, x)
	id, ok := n.ids[text]
	if !ok {
		id = len(n.ids)
		n.ids[text] = id
	}
	return id
}
