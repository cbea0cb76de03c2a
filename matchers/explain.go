package matchers

import (
	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// Verdict is what a clause is on an event.
type Verdict uint8

// The verdicts. Missing is a clause on a field without a value, or a computed value
// that is null: it counts as false, and a not over it as true unless that is computed,
// too (rules/query). Null is that of ES|QL, whose not is null, too; Untold is of columns
// whose values are not known any more.
const (
	False Verdict = iota
	True
	Missing
	Null
	Untold
)

func (v Verdict) String() string {
	return [...]string{"false", "true", "missing", "null", "unknown"}[v]
}

func verdictOf(holds bool) Verdict {
	if holds {
		return True
	}
	return False
}

// Explanation is why an event is a hit of a rule, or is not. It belongs to the caller.
type Explanation struct {
	Rule *rules.Rule
	// Hit agrees with Match: a step holds, the rule looks at the event's index, an
	// indicator is in it where one is looked for, and no exception takes it away.
	Hit   bool
	Index IndexCheck
	Steps []ExplainedStep
	// Indicator is nil for rules that look for none.
	Indicator *IndicatorCheck
	// Exceptions are the items for the rule that hold on the event; ExceptionsTried
	// counts all that are meant for the rule.
	Exceptions      []ExplainedException
	ExceptionsTried int
}

// IndexCheck says whether a rule looks at the index of an event, and how that is known.
type IndexCheck struct {
	Looks bool
	// Names are the indices that the event can have stood in, none when unknown; How
	// says what tells them.
	Names    []string
	How      string
	Patterns []string // of the rule; none stands for Kibana's default
}

// ExplainedStep is the query of an event rule, or one distinct step of a sequence or
// sample.
type ExplainedStep struct {
	// Name is "" for the query of an event rule, else as "step 2 of 3" or "until".
	Name string
	Root *Clause
	// Keys are the fields by which the event is joined with others.
	Keys []ExplainedKey
	// Beyond: a live stack would not have matched, for a value is longer than its
	// mapping's ignore_above.
	Beyond bool
	// Pipeline is set for a rule in ES|QL: Root is then what must be so of an event for
	// it to count at all, Rows says how many rows the commands that stream make of the
	// event, and Commands what became of the first of them. Windowed is set when rows of
	// many events are then looked at together.
	Pipeline, Windowed bool
	Rows               int
	Commands           []ExplainedCommand
	// Row is the first row of the result; none where rows are looked at together.
	Row []ExplainedColumn
}

// ExplainedKey is a field of a join key with its first values.
type ExplainedKey struct {
	Field    string
	Optional bool
	Values   []string
	More     int // values that are not listed
}

// ExplainedException is an exception item that holds on an event.
type ExplainedException struct {
	Item  *rules.ExceptionItem
	Ended bool // before the event's own time: it takes nothing away
	Root  *Clause
}

// Explain says of every part of a rule what it is on the event of the last Match or
// Describe, whose error must have been nil. It evaluates by the plain path, whichever
// path the worker has, and ends what Match found. Rule is a place in Matcher.Rules.
func (w *Worker) Explain(rule int) *Explanation {
	defer w.plainly()()
	m := w.m
	out := &Explanation{Rule: m.rules[rule], Index: w.indexCheck(rule)}
	for i := int(m.stepOf[rule]); i < len(m.steps) && int(m.steps[i].rule) == rule; i++ {
		st := &m.steps[i]
		p := w.planOf(st.x, out.Rule.Language)
		step := ExplainedStep{Name: w.stepName(i, out.Rule), Root: p.explain(&w.s), Keys: w.explainKeys(st.join)}
		held := step.Root.Verdict == True
		if st.rows != nil {
			w.explainRows(st, &step, out.Index.Looks)
			held = held && step.Rows > 0
		}
		out.Hit = out.Hit || held
		w.s.strict = true
		step.Beyond = held && !st.n.eval(&w.s)
		w.s.strict = false
		out.Steps = append(out.Steps, step)
	}
	out.Hit = out.Hit && out.Index.Looks
	if m.threats.probe(int32(rule)) != nil {
		out.Indicator = w.indicatorCheck(int32(rule))
		out.Hit = out.Hit && out.Indicator.Found
	}
	w.explainExceptions(int32(rule), out)
	return out
}

// NearestStep returns the place of the step that is the fewest clauses short of holding,
// how many those are, and how many that are needed hold.
func (e *Explanation) NearestStep() (step, wrong, right int) {
	for i := range e.Steps {
		w, r := e.Steps[i].Root.Short()
		if st := &e.Steps[i]; st.Pipeline && st.Rows == 0 {
			w = max(w, 1) // what rejects events does not say all
		}
		if i == 0 || w < wrong || w == wrong && r > right {
			step, wrong, right = i, w, r
		}
	}
	return step, wrong, right
}

// Rules returns the rules of the worker's matcher.
func (w *Worker) Rules() []*rules.Rule { return w.m.rules }

// stepName is the name of a step by its place in Matcher.steps, made once a worker.
func (w *Worker) stepName(step int, r *rules.Rule) string {
	name, ok := w.stepNames[step]
	if !ok {
		if w.stepNames == nil {
			w.stepNames = map[int]string{}
		}
		name = stepName(r, int(w.m.steps[step].id))
		w.stepNames[step] = name
	}
	return name
}

// plainly makes the worker evaluate its event by the plain path until what it returns
// is called.
func (w *Worker) plainly() (back func()) {
	if !w.parsed {
		if err := w.parse(); err != nil {
			panic("BUG: matchers.Explain: a line that was extracted does not parse: " + err.Error())
		}
	}
	plain, memo := w.s.plain, w.s.memo
	w.s.plain, w.s.memo = true, nil
	now, _ := w.m.facts.time(&w.ev)
	w.s.reset(&w.ev, w.m.layout.Len(), now)
	return func() { w.s.plain, w.s.memo = plain, memo }
}

func (w *Worker) indexCheck(rule int) IndexCheck {
	o := w.origin
	return IndexCheck{Looks: w.m.looksAt(o.lists, w.m.steps[w.m.stepOf[rule]]), Names: o.names, How: o.how,
		Patterns: w.m.rules[rule].Indices}
}

// explainKeys returns the values of the fields of a key; nil joins nothing.
func (w *Worker) explainKeys(j *join) (out []ExplainedKey) {
	if j == nil {
		return nil
	}
	for i, p := range j.parts {
		k := ExplainedKey{Field: j.keys[i].Name, Optional: p.optional}
		for _, v := range w.ev.Values(p.slot) {
			switch {
			case v.Kind == event.Null && !p.field.HasNullValue || v.Kind == event.Object:
			case len(k.Values) == maxExplainedValues:
				k.More++
			default:
				k.Values = append(k.Values, shownValue(v, p.field, ""))
			}
		}
		out = append(out, k)
	}
	return out
}

// maxExplainedExceptions bounds the items that are drawn as trees.
const maxExplainedExceptions = 20

// explainExceptions adds the items that hold, and what follows from them.
func (w *Worker) explainExceptions(rule int32, out *Explanation) {
	items := w.m.exceptions.byRule[rule]
	out.ExceptionsTried = len(items)
	for _, i := range items {
		x := &w.m.exceptions.items[i]
		if !x.st.n.eval(&w.s) {
			continue
		}
		current := w.current(x)
		out.Hit = out.Hit && !current
		if len(out.Exceptions) < maxExplainedExceptions {
			out.Exceptions = append(out.Exceptions, ExplainedException{Item: x.item, Ended: !current, Root: w.planOf(x.item.X, "kuery").explain(&w.s)})
		}
	}
}

// planOf returns the plan of a query, made once a worker.
func (w *Worker) planOf(x query.Expr, language string) *plan {
	if p, ok := w.plans[x]; ok {
		return p
	}
	if w.plans == nil {
		w.plans = map[query.Expr]*plan{}
	}
	// Classes compile with the same compiler.
	w.m.classes.mu.Lock()
	defer w.m.classes.mu.Unlock()
	p := (&planner{c: w.m.compiler, print: printerOf(language)}).plan(x)
	w.plans[x] = p
	return p
}

// typeNames are the types as Elasticsearch calls them.
var typeNames = map[schema.Type]string{
	schema.Dynamic: "in no schema", schema.Keyword: "keyword", schema.Wildcard: "wildcard", schema.ConstantKeyword: "constant_keyword",
	schema.Text: "text", schema.Long: "long", schema.Double: "double", schema.IP: "ip", schema.Boolean: "boolean", schema.Date: "date",
	schema.Version: "version", schema.Flattened: "flattened", schema.Nested: "nested", schema.Object: "object", schema.Other: "other",
}
