package rows

import (
	"fmt"
	"maps"

	"coldcase/rules/esql"
)

// function is a function on values: a has the arguments. Where its signature says that it
// takes no lists, or is strict, it is not called for them.
type function func(e *Env, a []Value) Value

// families are the tables of functions, one for each file.
var families = []map[string]function{
	choices, dateFunctions, textFunctions, codings, hashes, addresses, places, maths, angles, conversions, lists,
	spreads, listSets, jsonFunctions, patterns,
}

var functions = func() map[string]function {
	all := map[string]function{}
	for _, family := range families {
		maps.Copy(all, family)
	}
	return all
}()

// call compiles a function call.
func (c *compiler) call(x *esql.Call) (value, error) {
	if x.Func.Aggregate {
		return c.aggregate(x)
	}
	if special := special(x.Func.Name); special != nil {
		return special(c, x)
	}
	f, ok := functions[x.Func.Name]
	if !ok {
		return nil, fmt.Errorf("function %s cannot be run", x.Func.Name)
	}
	args, err := c.values(x.Args)
	if err != nil {
		return nil, err
	}
	if x.Func.Each {
		return eachValue(f, args[0]), nil
	}
	return applied(x, f, args), nil
}

// special returns how a function is compiled that looks at its arguments as they are
// written, or at no more of them than it needs; nil for all others.
func special(name string) func(c *compiler, x *esql.Call) (value, error) {
	switch name {
	case "CASE":
		return (*compiler).caseOf
	case "COALESCE":
		return (*compiler).coalesce
	case "DATE_TRUNC":
		return (*compiler).dateTrunc
	case "BUCKET":
		return (*compiler).bucketOf
	}
	return nil
}

// applied calls f on the arguments that its signature allows.
func applied(x *esql.Call, f function, args []value) value {
	lists, strict, t := x.Func.Lists, x.Func.Strict, x.Type()
	return func(e *Env) Value {
		a := make([]Value, len(args))
		for i, arg := range args {
			v := arg(e)
			if len(v) == 0 && strict || len(v) > 1 && !lists {
				return nil
			}
			a[i] = v
		}
		return bounded(widened(f(e, a), t))
	}
}

// eachValue calls f for every value of a list; what it cannot do vanishes.
func eachValue(f function, arg value) value {
	return func(e *Env) Value {
		v := arg(e)
		if len(v) == 1 {
			return f(e, []Value{v})
		}
		var out Value
		for i := range v {
			out = append(out, f(e, []Value{v[i : i+1 : i+1]})...)
		}
		return out
	}
}

// bounded is null for what is too large to be held.
func bounded(v Value) Value {
	if len(v) > maxList {
		return nil
	}
	size := 0
	for _, s := range v {
		size += len(s.S)
	}
	if size > maxText && (len(v) == 1 || size > 16*maxText) {
		return nil
	}
	return v
}
