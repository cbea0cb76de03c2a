package rows

import (
	"slices"
	"time"

	"coldcase/rules/esql"
)

// merge says how the values of a column come together when windows that overlap saw the
// same.
type merge uint8

const (
	mergeLast  merge = iota // what the last window has
	mergeMost               // counts and maxima
	mergeLeast              // minima
	mergeUnion              // lists of values
)

// mergeOfAggregate is by the aggregate that a column is, alone.
var mergeOfAggregate = map[string]merge{
	"COUNT": mergeMost, "COUNT_DISTINCT": mergeMost, "SUM": mergeMost, "MAX": mergeMost, "MIN": mergeLeast,
	"VALUES": mergeUnion,
}

// mergesOf follows the columns of the last STATS to the result.
func mergesOf(p *Program) []merge {
	how := map[string]merge{}
	for _, c := range p.q.Commands {
		switch c := c.(type) {
		case *esql.Stats:
			if !c.Inline {
				clear(how)
				for _, a := range c.Aggs {
					if call, ok := a.X.(*esql.Call); ok {
						how[a.Name] = mergeOfAggregate[call.Func.Name]
					}
				}
			}
		case *esql.Eval:
			for _, f := range c.Fields {
				delete(how, f.Name)
			}
		case *esql.Rename:
			for _, r := range c.Pairs {
				from := how[r.From]
				delete(how, r.From)
				how[r.To] = from
			}
		case *esql.Grok:
			for _, o := range c.Outputs {
				delete(how, o.Name)
			}
		case *esql.Dissect:
			for _, name := range c.Pattern.Outputs {
				delete(how, name)
			}
		case *esql.MvExpand:
			delete(how, c.Name)
		}
	}
	out := make([]merge, len(p.Columns))
	for i, col := range p.Columns {
		out[i] = how[col.Name]
	}
	return out
}

// MergeResult adds the result of a later window to that of an earlier one, of the same
// group: counts are the largest, lists the union.
func (p *Program) MergeResult(into, later []Value) {
	for i, v := range later {
		into[i] = p.merges[i].of(into[i], v)
	}
}

func (m merge) of(a, b Value) Value {
	if m == mergeLast {
		return b
	}
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	c := less(a[0], b[0])
	switch {
	case m == mergeUnion && len(a)+len(b) > maxList:
		return a
	case m == mergeUnion:
		return sorted(deduped(slices.Concat(a, b)))
	case m == mergeMost && c < 0, m == mergeLeast && c > 0:
		return b
	}
	return a
}

// MaxAge recognises the shape "first seen": the query wants the oldest row of each group
// of Lead to be no older than an age. ok is false for any other.
//
//	STATS first = MIN(@timestamp) BY x | WHERE first >= NOW() - 10 minutes
//	STATS first = MIN(@timestamp) BY x | EVAL age = DATE_DIFF("minute", first, NOW()) | WHERE age <= 10
func (p *Program) MaxAge() (age time.Duration, ok bool) {
	f := firstSeen{ages: map[string]time.Duration{}}
	for _, c := range p.q.Commands {
		switch c := c.(type) {
		case *esql.Stats:
			if f.minima != nil || c.Inline {
				return f.age, f.found
			}
			f.stats(c)
		case *esql.Eval:
			f.eval(c)
		case *esql.Where:
			if f.minima != nil {
				f.where(c.X)
			}
		case *esql.Rename, *esql.Grok, *esql.Dissect, *esql.MvExpand, *esql.Limit:
			if f.minima != nil {
				return f.age, f.found
			}
		}
	}
	return f.age, f.found && p.Lead != nil
}

// firstSeen follows the columns that hold the oldest time, and those that hold its age in
// units.
type firstSeen struct {
	minima map[string]bool
	ages   map[string]time.Duration
	age    time.Duration
	found  bool
}

func (f *firstSeen) stats(c *esql.Stats) {
	f.minima = map[string]bool{}
	for _, a := range c.Aggs {
		call, ok := a.X.(*esql.Call)
		if ok && call.Func.Name == "MIN" && isTimestamp(call.Args[0]) && a.Where == nil {
			f.minima[a.Name] = true
		}
	}
	for _, by := range c.By {
		delete(f.minima, by.Name)
	}
}

func (f *firstSeen) eval(c *esql.Eval) {
	for _, a := range c.Fields {
		delete(f.minima, a.Name)
		delete(f.ages, a.Name)
		call, ok := a.X.(*esql.Call)
		if !ok || call.Func.Name != "DATE_DIFF" || !f.isMinimum(call.Args[1]) {
			continue
		}
		now, ok := call.Args[2].(*esql.Call)
		unit, known := unitOf(call.Args[0])
		if ok && now.Func.Name == "NOW" && known {
			f.ages[a.Name] = unit
		}
	}
}

func (f *firstSeen) isMinimum(x esql.Expr) bool {
	ref, ok := x.(*esql.Ref)
	return ok && f.minima[ref.Name]
}

// unitOf returns the length of a unit of DATE_DIFF, which has one.
func unitOf(x esql.Expr) (time.Duration, bool) {
	lit, ok := x.(*esql.Literal)
	if !ok {
		return 0, false
	}
	name, _ := literal(lit).text()
	name, _ = esql.DateDiffUnit(name)
	ns := diffUnits[name].ns
	return time.Duration(ns), ns >= int64(time.Second)
}

// where looks for a condition that must hold.
func (f *firstSeen) where(x esql.Expr) {
	if and, ok := x.(*esql.And); ok {
		for _, part := range and.X {
			f.where(part)
		}
		return
	}
	cmp, ok := x.(*esql.Compare)
	if !ok {
		return
	}
	if age, ok := beforeNow(cmp.R); ok && f.isMinimum(cmp.L) && (cmp.Op == ">=" || cmp.Op == ">") {
		f.note(age)
		return
	}
	ref, ok := cmp.L.(*esql.Ref)
	lit, isLit := cmp.R.(*esql.Literal)
	if !ok || !isLit || cmp.Op != "<=" && cmp.Op != "<" {
		return
	}
	unit, isAge := f.ages[ref.Name]
	if n, ok := literal(lit).integer(); ok && isAge && n >= 0 && n < 1<<20 {
		f.note(time.Duration(n+1) * unit)
	}
}

func (f *firstSeen) note(age time.Duration) {
	if !f.found || age < f.age {
		f.age, f.found = age, true
	}
}

// Windowed says whether the rows of a query have to be seen together: it groups them, or
// takes the first few.
func Windowed(q *esql.Query) bool {
	return slices.ContainsFunc(q.Commands, func(c esql.Command) bool {
		switch c.(type) {
		case *esql.Stats, *esql.Limit:
			return true
		}
		return false
	})
}
