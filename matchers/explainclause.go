package matchers

import (
	"fmt"

	"github.com/valyala/fastjson"

	"coldcase/matchers/event"
	"coldcase/rules/query"
)

// ClauseKind is the kind of a clause.
type ClauseKind string

// The kinds of clauses.
const (
	AndClause    ClauseKind = "and"
	OrClause     ClauseKind = "or"
	NotClause    ClauseKind = "not"
	constClause  ClauseKind = "const"
	leafClause   ClauseKind = "leaf"   // a predicate on a field
	NestedClause ClauseKind = "nested" // one on the elements of an array
	ScriptClause ClauseKind = "script" // a computed predicate
	ValueClause  ClauseKind = "value"  // an operand in a script, or in a condition of ES|QL
	TermClause   ClauseKind = "term"   // a condition of ES|QL without others in it
)

// Clause is one node of a query, held against one event. Texts are of evidence and
// rules, as they are, and cut to a bounded length.
type Clause struct {
	Kind    ClauseKind
	Text    string // of leaves, scripts and operands, as the rule's language writes it
	Verdict Verdict
	Field   string // of a leaf; of a script the first field that it mentions
	Type    string // of the field, as Elasticsearch calls it
	// Values are the first values of the field; More counts the others.
	Values []string
	More   int
	// Value and Pattern are what met each other, where the clause holds.
	Value, Pattern string
	Result         string // of an operand: its value, "null" for none, "" when not known
	Note           string
	Kids           []*Clause
}

// plan is what explaining one clause needs of a rule, made once and kept by the worker.
type plan struct {
	kind ClauseKind
	text string
	n    node // nil for and, or and not, which follow from their kids
	kids []*plan

	leaf   *leafPlan
	script *valuePlan
	path   string // of a nested clause
	value  bool   // of a const
}

// planner makes plans with the matcher's own compiler, so that what is explained is
// what is evaluated. Every leaf has been compiled before: no field is new.
type planner struct {
	c     *compiler
	print printer
}

func (p *planner) plan(x query.Expr) *plan {
	switch x := x.(type) {
	case *query.And:
		return &plan{kind: AndClause, kids: p.plans(x.X)}
	case *query.Or:
		return &plan{kind: OrClause, kids: p.plans(x.X)}
	case *query.Not:
		return &plan{kind: NotClause, kids: p.plans([]query.Expr{x.X})}
	case *query.Const:
		return &plan{kind: constClause, text: fmt.Sprint(x.Value), value: x.Value}
	case *query.Nested:
		return p.nested(x)
	case *query.Script:
		n := p.node(x).(*scriptNode)
		return &plan{kind: ScriptClause, text: p.print.value(x.X), n: n, script: p.valuePlan(x.X, n.x)}
	}
	n := p.node(x)
	return &plan{kind: leafClause, text: p.print.leaf(x), n: n, leaf: p.leafPlan(x, n)}
}

func (p *planner) plans(xs []query.Expr) []*plan {
	out := make([]*plan, len(xs))
	for i, x := range xs {
		out[i] = p.plan(x)
	}
	return out
}

func (p *planner) node(x query.Expr) node {
	n, err := p.c.node(x)
	if err != nil {
		panic("BUG: matchers.planner: a compiled query does not compile: " + err.Error())
	}
	return n
}

func (p *planner) nested(x *query.Nested) *plan {
	out := &plan{kind: NestedClause, text: x.Path, path: x.Path, n: p.node(x)}
	if _, ok := out.n.(*nestedNode); ok {
		outer := p.c.nested
		p.c.nested = x.Path
		out.kids = []*plan{p.plan(x.X)}
		p.c.nested = outer
	}
	return out
}

// explain holds the clause against the event of the scratch.
func (p *plan) explain(s *scratch) *Clause {
	out := &Clause{Kind: p.kind, Text: p.text}
	switch p.kind {
	case AndClause, OrClause, NotClause:
		for _, k := range p.kids {
			out.Kids = append(out.Kids, k.explain(s))
		}
		out.Verdict = verdictOf(out.combined())
	case constClause:
		out.Verdict = verdictOf(p.value)
	case NestedClause:
		p.explainNested(s, out)
	case ScriptClause:
		p.explainScript(s, out)
	default:
		p.leaf.explain(p.n, s, out)
	}
	return out
}

// combined is two-valued logic over the kids.
func (c *Clause) combined() bool {
	for _, k := range c.Kids {
		switch held := k.Verdict == True; {
		case c.Kind == NotClause:
			return !held
		case held == (c.Kind == OrClause):
			return held
		}
	}
	return c.Kind == AndClause
}

// explainNested explains the clause on the first element that satisfies it, or on the
// first of all.
func (p *plan) explainNested(s *scratch, out *Clause) {
	out.Verdict = verdictOf(p.n.eval(s))
	n, ok := p.n.(*nestedNode)
	if !ok {
		out.Verdict, out.Note = False, "not mapped as nested: it never holds"
		return
	}
	var shown *fastjson.Value
	count, at := 0, 0
	n.elements(s, func(elem *fastjson.Value) {
		count++
		switch {
		case at == 0 && n.holds(s, elem):
			shown, at = elem, count
		case shown == nil:
			shown = elem
		}
	})
	if shown == nil {
		out.Verdict = Missing
		return
	}
	out.Note = fmt.Sprintf("element %d of %d", max(at, 1), count)
	sub := n.element(s, shown)
	out.Kids = []*Clause{p.kids[0].explain(sub)}
}

// Deciding returns the leaves on which the verdict rests, as few as do: all parts of
// an and that holds, the first that holds of an or, what a not is about. With each
// comes whether it stands under an odd number of nots.
func (c *Clause) Deciding() []Decided { return c.deciding(nil, false) }

// Decided is a leaf that decided.
type Decided struct {
	*Clause
	Not bool
}

func (c *Clause) deciding(dst []Decided, not bool) []Decided {
	held := c.Verdict == True
	switch {
	case c.Kind == NotClause:
		return c.Kids[0].deciding(dst, !not)
	case c.Kind == AndClause && held, c.Kind == OrClause && !held, c.Kind == NestedClause && held:
		for _, k := range c.Kids {
			dst = k.deciding(dst, not)
		}
		return dst
	case c.Kind == AndClause || c.Kind == OrClause:
		for _, k := range c.Kids {
			if (k.Verdict == True) == held {
				return k.deciding(dst, not)
			}
		}
		return dst
	case c.Kind == constClause:
		return dst
	}
	return append(dst, Decided{c, not})
}

// Short returns how many leaves would at least have to be otherwise for the clause to
// hold, and how many of those that are needed are as they should be.
func (c *Clause) Short() (wrong, right int) { return c.short(true) }

func (c *Clause) short(want bool) (wrong, right int) {
	switch c.Kind {
	case NotClause:
		return c.Kids[0].short(!want)
	case AndClause, OrClause:
		return c.shortOf(want, want == (c.Kind == AndClause))
	case constClause:
		if (c.Verdict == True) != want {
			return neverHolds, 0
		}
		return 0, 0
	}
	if (c.Verdict == True) != want {
		return 1, 0
	}
	return 0, 1
}

// Wrong returns those leaves: what would have to be otherwise for the clause to hold.
func (c *Clause) Wrong() []Decided { return c.wrong(nil, true) }

func (c *Clause) wrong(dst []Decided, want bool) []Decided {
	switch {
	case (c.Verdict == True) == want || c.Kind == constClause:
		return dst
	case c.Kind == NotClause:
		return c.Kids[0].wrong(dst, !want)
	case c.Kind != AndClause && c.Kind != OrClause:
		return append(dst, Decided{c, !want})
	case want == (c.Kind == AndClause):
		for _, k := range c.Kids {
			dst = k.wrong(dst, want)
		}
		return dst
	}
	if k := c.nearest(want); k != nil {
		dst = k.wrong(dst, want)
	}
	return dst
}

// nearest returns the kid that is nearest to what is wanted, the first of equal ones.
func (c *Clause) nearest(want bool) (best *Clause) {
	least, most := neverHolds, -1
	for _, k := range c.Kids {
		if w, r := k.short(want); w < least || w == least && r > most {
			best, least, most = k, w, r
		}
	}
	return best
}

// neverHolds is more than any query has leaves, and small enough to be added up.
const neverHolds = 1 << 20

// shortOf adds up the kids when all are needed, else takes the one that is nearest.
func (c *Clause) shortOf(want, all bool) (wrong, right int) {
	if !all {
		if k := c.nearest(want); k != nil {
			return k.short(want)
		}
		return neverHolds, 0
	}
	for _, k := range c.Kids {
		w, r := k.short(want)
		wrong, right = min(wrong+w, neverHolds), right+r
	}
	return wrong, right
}

// element returns a scratch of its own for one element, as holds makes it: explaining
// keeps what it looks at, evaluation does not.
func (n *nestedNode) element(s *scratch, elem *fastjson.Value) *scratch {
	sub := &scratch{}
	s.tree.FillElement(&sub.elem, elem, n.path)
	sub.reset(&sub.elem, n.slots(), s.now)
	sub.tree, sub.strict, sub.plain, sub.around = s.tree, s.strict, s.plain, elem
	return sub
}

// scalar says whether a leaf can look at a value.
func scalar(v event.Value, hasNull bool) bool {
	return v.Kind != event.Object && (v.Kind != event.Null || hasNull)
}
