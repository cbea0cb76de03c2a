package esql

import (
	"slices"
	"sort"
	"strings"

	"coldcase/rules/query"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

// Warnings returns what a query asks that can never be so, or that reads otherwise than it
// would elsewhere: things that Elasticsearch accepts without a word. They are sorted by
// place; the messages are for the author of the rule.
func Warnings(q *Query) []*source.Error {
	w := &warner{src: q.src, lists: map[string]bool{}}
	for _, c := range q.Commands {
		walkCommand(c, w.expr)
		w.track(c)
	}
	sort.SliceStable(w.out, func(i, k int) bool {
		a, b := w.out[i], w.out[k]
		return a.Line < b.Line || a.Line == b.Line && a.Col < b.Col
	})
	return w.out
}

type warner struct {
	src source.Text
	out []*source.Error
	// lists are the columns that VALUES made: a list as soon as there are two values.
	lists map[string]bool
}

func (w *warner) add(x Expr, format string, args ...any) {
	w.out = append(w.out, w.src.Errorf(x.Span(), format, args...))
}

// track follows the columns that VALUES makes.
func (w *warner) track(c Command) {
	switch c := c.(type) {
	case *Eval:
		for _, f := range c.Fields {
			delete(w.lists, f.Name)
		}
	case *MvExpand:
		delete(w.lists, c.Name)
	case *Rename, *Grok, *Dissect:
		clear(w.lists)
	case *Stats:
		if !c.Inline {
			clear(w.lists)
		}
		for _, a := range c.Aggs {
			call, ok := a.X.(*Call)
			w.lists[a.Name] = ok && call.Func.Name == "VALUES"
		}
	}
}

func (w *warner) expr(x Expr) {
	switch x := x.(type) {
	case *Ref:
		w.untold(x)
	case *Compare:
		w.nulls(x, x.L, x.R)
		w.ignored(x.L, x.R)
		w.ignored(x.R, x.L)
		w.scalar(x.L)
		w.scalar(x.R)
		w.letters(x, x.L, x.R)
		w.letters(x, x.R, x.L)
	case *In:
		w.scalar(x.X)
		for _, v := range x.List {
			w.ignored(x.X, v)
			w.letters(x, x.X, v)
		}
	case *Like:
		w.scalar(x.X)
		for i, text := range x.Texts {
			if x.Regexp {
				w.regexp(x, text)
			} else {
				w.like(x, text, x.Patterns[i])
			}
		}
	}
}

var untoldNames = []string{"_version", "_index_mode", "_score", "_tier"}

// untold warns of METADATA that an export does not tell: what a rule makes of it is never
// true offline, though it may be in a cluster.
func (w *warner) untold(x *Ref) {
	if x.Field == "" && slices.Contains(untoldNames, x.Name) {
		w.add(x, "%s is null here: exports of events do not hold it, so what asks for it is never true", x.Name)
	}
}

// ignored warns of _ignored == "name" where a document's _ignored has no such name, unless
// a mapping of one's own says otherwise.
func (w *warner) ignored(x, y Expr) {
	ref, ok := x.(*Ref)
	name, constant := constantText(y)
	if !ok || !constant || ref.Field != "" || ref.Name != "_ignored" {
		return
	}
	if !schema.Builtin().MayIgnore(name) {
		w.add(y, "_ignored never has %s here, unless a mapping states such a field: the built-in schema has no value of it left out", quote(name))
	}
}

// nulls warns of x == null, which is null.
func (w *warner) nulls(x Expr, sides ...Expr) {
	for _, s := range sides {
		if lit, ok := s.(*Literal); ok && lit.typ == Null {
			w.add(x, "a comparison with null is never true: use IS NULL")
		}
	}
}

// listFields are fields that nearly always hold several values. Fields that are lists by
// their mapping but hold one value in practice, event.category among them, are not here.
var listFields = []string{"process.args", "process.parent.args", "host.ip", "host.mac", "tags",
	"related.ip", "related.user", "related.hosts", "related.hash"}

// scalar warns of a list where one value is wanted.
func (w *warner) scalar(x Expr) {
	ref, ok := x.(*Ref)
	if !ok {
		return
	}
	if w.lists[ref.Name] || !ref.Expanded && slices.Contains(listFields, ref.Field) {
		w.add(ref, "%s is a list: a comparison with more than one value is null and never true; use MV_CONTAINS or MV_EXPAND", ref)
	}
}

// letters warns of TO_LOWER(x) == "Abc".
func (w *warner) letters(at, x, y Expr) {
	if s, ok := constantText(y); ok {
		w.wrongCase(at, x, s)
	}
}

func (w *warner) wrongCase(at, x Expr, s string) {
	call, ok := x.(*Call)
	switch {
	case !ok:
	case call.Func.Name == "TO_LOWER" && strings.ToLower(s) != s:
		w.add(at, "never true: TO_LOWER gives no upper-case letters, %s has some", quote(s))
	case call.Func.Name == "TO_UPPER" && strings.ToUpper(s) != s:
		w.add(at, "never true: TO_UPPER gives no lower-case letters, %s has some", quote(s))
	}
}

func (w *warner) like(x *Like, text string, p query.Pattern) {
	_, plain := p.Literal()
	if plain && strings.Contains(text, "%") {
		w.add(x, "'%%' is a plain character in LIKE: the wildcards are '*' and '?'")
	}
	if n := len(text) - len(strings.TrimRight(strings.TrimSuffix(text, "*"), `\`)) - 1; strings.HasSuffix(text, "*") && n%2 == 1 {
		w.add(x, "LIKE %s ends in an escaped star and matches only a star there", quote(text))
	}
	if oddEscape(text) {
		w.add(x, "LIKE %s: a backslash makes the next character plain; write it twice for one", quote(text))
	}
	literal := ""
	for _, part := range p {
		literal += part.Text
	}
	w.wrongCase(x, x.X, literal)
}

// oddEscape reports whether a backslash stands before a character that needs none.
func oddEscape(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			i++
			if i == len(s) || strings.IndexByte(`*?\`, s[i]) < 0 {
				return true
			}
		}
	}
	return false
}

func (w *warner) regexp(x *Like, text string) {
	if text == "" {
		return
	}
	p := &lucene{in: text}
	if _, err := p.union(0); err != nil {
		return // the parser has refused it
	}
	slices.Sort(p.notes)
	for _, n := range slices.Compact(p.notes) {
		w.add(x, "RLIKE: %s", n)
	}
}
