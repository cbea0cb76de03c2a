package esql

import (
	"strings"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// Short names in this package: q a Query, c a Command, x an Expr, t a Type.

// Query is a parsed and checked query. It is immutable and safe for concurrent use,
// as far as the functions of its mapping are.
type Query struct {
	// Commands begin with *From or *Row. The part that is run ends before Skipped.
	Commands []Command
	// Skipped is COMPLETION and what follows it: the step that needs a model. The rows
	// before it are candidates.
	Skipped []Command
	// Tables[i] is what Commands[i] yields.
	Tables []Table
	// Nullify is SET unmapped_fields="nullify": a column that ROW does not make is null, and
	// stands in the table once a command names it. Columns of FROM always are null.
	Nullify bool

	src     source.Text
	mapping Mapping
}

// Position returns the 1-based line and column at which a command of the query begins: in
// the file where its text's place in it is known, else in the text.
func (q *Query) Position(c Command) (line, col int) { return q.src.Position(c.Span().Start) }

// Text returns a command as it is written, on one line; where it may hold comments, the
// canonical text.
func (q *Query) Text(c Command) string {
	text := q.src.Body[c.Span().Start:c.Span().End]
	if text == "" || strings.Contains(text, "//") || strings.Contains(text, "/*") {
		return c.String()
	}
	return strings.Join(strings.Fields(text), " ")
}

// Command is one step of a query. The set of implementations is closed: *From, *Row,
// *Where, *Eval, *Stats, *Keep, *Drop, *Rename, *Sort, *Limit, *MvExpand, *Grok, *Dissect
// and *Completion.
type Command interface {
	// Span is where the command stands in the text.
	Span() source.Span
	// String returns the canonical text.
	String() string
	command()
}

// place is where a node stands.
type place struct{ at source.Span }

// Span returns where the node stands in the text.
func (p *place) Span() source.Span { return p.at }

// From reads documents.
//
//	FROM logs-*, auditbeat-* METADATA _id, _index
type From struct {
	place
	Indices  []string // as written, without quotes
	Metadata []string // columns that are not fields: _id, _index, _version, _source, ...
}

// Row makes one row.
//
//	ROW a = 1, b = [1, 2]
type Row struct {
	place
	Fields []Assign
}

// Assign is a column and what it is set to. An expression without a name has its source
// text as name.
type Assign struct {
	Name string
	X    Expr
}

// Where keeps the rows for which X is true: not false, not null.
type Where struct {
	place
	X Expr
}

// Eval sets columns from left to right; later ones see earlier ones.
type Eval struct {
	place
	Fields []Assign
}

// Stats groups rows. With Inline set the results are joined back to the rows.
//
//	STATS n = COUNT(*) WHERE x > 1, VALUES(y) BY host.name, day = DATE_TRUNC(1 day, @timestamp)
//
// The output has Aggs, then By; of columns with the same name the last counts. Inside of
// Aggs the name of a By stands for the group's value.
type Stats struct {
	place
	Inline bool
	Aggs   []Aggregate
	By     []Assign
}

// Aggregate is an expression over aggregate functions. Where, nil for none, holds for each
// aggregate function in X: rows for which it is not true are not counted.
type Aggregate struct {
	Name  string
	X     Expr
	Where Expr
}

// Name is a column name or a pattern of names in KEEP and DROP.
type Name struct {
	Text    string        // the name itself, or the pattern as written
	Pattern query.Pattern // nil for a plain name; '*' crosses dots
	at      source.Span
}

// Keep reduces the table to some columns. The table that it yields says which.
type Keep struct {
	place
	Names []Name
}

// Drop removes columns.
type Drop struct {
	place
	Names []Name
}

// Rename renames columns, from left to right.
//
//	RENAME a AS b, d = c
type Rename struct {
	place
	Pairs []Renaming
}

// Renaming is one pair of a Rename. A column that has the name To already goes.
type Renaming struct {
	From, To string
	at       source.Span
}

// Sort orders rows. Rows that are equal keep their order.
type Sort struct {
	place
	Keys []SortKey
}

// SortKey is one key of a Sort. Without NULLS FIRST or LAST, null is the largest value.
type SortKey struct {
	X          Expr
	Desc       bool
	NullsFirst bool
}

// Limit keeps the first N rows.
type Limit struct {
	place
	N int64
}

// MvExpand makes a row of each value of a column.
type MvExpand struct {
	place
	Name string
}

// Grok takes values out of a string; the first pattern that matches counts.
//
//	GROK message "%{IP:client} %{WORD:verb}"
type Grok struct {
	place
	X        Expr
	Patterns []*GrokPattern
	// Outputs are the columns of all patterns, sorted by name.
	Outputs []Column
}

// Dissect takes values out of a string by the text between them.
//
//	DISSECT message "%{client} - %{verb}" APPEND_SEPARATOR=","
type Dissect struct {
	place
	X         Expr
	Pattern   *DissectPattern
	Separator string
}

// Completion asks a language model. It is never run.
type Completion struct {
	place
	Target string
	Prompt Expr
	With   []Option
}

func (*From) command()       {}
func (*Row) command()        {}
func (*Where) command()      {}
func (*Eval) command()       {}
func (*Stats) command()      {}
func (*Keep) command()       {}
func (*Drop) command()       {}
func (*Rename) command()     {}
func (*Sort) command()       {}
func (*Limit) command()      {}
func (*MvExpand) command()   {}
func (*Grok) command()       {}
func (*Dissect) command()    {}
func (*Completion) command() {}

// Table is the columns at one point of a query.
type Table struct {
	Columns []Column
	// Hidden are names that no Glob column stands for any more: they were dropped,
	// renamed or set.
	Hidden []query.Pattern
	// Open tables read a column that they do not have as null.
	Open bool
}

// Column is a column of a table.
type Column struct {
	Name string
	Type Type
	// Glob, when not nil, makes this stand for all fields of the document whose names
	// match it, but for those that are Hidden or named by another column.
	Glob query.Pattern
	// Field is the field of the document whose values the column holds, "" for a column
	// that was computed. With Expanded set it holds one of them only.
	Field    string
	Expanded bool

	plain  bool // see Mapping
	source bool // made by FROM or ROW, not by a command behind them
}
