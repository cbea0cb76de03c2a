package rows

import (
	"fmt"
	"slices"
	"time"

	"coldcase/matchers/event"
	"coldcase/rules/esql"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// Row is what the columns hold, by slot. A slot that is no column of the table at hand
// holds what it held before: nothing reads it.
type Row []Value

// maxRows bounds the rows that one event makes: evidence chooses the length of the lists
// that MV_EXPAND and the keys of a STATS go through.
const maxRows = 1 << 14

// Source says what rows are made of.
type Source struct {
	// Schema gives the types of fields. It is the one that the query was checked against.
	Schema *schema.Schema
	// Slot returns the slot of a field in the events to come.
	Slot func(path string) int
	// LookBack is the width of the windows that the query is asked for; 0 for one window
	// of everything.
	LookBack time.Duration
	// Ordered keeps the order of the result: without it a SORT that nothing depends on is
	// left out.
	Ordered bool
}

// Program is a compiled query. It is immutable and safe for concurrent use; each
// goroutine has an Env of its own.
type Program struct {
	// Lead is the STATS behind the first row-wise commands, when its keys can be made and
	// its rows be added without knowing a window; nil otherwise.
	Lead *Group
	// Stages are the commands behind the first row-wise ones, and behind Lead: *Each,
	// *Group, *Sort and *Limit.
	Stages []Stage
	// Predicates are what a Document is asked for.
	Predicates []Predicate
	// Columns are the columns of the result that have names.
	Columns []esql.Column
	// Timed is set when Stages look at NOW(): what they say of a group changes while no row
	// arrives.
	Timed bool
	// Whole is set when rows are made of the whole event: of a Document.
	Whole bool
	// Every is set when the result shows whatever fields the documents have.
	Every bool

	q       *esql.Query
	src     Source
	slots   map[string]int
	names   []string
	asked   map[esql.Expr]int // place in Predicates
	first   *Each             // the row-wise commands that stream
	loads   []load            // what is left to be read behind them
	mask    []int             // slots of the rows that survive
	grouped []int             // slots of the rows in front of Stages
	result  []int             // slots of Columns
	merges  []merge           // by column
	need    *Need             // of the groups of Lead
	inputs  []int             // see Inputs
}

// Stage is a part of a query behind those that stream: *Each, *Group, *Sort or *Limit.
type Stage interface{ stage() }

// Sort orders the rows of a window.
type Sort struct {
	keys []sortKey
	mask []int
	at   int // place of the command in the query
}

type sortKey struct {
	x                value
	desc, nullsFirst bool
}

// Limit keeps the first N rows of a window.
type Limit struct {
	N  int64
	at int // place of the command in the query
}

func (*Each) stage()  {}
func (*Group) stage() {}
func (*Sort) stage()  {}
func (*Limit) stage() {}

// Compile compiles a query. The error names what cannot be run.
func Compile(q *esql.Query, src Source) (*Program, error) {
	p := &Program{q: q, src: src, slots: map[string]int{}, asked: map[esql.Expr]int{}}
	b := &builder{p: p, c: &compiler{p: p}, pending: map[string]load{}}
	if err := b.build(); err != nil {
		return nil, err
	}
	for _, col := range q.Tables[len(q.Tables)-1].Columns {
		if col.Glob != nil {
			p.Every = true
			continue
		}
		p.Columns = append(p.Columns, col)
		p.result = append(p.result, p.slot(col.Name))
	}
	p.merges = mergesOf(p)
	return p, nil
}

// slot returns the slot of a column's name.
func (p *Program) slot(name string) int {
	s, ok := p.slots[name]
	if !ok {
		s = len(p.names)
		p.slots[name] = s
		p.names = append(p.names, name)
	}
	return s
}

// predicate returns the number of a KQL or MATCH, and the slot in which its answer is
// carried.
func (p *Program) predicate(x esql.Expr) (number, slot int) {
	i, ok := p.asked[x]
	if !ok {
		i = len(p.Predicates)
		p.asked[x] = i
		p.Predicates = append(p.Predicates, newPredicate(x, p.src))
	}
	return i, p.slot(fmt.Sprintf("\x00%d", i))
}

// Predicate is a KQL or MATCH of a query.
type Predicate struct {
	// Query is what is asked of the document; nil when Words is.
	Query query.Expr
	// Words is a MATCH that rules/query has no word for.
	Words *Words
}

// NewEnv returns the scratch of one goroutine.
func (p *Program) NewEnv() *Env { return &Env{Row: make(Row, len(p.names))} }

// Inputs returns the fields, by their slot in events, that alone decide which rows an event
// makes: two events with the same values in them make the same. It is nil when rows are
// made of other things too, or of a time, which is another in nearly every event.
func (p *Program) Inputs() []int { return p.inputs }

// inputsOf is Inputs of a program whose first commands stream.
func inputsOf(p *Program, streamed []command) (fields []int) {
	if len(p.Predicates) > 0 || slices.ContainsFunc(streamed, func(c command) bool { return usesNow(c.Command) }) {
		return nil
	}
	loads := slices.Clone(p.loads)
	for _, o := range p.first.ops {
		loads = append(loads, o.loads...)
	}
	for _, l := range loads {
		if l.field < 0 {
			return nil
		}
		fields = append(fields, l.field)
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}

// Windowed says whether rows have to be seen together.
func (p *Program) Windowed() bool { return p.Lead != nil || len(p.Stages) > 0 }

// Event is what a row is made of. Document may be nil when the query has no predicates
// and is not Whole.
type Event struct {
	*event.Event
	// Stood is the index that the event stood in, "" when that is not known.
	Stood string
	Document
}

// Start runs the commands that stream on an event and calls yield for each row that
// survives: it is in e.Row, key is what Lead groups it by. Both are valid during the
// call. It returns how many rows were left out at maxRows, at least.
func (p *Program) Start(e *Env, ev Event, yield func(key []byte)) (dropped int) {
	e.doc = ev.Document
	clear(e.Row)
	n, size := 0, 0
	survived := func(key []byte) {
		if n++; n > maxRows {
			return
		}
		if n > 1 { // of an event with lists: they stand in each of its rows
			size += weigh(e.Row, p.mask)
		}
		if size > MaxSpread {
			dropped++
			return
		}
		yield(key)
	}
	s := starter{p, e, ev}
	cut := p.first.run(e, s.load, func() {
		if n > maxRows {
			n++
			return
		}
		s.load(p.loads)
		s.answer()
		if p.Lead == nil {
			survived(nil)
			return
		}
		p.Lead.Keys(e, survived)
	})
	e.doc = nil
	return dropped + rowsOver(n, cut)
}

// MaxSpread bounds what the rows of one event take, and what one row takes in its groups,
// in bytes: lists stand in each of the rows that they make.
const MaxSpread = 32 << 20

// weigh returns about how many bytes the slots of a row take.
func weigh(r Row, mask []int) (size int) {
	for _, slot := range mask {
		for i := range r[slot] {
			size += scalarSize + len(r[slot][i].S)
		}
	}
	return size
}

// starter is one event on its way.
type starter struct {
	p  *Program
	e  *Env
	ev Event
}

// load reads fields of the event.
func (s *starter) load(loads []load) {
	for _, l := range loads {
		s.e.Row[l.slot] = l.read(s.e, s.ev)
	}
}

// answer fills the columns that carry what later commands ask the document.
func (s *starter) answer() {
	if s.ev.Document == nil {
		return
	}
	for _, slot := range s.p.mask {
		if i, ok := s.p.asksAt(slot); ok {
			s.e.Row[slot] = boolValue(s.ev.Holds(i))
		}
	}
}

// asksAt returns the number of the predicate that a slot carries.
func (p *Program) asksAt(slot int) (i int, ok bool) {
	name := p.names[slot]
	if name == "" || name[0] != 0 {
		return 0, false
	}
	_, err := fmt.Sscanf(name[1:], "%d", &i)
	return i, err == nil
}

// AppendRow appends the binary form of what later commands need of a row.
func (p *Program) AppendRow(dst []byte, r Row) []byte { return appendMasked(dst, r, p.mask) }

// CutRow reads what AppendRow wrote into r and returns what follows it.
func (p *Program) CutRow(r Row, b []byte) (rest []byte, err error) { return cutMasked(r, b, p.mask) }

// AppendGrouped appends the binary form of what commands behind Lead need of its rows, or,
// without Lead, of a row that survives.
func (p *Program) AppendGrouped(dst []byte, r Row) []byte { return appendMasked(dst, r, p.grouped) }

// CutGrouped reads what AppendGrouped wrote.
func (p *Program) CutGrouped(r Row, b []byte) (rest []byte, err error) {
	return cutMasked(r, b, p.grouped)
}

// AppendResult appends the binary form of a row of the result.
func (p *Program) AppendResult(dst []byte, r Row) []byte { return appendMasked(dst, r, p.result) }

// CutResult reads what AppendResult wrote: the values of Columns.
func (p *Program) CutResult(b []byte) (out []Value, rest []byte, err error) {
	out = make([]Value, len(p.result))
	for i := range out {
		if out[i], b, err = cutValue(b); err != nil {
			return nil, nil, err
		}
	}
	return out, b, nil
}

// Result returns the values of Columns in a row.
func (p *Program) Result(r Row) []Value {
	out := make([]Value, len(p.result))
	for i, slot := range p.result {
		out[i] = r[slot]
	}
	return out
}

func appendMasked(dst []byte, r Row, mask []int) []byte {
	for _, slot := range mask {
		dst = appendValue(dst, r[slot])
	}
	return dst
}

func cutMasked(r Row, b []byte, mask []int) (rest []byte, err error) {
	clear(r)
	for _, slot := range mask {
		if r[slot], b, err = cutValue(b); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// Key appends what rows are ordered by.
func (s *Sort) Key(dst []byte, e *Env) []byte {
	for _, k := range s.keys {
		dst = appendSortKey(dst, k.x(e), k.desc, k.nullsFirst)
	}
	return dst
}

// AppendRow appends the binary form of what the row holds.
func (s *Sort) AppendRow(dst []byte, r Row) []byte { return appendMasked(dst, r, s.mask) }

// CutRow reads what AppendRow wrote.
func (s *Sort) CutRow(r Row, b []byte) (rest []byte, err error) { return cutMasked(r, b, s.mask) }

// Object returns a row of the result by the names of its columns, as findings show it.
func (p *Program) Object(values []Value) map[string]any {
	out := make(map[string]any, len(values))
	for i, c := range p.Columns {
		out[c.Name] = values[i].JSON()
	}
	return out
}
