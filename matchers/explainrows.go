package matchers

import (
	"fmt"
	"slices"
	"strings"

	"coldcase/matchers/rows"
	"coldcase/rules/esql"
)

// ExplainedCommand is one command of a query in ES|QL, and what it made of a row.
type ExplainedCommand struct {
	Number    int // 1 is FROM
	Line, Col int // where it begins: in the query, unless its place in the rule's file is known
	Text      string
	Outcome   Outcome
	Clause    *Clause // of WHERE; nil when it was not asked
	// Keys are what a STATS groups by, Made the columns that the command sets.
	Keys, Made []ExplainedColumn
	Note       string
}

// Outcome is what a command made of a row.
type Outcome string

// The outcomes.
const (
	Passed     Outcome = "passed"      // the row goes on
	Dropped    Outcome = "dropped"     // it does not: this command decided
	notReached Outcome = "not reached" // a command before dropped it
	Joins      Outcome = "joins"       // it goes to a group, or to others like it
	overAll    Outcome = "over all"    // asked of what all rows amount to
	skipped    Outcome = "skipped"     // it is never run: see esql.Query.Skipped
)

// ExplainedColumn is a column with its value, of a list the first ones. Null says that it
// has none, Untold that it is not known any more.
type ExplainedColumn struct {
	Name, Value  string
	Null, Untold bool
}

// explainRows fills in what the commands of a rule in ES|QL make of the event.
func (w *Worker) explainRows(st *step, out *ExplainedStep, looks bool) {
	s := st.rows
	out.Pipeline, out.Windowed = true, s.program.Windowed()
	made, _ := w.makeRows(st)
	w.rows.hits = w.rows.hits[:made.from]
	out.Rows = int(made.to - made.from)
	x := w.pipelineOf(s)
	x.env.Now = floorMillis(w.s.now)
	way, survived := x.tracer.Event(x.env, w.rowEvent(s))
	out.Commands = x.explained(way, survived, looks)
	if survived && !out.Windowed {
		out.Row = explainedCells(x.p.Named(x.p.Result(x.env.Row)))
	}
}

// pipeline is what explaining the query of a rule in ES|QL needs.
type pipeline struct {
	p        *rows.Program
	tracer   *rows.Tracer
	env      *rows.Env
	commands []ExplainedCommand // places and texts
}

// pipelineOf returns the pipeline of a rule, made once a worker.
func (w *Worker) pipelineOf(s *rowStep) *pipeline {
	x, ok := w.pipelines[s]
	if !ok {
		if w.pipelines == nil {
			w.pipelines = map[*rowStep]*pipeline{}
		}
		x = &pipeline{s.program, s.program.NewTracer(), s.program.NewEnv(), listedCommands(s.program)}
		w.pipelines[s] = x
	}
	return x
}

// explained lists all commands of the query, with what the way says of those on it.
func (x *pipeline) explained(way []rows.Traced, survived, looks bool) []ExplainedCommand {
	p, out := x.p, slices.Clone(x.commands)
	out[0].Outcome = Passed
	if !looks {
		out[0].Outcome, out[0].Note = Dropped, "the event's index is not one of these"
	}
	ended := fillIn(p, out, way)
	for i := range out[1:] {
		c := &out[i+1]
		switch {
		case i+1 >= len(p.Commands()):
			c.Outcome = skipped
		case c.Outcome != "":
		case !survived && c.Number > ended:
			c.Outcome = notReached
		case survived && i+1 >= p.Streams() && p.Windowed():
			c.Outcome = overAll
		default:
			c.Outcome = Passed
		}
		c.sayUnrun(p)
	}
	return out
}

// sayUnrun says why a command is not run.
func (c *ExplainedCommand) sayUnrun(p *rows.Program) {
	if c.Outcome == skipped || p.Runs(c.Number-1) {
		return
	}
	c.Note = "no finding depends on the order"
	if _, ok := p.Commands()[c.Number-1].(*esql.Where); ok {
		c.Note = "true of every row within the rule's look-back"
	}
}

func listedCommands(p *rows.Program) []ExplainedCommand {
	var out []ExplainedCommand
	for i, c := range slices.Concat(p.Commands(), p.Skipped()) {
		x := ExplainedCommand{Number: i + 1, Text: cut(p.Text(c), "")}
		x.Line, x.Col = p.Position(c)
		out = append(out, x)
	}
	return out
}

// fillIn fills in what the way says, and returns the number of the command that ended it.
func fillIn(p *rows.Program, out []ExplainedCommand, way []rows.Traced) (ended int) {
	for i := range way {
		x := &way[i]
		c := &out[x.At]
		c.fill(p, x)
		ended = c.Number
	}
	return ended
}

func (c *ExplainedCommand) fill(p *rows.Program, x *rows.Traced) {
	c.Outcome = Passed
	if x.Dropped {
		c.Outcome = Dropped
	}
	if x.Where != nil {
		clause := termClause(x.Where)
		if c.Clause != nil { // both parts of one condition
			clause = &Clause{Kind: AndClause, Verdict: clause.Verdict, Kids: []*Clause{c.Clause, clause}}
		}
		c.Clause = clause
	}
	c.Made, c.Keys = explainedCells(x.Made), explainedCells(x.Keys)
	switch p.Commands()[x.At].(type) {
	case *esql.MvExpand:
		if x.Picked > 0 {
			c.Note = fmt.Sprintf("value %d of %d", x.Picked, x.Rows)
		}
	case *esql.Stats:
		c.sayGroup(x)
	case *esql.Where:
		if x.Partly {
			c.Note = "what looks at NOW() is asked of the window"
		}
	}
}

// sayGroup says how many rows a group has, or that an event goes to one.
func (c *ExplainedCommand) sayGroup(x *rows.Traced) {
	switch {
	case x.Rows > 0:
		c.Note = fmt.Sprintf("group of %d", x.Rows)
	case x.Picked > 0:
		c.Outcome = Joins
		if x.Picked > 1 {
			c.Note = fmt.Sprintf("one of its %d groups", x.Picked)
		}
	}
}

func explainedCells(cells []rows.Cell) (out []ExplainedColumn) {
	for _, c := range cells {
		x := ExplainedColumn{Name: cut(c.Name, ""), Null: c.Told && len(c.Value) == 0, Untold: !c.Told}
		if len(c.Value) > 0 {
			x.Value = rowValueText(c.Value)
		}
		out = append(out, x)
	}
	return out
}

// rowValueText writes the first values of a column; "null" for none.
func rowValueText(v rows.Value) string {
	switch len(v) {
	case 0:
		return "null"
	case 1:
		return cut(v[0].String(), "")
	}
	var shown []string
	for _, s := range v[:min(len(v), maxExplainedValues)] {
		shown = append(shown, cut(s.String(), ""))
	}
	text := strings.Join(shown, ", ")
	if more := len(v) - len(shown); more > 0 {
		text += fmt.Sprintf(", … %d more", more)
	}
	return "[" + text + "]"
}

// termClause turns a condition into a clause.
func termClause(x *rows.Condition) *Clause {
	out := &Clause{Kind: ClauseKind(x.Op), Verdict: verdictOfTruth(x.Truth)}
	for _, k := range x.Kids {
		out.Kids = append(out.Kids, termClause(k))
	}
	if x.Op != "" {
		return out
	}
	out.Kind, out.Text, out.Note = TermClause, cut(x.Text, ""), x.Because
	var said []string
	for i := range x.Operands {
		k := operandClause(&x.Operands[i])
		if out.Field == "" && x.Operands[i].Column {
			out.Field = k.Text
		}
		out.Kids = append(out.Kids, k)
		said = append(said, k.Text+" = "+k.Result)
	}
	if out.Value = strings.Join(said, "; "); len(out.Kids) == 1 {
		out.Value = out.Kids[0].Result
	}
	return out
}

func operandClause(o *rows.Operand) *Clause {
	out := &Clause{Kind: ValueClause, Text: cut(o.Text, "")}
	if o.Told {
		out.Result = rowValueText(o.Value)
	}
	return out
}

func verdictOfTruth(t rows.Truth) Verdict {
	switch t {
	case rows.Yes:
		return True
	case rows.No:
		return False
	case rows.Null:
		return Null
	case rows.Untold:
		return Untold
	}
	panic(fmt.Sprintf("BUG: matchers.verdictOfTruth: unexpected %d", t))
}

// Grounds returns the conditions of ES|QL on which it rests that the clause is want, True or
// False, or, when it is not, those that keep it from that.
func (c *Clause) Grounds(want Verdict) []Decided {
	return c.grounds(nil, want, c.Verdict == want, want)
}

func (c *Clause) grounds(dst []Decided, want Verdict, reached bool, asked Verdict) []Decided {
	if (c.Verdict == want) != reached {
		return dst
	}
	switch {
	case c.Kind == NotClause:
		return c.Kids[0].grounds(dst, True+False-want, reached, asked)
	case c.Kind != AndClause && c.Kind != OrClause:
		return append(dst, Decided{c, want != asked})
	}
	one := (c.Kind == OrClause) == (want == True) // any kid would do
	for _, k := range c.Kids {
		n := len(dst)
		if dst = k.grounds(dst, want, reached, asked); one && reached && len(dst) > n {
			return dst
		}
	}
	return dst
}
