package rows

import (
	"math"
	"math/big"
	"slices"

	"coldcase/rules/esql"
)

// spreads are functions on how the numbers of a list lie.
var spreads = map[string]function{
	"MV_PERCENTILE":                mvPercentile,
	"MV_MEDIAN_ABSOLUTE_DEVIATION": mvMedianDeviation,
	"MV_PSERIES_WEIGHTED_SUM":      mvWeightedSum,
}

// mvPercentile lies between the two values around it; of whole numbers the fraction is cut
// off (J:MvPercentile).
func mvPercentile(_ *Env, a []Value) Value {
	p, ok := a[1].one()
	if !ok || !isNumber(p.Type) || p.float() < 0 || p.float() > 100 || slices.ContainsFunc(a[0], notNumber) {
		return nil
	}
	v := sorted(a[0])
	at := p.float() / 100 * float64(len(v)-1)
	i := int(at)
	if i+1 >= len(v) {
		return v[i : i+1 : i+1]
	}
	x, y, part := v[i], v[i+1], at-float64(i)
	if x.Type == esql.Double || y.Type == esql.Double {
		if x.float() < 0 && y.float() > 0 { // y - x may be too large
			return number(x.float() + part*y.float() - part*x.float())
		}
		return number(x.float() + part*(y.float()-x.float()))
	}
	return between(x, y, part)
}

// between is x + part*(y-x) of whole numbers, without the fraction: of doubles where they hold
// both, else exactly, since neither the difference nor the product need fit.
func between(x, y Scalar, part float64) Value {
	low, step := bigOf(x), new(big.Int).Sub(bigOf(y), bigOf(x))
	if x.float() > -1<<53 && y.float() < 1<<53 {
		return wholeOf(low.Add(low, big.NewInt(int64(part*float64(step.Int64())))), x.Type)
	}
	exact := new(big.Float).SetPrec(128).SetInt(step)
	more, _ := exact.Mul(exact, big.NewFloat(part)).Int(nil)
	return wholeOf(low.Add(low, more), x.Type)
}

func notNumber(s Scalar) bool { return !isNumber(s.Type) }

func bigOf(s Scalar) *big.Int {
	if s.Type == esql.UnsignedLong {
		return new(big.Int).SetUint64(s.N)
	}
	return big.NewInt(s.int())
}

// wholeOf is null for a number that the type cannot hold.
func wholeOf(n *big.Int, t esql.Type) Value {
	if t == esql.UnsignedLong {
		return converted(Scalar{Type: t, N: n.Uint64()}, n.IsUint64())
	}
	return converted(whole(t, n.Int64()), n.IsInt64() && fits(n.Int64(), t))
}

// mvMedianDeviation is the median of how far the values are from their median. Of whole
// numbers the half between two is cut off.
func mvMedianDeviation(_ *Env, a []Value) Value {
	if slices.ContainsFunc(a[0], notNumber) {
		return nil
	}
	v := slices.Clone(a[0])
	if slices.ContainsFunc(v, func(s Scalar) bool { return s.Type == esql.Double }) {
		return deviationOf(v)
	}
	far := make([]*big.Int, len(v))
	for i, s := range v {
		far[i] = bigOf(s)
	}
	middle := medianOf(far)
	for _, n := range far {
		n.Abs(n.Sub(n, middle))
	}
	return wholeOf(medianOf(far), v[0].Type)
}

// medianOf sorts a list, and returns a number of its own.
func medianOf(list []*big.Int) *big.Int {
	slices.SortFunc(list, (*big.Int).Cmp)
	i := len(list) / 2
	if len(list)%2 == 1 {
		return new(big.Int).Set(list[i])
	}
	sum := new(big.Int).Add(list[i-1], list[i])
	return sum.Quo(sum, big.NewInt(2))
}

func deviationOf(v Value) Value {
	far := make([]float64, len(v))
	for i, s := range v {
		far[i] = s.float()
	}
	middle := medianOfDoubles(far)
	for i, x := range far {
		far[i] = math.Abs(x - middle)
	}
	return number(medianOfDoubles(far))
}

// medianOfDoubles sorts a list.
func medianOfDoubles(list []float64) float64 {
	slices.Sort(list)
	i := len(list) / 2
	if len(list)%2 == 1 {
		return list[i]
	}
	return list[i-1]/2 + list[i]/2
}

// mvWeightedSum divides the n-th value by n to the power of p, and adds them.
func mvWeightedSum(_ *Env, a []Value) Value {
	p, ok := a[1].one()
	if !ok || !isNumber(p.Type) || slices.ContainsFunc(a[0], notNumber) {
		return nil
	}
	var t total
	for i, s := range a[0] {
		t.plus(s.float() / math.Pow(float64(i+1), p.float()))
	}
	return number(t.sum)
}
