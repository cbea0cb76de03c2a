package rows

import (
	"math/big"
	"slices"
	"strings"

	"coldcase/rules/esql"
)

// lists are functions that look at a list as a whole.
var lists = map[string]function{
	"MV_FIRST":  func(_ *Env, a []Value) Value { return a[0][:1:1] },
	"MV_LAST":   func(_ *Env, a []Value) Value { return a[0][len(a[0])-1:] },
	"MV_MIN":    func(_ *Env, a []Value) Value { return Value{slices.MinFunc(a[0], less)} },
	"MV_MAX":    func(_ *Env, a []Value) Value { return Value{slices.MaxFunc(a[0], less)} },
	"MV_SUM":    func(_ *Env, a []Value) Value { return sum(a[0]) },
	"MV_AVG":    mvAvg,
	"MV_MEDIAN": mvMedian,
	"MV_COUNT":  func(_ *Env, a []Value) Value { return integer(len(a[0])) },
	"MV_CONCAT": mvConcat,
	"MV_DEDUPE": func(_ *Env, a []Value) Value { return deduped(a[0]) },
	"MV_SORT":   mvSort,
	"MV_SLICE":  mvSlice,
	"MV_APPEND": func(_ *Env, a []Value) Value { return slices.Concat(a[0], a[1]) },
	"MV_ZIP":    mvZip,
}

// sum adds numbers of one type; overflow is null. Doubles are added with compensation.
func sum(v Value) Value {
	if slices.ContainsFunc(v, notNumber) {
		return nil
	}
	if slices.ContainsFunc(v, func(s Scalar) bool { return s.Type == esql.Double }) {
		return sumOfDoubles(v, 1)
	}
	out := v[:1:1]
	for _, s := range v[1:] {
		if out = calculate('+', out[0], s); out == nil {
			return nil
		}
	}
	return out
}

func mvAvg(_ *Env, a []Value) Value { return sumOfDoubles(a[0], float64(len(a[0]))) }

// sumOfDoubles adds numbers and divides their sum; null when one is none.
func sumOfDoubles(v Value, by float64) Value {
	var t total
	for _, s := range v {
		if !isNumber(s.Type) {
			return nil
		}
		t.plus(s.float())
	}
	return number(t.sum / by)
}

func mvMedian(_ *Env, a []Value) Value {
	v := sorted(a[0])
	i := len(v) / 2
	if len(v)%2 == 1 {
		return v[i : i+1 : i+1]
	}
	x, y := v[i-1], v[i]
	switch {
	case !isNumber(x.Type) || !isNumber(y.Type):
		return nil
	case x.Type == esql.Double || y.Type == esql.Double:
		return number(x.float()/2 + y.float()/2)
	}
	half := new(big.Int).Add(bigOf(x), bigOf(y)) // may not fit the type
	return wholeOf(half.Rsh(half, 1), x.Type)
}

func mvConcat(_ *Env, a []Value) Value {
	delimiter, ok := a[1].text()
	if !ok {
		return nil
	}
	var b strings.Builder
	for i, s := range a[0] {
		if s.Type != esql.Keyword || b.Len()+len(s.S) > maxText {
			return nil
		}
		if i > 0 {
			b.WriteString(delimiter)
		}
		b.WriteString(s.S)
	}
	return textValue(b.String())
}

// deduped keeps the first of equal values.
func deduped(v Value) Value {
	if len(v) < 2 {
		return v
	}
	seen := make(map[Scalar]bool, len(v))
	out := make(Value, 0, len(v))
	for _, s := range v {
		if !seen[alike(s)] {
			seen[alike(s)] = true
			out = append(out, s)
		}
	}
	return out
}

func mvSort(_ *Env, a []Value) Value {
	out := sorted(a[0])
	if len(a) < 2 {
		return out
	}
	order, ok := a[1].text()
	if !ok {
		return nil
	}
	if strings.EqualFold(order, "desc") {
		out = slices.Clone(out)
		slices.Reverse(out)
	}
	return out
}

// mvSlice takes a range of places from 0 on, the last included; negative ones count from
// the end. A start behind the end as they are written, and one that counts from the end
// where the end does not, is null (J:MvSlice).
func mvSlice(_ *Env, a []Value) Value {
	n := int64(len(a[0]))
	start, ok := a[1].integer()
	end := start
	if len(a) == 3 && ok {
		end, ok = a[2].integer()
	}
	if !ok || start > end || start < 0 && end >= 0 {
		return nil
	}
	if start < 0 {
		start += n
	}
	if end < 0 {
		end += n
	}
	start, end = max(start, 0), min(end, n-1)
	if start > end {
		return nil
	}
	return a[0][start : end+1 : end+1]
}

// mvZip joins values at the same place; a list that is shorter has none there.
func mvZip(_ *Env, a []Value) Value {
	delimiter := ","
	if len(a) == 3 {
		var ok bool
		if delimiter, ok = a[2].text(); !ok {
			return nil
		}
	}
	var out Value
	for i := range max(len(a[0]), len(a[1])) {
		var parts []string
		for _, v := range a[:2] {
			if i < len(v) && v[i].Type == esql.Keyword {
				parts = append(parts, v[i].S)
			}
		}
		out = append(out, keyword(strings.Join(parts, delimiter)))
	}
	return out
}
