package rows

import (
	"math"
	"slices"

	"coldcase/rules/esql"
)

// Need is what all rows of a group of Lead must show together, wherever windows begin and
// end, for the group to pass a WHERE behind it. Most groups never show it, and need not
// be looked at.
//
//	STATS n = COUNT_DISTINCT(host.id) BY agent.id | WHERE n >= 2     two values of host.id
//	STATS n = COUNT(*) BY source.ip | WHERE n > 10                   eleven rows
//
// It holds for any window because both counts only grow with the rows: what a window
// holds, all of the evidence holds. It is immutable.
type Need struct {
	least    int64
	distinct bool
	x        value // nil counts rows
	where    cond  // of the aggregate; nil for none
}

// Tally is what is known of one group towards a Need. Its zero value knows nothing.
type Tally struct {
	n      int64
	values []string // that tell distinct values apart
	met    bool
}

// maxNeeded bounds the distinct values that a Tally holds, and maxNeededValue the bytes of
// one: a group that shows more is taken to show enough.
const (
	maxNeeded      = 4
	maxNeededValue = 96
)

// Need returns what groups of Lead must show, nil when nothing is known.
func (p *Program) Need() *Need { return p.need }

// Distinct reports whether distinct values count: a row that was added counts no second
// time.
func (n *Need) Distinct() bool { return n.distinct }

// Add adds e.Row, as CutRow has filled it, to a group's tally.
func (n *Need) Add(e *Env, t *Tally) {
	switch {
	case t.met || n.where != nil && n.where(e) != isTrue:
		return
	case n.x == nil:
		t.n++
	case !n.distinct:
		t.n += int64(len(n.x(e)))
	default:
		n.values(n.x(e), t)
	}
	t.met = t.met || t.n >= n.least
}

func (n *Need) values(v Value, t *Tally) {
	var scratch [maxNeededValue]byte
	for _, s := range v {
		text := appendScalar(scratch[:0], s)
		if len(text) > maxNeededValue {
			t.met = true
			return
		}
		if !slices.ContainsFunc(t.values, func(known string) bool { return known == string(text) }) {
			t.values = append(t.values, string(text))
			t.n++
		}
		if t.n >= min(n.least, maxNeeded) {
			t.met, t.values = true, nil
			return
		}
	}
}

// Met reports whether the group may pass.
func (t *Tally) Met() bool { return t.met }

// need finds what the WHERE behind a STATS asks of a count. steps are the commands behind
// it.
func (b *builder) need(stats *esql.Stats, steps []command) (*Need, error) {
	counts := map[string]esql.Aggregate{}
	for _, a := range stats.Aggs {
		delete(counts, a.Name)
		if call, ok := a.X.(*esql.Call); ok && (call.Func.Name == "COUNT" || call.Func.Name == "COUNT_DISTINCT") {
			counts[a.Name] = a
		}
	}
	for _, by := range stats.By {
		delete(counts, by.Name)
	}
	for _, c := range steps {
		switch c := c.Command.(type) {
		case *esql.Where:
			if a, least := neededCount(c.X, counts); least > 1 {
				return b.needOf(a, least)
			}
		case *esql.Eval:
			for _, f := range c.Fields {
				delete(counts, f.Name)
			}
		case *esql.Keep, *esql.Drop:
		default:
			return nil, nil
		}
	}
	return nil, nil
}

// neededCount returns the first count of which a condition asks for more than one, and for
// how many.
func neededCount(x esql.Expr, counts map[string]esql.Aggregate) (a esql.Aggregate, least int64) {
	if and, ok := x.(*esql.And); ok {
		for _, part := range and.X {
			if a, least = neededCount(part, counts); least > 1 {
				return a, least
			}
		}
		return a, 0
	}
	cmp, ok := x.(*esql.Compare)
	if !ok {
		return a, 0
	}
	column, limit, op := cmp.L, cmp.R, cmp.Op
	if _, constant := column.(*esql.Literal); constant {
		column, limit, op = limit, column, mirrored[op]
	}
	ref, isRef := column.(*esql.Ref)
	lit, isLiteral := limit.(*esql.Literal)
	if !isRef || !isLiteral {
		return a, 0
	}
	a, ok = counts[ref.Name]
	if !ok {
		return a, 0
	}
	return a, leastOf(op, literal(lit))
}

// mirrored is what an operator is with its sides exchanged.
var mirrored = map[string]string{"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// leastOf is the smallest whole number n for which "n op limit" holds, 0 when there may be
// none above 1.
func leastOf(op string, limit Value) int64 {
	s, ok := limit.one()
	if !ok || !isNumber(s.Type) {
		return 0
	}
	f := s.float()
	switch {
	case !(f >= 0 && f < 1<<53):
		return 0
	case op == ">":
		return int64(math.Floor(f)) + 1
	case op == ">=", op == "==":
		return int64(math.Ceil(f))
	}
	return 0
}

func (b *builder) needOf(a esql.Aggregate, least int64) (*Need, error) {
	call := a.X.(*esql.Call)
	n := &Need{least: least, distinct: call.Func.Name == "COUNT_DISTINCT"}
	var err error
	if len(call.Args) > 0 {
		if n.x, err = b.c.value(call.Args[0]); err != nil {
			return nil, err
		}
	}
	if a.Where != nil {
		n.where, err = b.c.cond(a.Where)
	}
	return n, err
}
