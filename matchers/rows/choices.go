package rows

import "coldcase/rules/esql"

// choices are functions that pick one of their arguments.
var choices = map[string]function{
	"GREATEST":  func(_ *Env, a []Value) Value { return extreme(a, 1) },
	"LEAST":     func(_ *Env, a []Value) Value { return extreme(a, -1) },
	"CLAMP_MIN": func(_ *Env, a []Value) Value { return extreme(a, 1) },
	"CLAMP_MAX": func(_ *Env, a []Value) Value { return extreme(a, -1) },
	"CLAMP": func(_ *Env, a []Value) Value {
		raised := extreme(a[:2], 1)
		if raised == nil {
			return nil
		}
		return extreme([]Value{raised, a[2]}, -1)
	},
}

// extreme returns the largest (or, with a negative direction, smallest) of all values. A list
// counts by the one of its values that goes farthest (J:Greatest).
func extreme(a []Value, direction int) Value {
	var best Value
	for _, v := range a {
		for i, s := range v {
			if best == nil {
				best = v[i : i+1 : i+1]
				continue
			}
			c, ok := compare(s, best[0])
			if !ok {
				return nil
			}
			if c*direction > 0 {
				best = v[i : i+1 : i+1]
			}
		}
	}
	return best
}

// caseOf compiles CASE: the value behind the first condition that is true, else the last
// argument of an odd number of them, else null. What is not chosen is not evaluated.
func (c *compiler) caseOf(x *esql.Call) (value, error) {
	var conds []cond
	var results []value
	otherwise := value(func(*Env) Value { return nil })
	for i := 0; i < len(x.Args); i++ {
		if i+1 == len(x.Args) {
			v, err := c.value(x.Args[i])
			if err != nil {
				return nil, err
			}
			otherwise = v
			break
		}
		t, err := c.cond(x.Args[i])
		if err != nil {
			return nil, err
		}
		i++
		v, err := c.value(x.Args[i])
		if err != nil {
			return nil, err
		}
		conds, results = append(conds, t), append(results, v)
	}
	t := x.Type()
	return func(e *Env) Value {
		for i, holds := range conds {
			if holds(e) == isTrue {
				return widened(results[i](e), t)
			}
		}
		return widened(otherwise(e), t)
	}, nil
}

// coalesce compiles COALESCE: the first argument that is not null.
func (c *compiler) coalesce(x *esql.Call) (value, error) {
	args, err := c.values(x.Args)
	if err != nil {
		return nil, err
	}
	t := x.Type()
	return func(e *Env) Value {
		for _, arg := range args {
			if v := arg(e); len(v) > 0 {
				return widened(v, t)
			}
		}
		return nil
	}, nil
}
