package rows

import (
	"math"
	"slices"
)

// quantile is a percentile of all values, interpolated between the two around it; or, with
// deviation set, the median of how far they are from their median.
type quantile struct {
	percent   float64
	deviation bool
	limit     int // bytes
	values    []float64
	left      int64
}

func (s *quantile) add(a []Value) {
	for _, x := range a[0] {
		if isNumber(x.Type) {
			s.note(x.float())
		}
	}
}

func (s *quantile) note(f float64) {
	if len(s.values)*8 >= s.limit {
		s.left++
		return
	}
	s.values = append(s.values, f)
}

func (s *quantile) merge(o state) {
	t := o.(*quantile)
	for _, f := range t.values {
		s.note(f)
	}
	s.left += t.left
}

func (s *quantile) dropped() int64 { return s.left }

func (s *quantile) result() Value {
	if len(s.values) == 0 {
		return nil
	}
	list := slices.Clone(s.values)
	if s.deviation {
		middle := quantileOf(list, 50)
		for i, f := range list {
			list[i] = math.Abs(f - middle)
		}
		return number(quantileOf(list, 50))
	}
	return number(quantileOf(list, s.percent))
}

// quantileOf sorts a list.
func quantileOf(list []float64, percent float64) float64 {
	slices.Sort(list)
	at := max(0, min(percent, 100)) / 100 * float64(len(list)-1)
	i := int(at)
	if i+1 == len(list) {
		return list[i]
	}
	return list[i] + (list[i+1]-list[i])*(at-float64(i))
}

// weighted is WEIGHTED_AVG: the sum of numbers by their weights, by the sum of all weights,
// those of rows without a number too (J:WeightedAvg).
type weighted struct {
	exact
	sum, weights total
}

func (s *weighted) add(a []Value) {
	s.weights.add(a[1:])
	x, ok := a[0].one()
	w, wok := a[1].one()
	if ok && wok {
		s.sum.add([]Value{calculate('*', x, w)})
	}
}

func (s *weighted) merge(o state) {
	t := o.(*weighted)
	s.sum.merge(&t.sum)
	s.weights.merge(&t.weights)
}

func (s *weighted) result() Value {
	sum, ok := s.sum.result().one()
	weights, wok := s.weights.result().one()
	if !ok || !wok {
		return nil
	}
	return number(sum.float() / weights.float())
}
