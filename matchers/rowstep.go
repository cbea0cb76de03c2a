package matchers

import (
	"crypto/sha256"
	"encoding/json"

	"coldcase/matchers/event"
	"coldcase/matchers/rows"
	"coldcase/rules"
	"coldcase/rules/esql"
	"coldcase/rules/query"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

// rowStep is what a rule in ES|QL has beside its predicate, which only rejects events: the
// commands that stream run on each event that is left, and it hits when a row survives.
type rowStep struct {
	program *rows.Program
	asks    []ask
	number  int  // of the rule's program in Worker.rows.envs
	binary  bool // rows go on as they are, else as JSON
	// groups are the columns of alert suppression, by place in the result; -1 for a field
	// that is no column of it. suppressed says that there is any.
	suppressed, apart bool
	groups            []int
}

// ask is one KQL or MATCH of the query.
type ask struct {
	n     node
	tree  bool
	words *rows.Words
}

// rowStep compiles the query of a rule in ES|QL. The error names what cannot be run.
func (m *Matcher) rowStep(r *rules.Rule) (*rowStep, error) {
	slot := func(path string) int { return m.layout.Slot(path) }
	src := rows.Source{Schema: m.schema, Slot: slot, LookBack: r.LookBack, Ordered: m.options.Table}
	if m.options.Table {
		src.LookBack = 0
	}
	p, err := rows.Compile(r.ESQL, src)
	if err != nil {
		return nil, err
	}
	out := &rowStep{program: p, number: m.rowRules, binary: m.options.Table || p.Windowed()}
	m.rowRules++
	for _, x := range p.Predicates {
		a := ask{words: x.Words}
		if x.Query != nil {
			if a.n, err = m.compiler.node(x.Query); err != nil {
				return nil, err
			}
			a.tree = needsTree(x.Query)
		}
		out.asks = append(out.asks, a)
	}
	out.suppress(r)
	return out, nil
}

// retyped returns a rule in ES|QL with its query checked against the schema at hand, where
// that is not the built-in one: the types of fields decide what expressions mean. A rule
// without its text keeps its tree, and other rules are returned as they are.
func (m *Matcher) retyped(r *rules.Rule) (*rules.Rule, error) {
	if r.ESQL == nil || r.Query == "" || m.schema == schema.Builtin() {
		return r, nil
	}
	q, err := esql.Parse(source.Text{Path: r.File, Body: r.Query}, esql.FromSchema(m.schema))
	if err != nil {
		return nil, err
	}
	x, _ := esql.Prefilter(q)
	out := *r
	out.ESQL, out.Program = q, &query.Program{Event: x}
	return &out, nil
}

// suppress finds the columns that alert suppression groups by, for rules whose rows are
// findings by themselves. Those of rules with windows are episodes already.
func (s *rowStep) suppress(r *rules.Rule) {
	if r.Suppression == nil || s.program.Windowed() {
		return
	}
	s.suppressed, s.apart = true, r.Suppression.DoNotSuppress
	for _, name := range r.Suppression.GroupBy {
		at := -1
		for i, col := range s.program.Columns {
			if col.Name == name {
				at = i
			}
		}
		s.groups = append(s.groups, at)
	}
}

// rowJoin says whether the rows of a rule in ES|QL are joined: their keys are made with
// them.
func rowJoin(r *rules.Rule) *join {
	if rows.Windowed(r.ESQL) || r.Suppression != nil {
		return &join{}
	}
	return nil
}

// RowProgram returns the compiled query of a rule in ES|QL, nil for other rules.
func (m *Matcher) RowProgram(rule int) *rows.Program {
	if s := m.steps[m.stepOf[rule]].rows; s != nil {
		return s.program
	}
	return nil
}

// RowHit is one row that an event makes for a rule in ES|QL.
type RowHit struct {
	// Key is what the row is joined by; of a row that is joined with none it only tells
	// those of one event apart.
	Key string
	// Row is, where rows have to be seen together, the row as [rows.Program.AppendRow]
	// writes it, else the result as a JSON object.
	Row string
	// Shown is what the row shows towards the rule's need of distinct values, if it has one.
	Shown rows.Shown
}

// span is a range of Worker.rows.hits.
type span struct{ from, to int32 }

// rowScratch is what making rows writes.
type rowScratch struct {
	rules   []rowWork // by number of the program
	hits    []RowHit  // of the event at hand
	inputs  []byte    // its values that a rule asks for
	buf     []byte
	dropped int64
}

// rowWork is what a worker has of one rule.
type rowWork struct {
	env  *rows.Env
	memo rowMemo
}

// of returns the work of a rule.
func (s *rowScratch) of(st *rowStep) *rowWork {
	for len(s.rules) <= st.number {
		s.rules = append(s.rules, rowWork{})
	}
	work := &s.rules[st.number]
	if work.env == nil {
		work.env = st.program.NewEnv()
		work.memo.off = !st.binary || st.program.Inputs() == nil
	}
	return work
}

// maxKeptRows bounds what is kept from one event to the next.
const maxKeptRows = 1 << 10

func (s *rowScratch) reset() {
	if len(s.hits) == 0 {
		return
	}
	clear(s.hits)
	if s.hits = s.hits[:0]; cap(s.hits) > maxKeptRows {
		s.hits = nil
	}
	if cap(s.buf) > maxArena {
		s.buf = nil
	}
}

func (s *rowScratch) drop() { *s = rowScratch{dropped: s.dropped} }

// Rows returns the rows of a hit of the last Match, none for rules in other languages.
func (w *Worker) Rows(h Hit) []RowHit { return w.rows.hits[h.rows.from:h.rows.to] }

// makeRows runs a rule's query on the event, as far as it streams. ok is false when no row
// survives; it is true for rules in other languages.
func (w *Worker) makeRows(st *step) (made span, ok bool) {
	s := st.rows
	if s == nil {
		return span{}, true
	}
	work := w.rows.of(s)
	made.from = int32(len(w.rows.hits))
	if work.memo.off || w.reference {
		w.startRows(s, work.env)
	} else {
		w.recallRow(s, work)
	}
	made.to = int32(len(w.rows.hits))
	return made, made.to > made.from
}

// startRows runs the commands that stream. whole is false when rows were left out at a
// bound.
func (w *Worker) startRows(s *rowStep, e *rows.Env) (whole bool) {
	e.Now = floorMillis(w.s.now)
	from := len(w.rows.hits)
	dropped := s.program.Start(e, w.rowEvent(s), func(key []byte) {
		w.rows.hits = append(w.rows.hits, w.rowHit(s, e, key, len(w.rows.hits)-from))
	})
	w.rows.dropped += int64(dropped)
	return dropped == 0
}

// recallRow is startRows of a rule that has a memo.
func (w *Worker) recallRow(s *rowStep, work *rowWork) {
	w.rows.inputs = appendInputs(w.rows.inputs[:0], &w.ev, s.program.Inputs())
	if row, known := work.memo.recall(w.rows.inputs); known {
		if !row.none {
			w.rows.hits = append(w.rows.hits, row.hit)
		}
		return
	}
	from := len(w.rows.hits)
	whole := w.startRows(s, work.env)
	switch made := w.rows.hits[from:]; {
	case !whole: // what is left out of each event is counted
	case len(made) == 0:
		work.memo.remember(w.rows.inputs, memoRow{none: true})
	case len(made) == 1:
		work.memo.remember(w.rows.inputs, memoRow{hit: made[0]})
	}
}

// rowEvent is the event at hand as a rule's rows are made of it.
func (w *Worker) rowEvent(s *rowStep) rows.Event {
	ev := rows.Event{Event: &w.ev, Stood: w.origin.index}
	if len(s.asks) > 0 || s.program.Whole {
		ev.Document = rowDocument{w, s}
	}
	if len(w.ev.Index) > 0 && string(w.ev.Index) != ev.Stood {
		ev.Stood = string(w.ev.Index)
	}
	return ev
}

func floorMillis(nanos int64) int64 {
	ms := nanos / 1e6
	if nanos%1e6 < 0 {
		ms--
	}
	return ms
}

// rowHit copies the n-th row of the event.
func (w *Worker) rowHit(s *rowStep, e *rows.Env, key []byte, n int) RowHit {
	if s.binary {
		w.rows.buf = s.program.AppendRow(append(w.rows.buf[:0], key...), e.Row)
		both := string(w.rows.buf)
		out := RowHit{Key: both[:len(key)], Row: both[len(key):]}
		if need := s.program.Need(); need != nil && need.Distinct() {
			out.Shown = need.Shown(e)
		}
		return out
	}
	values := s.program.Result(e.Row)
	out := RowHit{Row: resultJSON(s.program, values)}
	switch {
	case s.suppressed:
		out.Key = s.suppressionKey(values, w, n)
	case n > 0:
		out.Key = string(event.AppendKey(nil, event.KeyNumber, plainNumber(whole(int64(n)))))
	}
	return out
}

// resultJSON writes a row of the result as findings show it.
func resultJSON(p *rows.Program, values []rows.Value) string {
	b, err := json.Marshal(p.Object(values))
	if err != nil {
		panic("BUG: matchers.resultJSON: " + err.Error())
	}
	return string(b)
}

// suppressionKey is what rows are suppressed by: the values of a column go together. A row
// that lacks one may be for itself.
func (s *rowStep) suppressionKey(values []rows.Value, w *Worker, n int) string {
	var key []byte
	for _, at := range s.groups {
		var v rows.Value
		if at >= 0 {
			v = values[at]
		}
		if len(v) == 0 {
			if s.apart {
				sum := sha256.Sum256(w.ev.Source)
				own := append(sum[:], byte(n>>8), byte(n))
				return string(event.AppendKey(nil, event.KeyText, own))
			}
			key = event.AppendKey(key, event.KeyNull, nil)
			continue
		}
		var text []byte
		for i, x := range v {
			if i > 0 {
				text = append(text, ", "...)
			}
			text = append(text, x.String()...)
		}
		key = event.AppendKey(key, event.KeyText, text)
	}
	return string(key)
}

// rowDocument is the event at hand as a whole.
type rowDocument struct {
	w *Worker
	s *rowStep
}

// Holds is described at [rows.Document].
func (d rowDocument) Holds(i int) bool {
	a := &d.s.asks[i]
	if a.words != nil {
		return a.words.Holds(d.w.ev.Values(a.words.Slot))
	}
	return d.w.evaluate(&step{tree: a.tree}, a.n)
}

// Leaves is described at [rows.Document].
func (d rowDocument) Leaves(yield func(event.Leaf) bool) {
	d.w.parseTree()
	d.w.parser.Leaves(yield)
}
