package rows

import (
	"math"
	"strings"

	"coldcase/rules/esql"
)

// state is one aggregate of one group.
type state interface {
	// add adds the arguments of a row.
	add(args []Value)
	// merge adds what a state of later rows has seen.
	merge(o state)
	result() Value
	// dropped is how many values were left out at a limit.
	dropped() int64
}

// Limits bound what one state holds: evidence chooses how many values there are.
type Limits struct {
	Distinct int // values of COUNT_DISTINCT that are counted exactly
	Bytes    int // of the values that VALUES, TOP and PERCENTILE hold
}

// DefaultLimits are those of a group that is the only one in memory.
var DefaultLimits = Limits{Distinct: 1 << 18, Bytes: 8 << 20}

// Share returns the limits of each of n states that are held at once.
func (l Limits) Share(n int) Limits {
	return Limits{Distinct: max(1<<10, l.Distinct/max(1, n)), Bytes: max(64<<10, l.Bytes/max(1, n))}
}

// newState returns what makes the state of an aggregate function; nil for one that is not
// known.
func newState(x *esql.Call) func(Limits) state {
	switch x.Func.Name {
	case "COUNT":
		star := len(x.Args) == 0
		return func(Limits) state { return &count{star: star} }
	case "SUM":
		return func(Limits) state { return &total{} }
	case "AVG":
		return func(Limits) state { return &moments{of: average} }
	case "VARIANCE":
		return func(Limits) state { return &moments{of: variance} }
	case "STD_DEV":
		return func(Limits) state { return &moments{of: deviation} }
	case "MIN":
		return func(Limits) state { return &best{direction: -1} }
	case "MAX":
		return func(Limits) state { return &best{direction: 1} }
	case "PRESENT":
		return func(Limits) state { return &present{} }
	case "ABSENT":
		return func(Limits) state { return &present{absent: true} }
	case "COUNT_DISTINCT":
		return func(l Limits) state { return newDistinct(l.Distinct) }
	case "VALUES":
		return func(l Limits) state { return newCollected(l.Bytes) }
	case "TOP":
		n, desc := topOf(x)
		return func(l Limits) state { return &top{n: n, desc: desc, limit: l.Bytes} }
	case "FIRST", "LAST":
		last := x.Func.Name == "LAST"
		return func(Limits) state { return &edgeValue{last: last} }
	case "WEIGHTED_AVG":
		if _, same := x.Args[1].(*esql.Literal); same { // one weight for all is none
			return func(Limits) state { return &moments{of: average} }
		}
		return func(Limits) state { return &weighted{} }
	case "MEDIAN":
		return func(l Limits) state { return &quantile{percent: 50, limit: l.Bytes} }
	case "MEDIAN_ABSOLUTE_DEVIATION":
		return func(l Limits) state { return &quantile{deviation: true, limit: l.Bytes} }
	case "PERCENTILE":
		percent := literal(x.Args[1].(*esql.Literal))[0].float()
		return func(l Limits) state { return &quantile{percent: percent, limit: l.Bytes} }
	}
	return nil
}

// exact is embedded in states that leave nothing out.
type exact struct{}

func (exact) dropped() int64 { return 0 }

// count counts rows, or values.
type count struct {
	exact
	star bool
	n    int64
}

func (s *count) add(a []Value) {
	if s.star {
		s.n++
		return
	}
	s.n += int64(len(a[0]))
}
func (s *count) merge(o state) { s.n += o.(*count).n }
func (s *count) result() Value { return longValue(s.n) }

// present says whether there is any value.
type present struct {
	exact
	absent, seen bool
}

func (s *present) add(a []Value) { s.seen = s.seen || len(a[0]) > 0 }
func (s *present) merge(o state) { s.seen = s.seen || o.(*present).seen }
func (s *present) result() Value { return boolValue(s.seen != s.absent) }

// total adds numbers: whole ones exactly, null when they overflow, others with
// compensation.
type total struct {
	exact
	seen, overflow, fractions bool
	whole                     int64
	sum, lost                 float64
}

func (s *total) add(a []Value) {
	for _, x := range a[0] {
		switch {
		case x.Type == esql.Double, x.Type == esql.UnsignedLong:
			s.fractions, s.seen = true, true
			s.plus(x.float())
		case isNumber(x.Type):
			s.seen = true
			s.plusWhole(x.int())
		}
	}
}

func (s *total) plusWhole(n int64) {
	sum, ok := calculateWhole('+', s.whole, n)
	s.whole, s.overflow = sum, s.overflow || !ok
}

// plus is Kahan's summation.
func (s *total) plus(x float64) {
	y := x - s.lost
	t := s.sum + y
	s.lost = (t - s.sum) - y
	s.sum = t
}

func (s *total) merge(o state) {
	t := o.(*total)
	s.seen, s.overflow, s.fractions = s.seen || t.seen, s.overflow || t.overflow, s.fractions || t.fractions
	s.plusWhole(t.whole)
	s.plus(t.sum)
	s.plus(-t.lost)
}

func (s *total) result() Value {
	switch {
	case !s.seen || s.overflow:
		return nil
	case s.fractions:
		return number(s.sum + float64(s.whole))
	}
	return longValue(s.whole)
}

// moments are count, mean and the sum of squared differences (Welford); of is what is made
// of them.
type moments struct {
	exact
	of       func(*moments) Value
	n        float64
	mean, m2 float64
	total    total
}

func average(s *moments) Value {
	return number((s.total.sum + float64(s.total.whole)) / s.n)
}

func variance(s *moments) Value { return number(s.m2 / s.n) }

func deviation(s *moments) Value { return number(math.Sqrt(s.m2 / s.n)) }

func (s *moments) add(a []Value) {
	for _, x := range a[0] {
		if !isNumber(x.Type) {
			continue
		}
		s.total.plus(x.float())
		s.n++
		d := x.float() - s.mean
		s.mean += d / s.n
		s.m2 += d * (x.float() - s.mean)
	}
}

func (s *moments) merge(o state) {
	t := o.(*moments)
	if t.n == 0 {
		return
	}
	n, d := s.n+t.n, t.mean-s.mean
	s.mean += d * t.n / n
	s.m2 += t.m2 + d*d*s.n*t.n/n
	s.n = n
	s.total.merge(&t.total)
}

func (s *moments) result() Value {
	if s.n == 0 {
		return nil
	}
	return s.of(s)
}

// best is the smallest or largest value.
type best struct {
	exact
	direction int
	value     Value
}

func (s *best) add(a []Value) {
	for i, x := range a[0] {
		if s.value == nil || less(x, s.value[0])*s.direction > 0 {
			s.value = a[0][i : i+1 : i+1]
		}
	}
}
func (s *best) merge(o state) { s.add([]Value{o.(*best).value}) }
func (s *best) result() Value { return s.value }

// topOf reads the number and the order of TOP.
func topOf(x *esql.Call) (n int, desc bool) {
	n, desc = 1, false
	if v, ok := literal(x.Args[1].(*esql.Literal)).integer(); ok {
		n = int(max(1, min(v, maxList)))
	}
	if len(x.Args) > 2 {
		order, _ := literal(x.Args[2].(*esql.Literal)).text()
		desc = strings.EqualFold(order, "desc")
	}
	return n, desc
}
