package matchers

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"

	"coldcase/rules/query"
)

// printer writes clauses much as the language of a rule does, for people: KQL for
// kuery and lucene, EQL for the rest. Texts are bounded; nothing parses them again.
type printer struct{ kql bool }

func printerOf(language string) printer {
	return printer{kql: language == "kuery" || language == "lucene"}
}

// maxClauseText bounds the text of a clause in bytes, about.
const maxClauseText = 400

// alternatives returns how many values, patterns or networks a leaf has.
func alternatives(x query.Expr) int {
	switch x := x.(type) {
	case *query.Term:
		return len(x.Values)
	case *query.Wildcard:
		return len(x.Patterns)
	case *query.Regexp:
		return len(x.Patterns)
	case *query.CIDR:
		return len(x.Nets)
	case *query.Range:
		return 1
	}
	return 0
}

// alternative returns a leaf that has the i-th alternative alone, its text, and the
// longest plain text in it.
func (p printer) alternative(x query.Expr, i int) (one query.Expr, text, lit string) {
	switch x := x.(type) {
	case *query.Term:
		y := *x
		y.Values = x.Values[i : i+1]
		return &y, cut(x.Values[i].Text, ""), x.Values[i].Text
	case *query.Wildcard:
		y := *x
		y.Patterns = x.Patterns[i : i+1]
		return &y, cut(patternText(x.Patterns[i]), ""), longestPart(x.Patterns[i])
	case *query.Regexp:
		y := *x
		y.Patterns = x.Patterns[i : i+1]
		return &y, cut(regexpText(x.Patterns[i]), ""), query.RequiredLiteral(x.Patterns[i])
	case *query.CIDR:
		y := *x
		y.Nets = x.Nets[i : i+1]
		return &y, cut(x.Nets[i], ""), ""
	case *query.Range:
		return x, p.bounds(x, ""), ""
	}
	panic(fmt.Sprintf("BUG: matchers.alternative: unexpected %T", x))
}

func longestPart(pattern query.Pattern) (lit string) {
	for _, part := range pattern {
		if len(part.Text) > len(lit) {
			lit = part.Text
		}
	}
	return lit
}

// patternText writes a pattern with its wild characters; plain ones of the same look
// get a backslash.
func patternText(pattern query.Pattern) string {
	var b strings.Builder
	for _, part := range pattern {
		switch part.Kind {
		case query.Any:
			b.WriteByte('*')
		case query.One:
			b.WriteByte('?')
		default:
			b.WriteString(plainStars.Replace(part.Text))
		}
	}
	return b.String()
}

var plainStars = strings.NewReplacer(`*`, `\*`, `?`, `\?`)

// regexpText writes an expression without the anchors and the hexadecimal of its
// translation.
func regexpText(re string) string {
	inner, ok := strings.CutPrefix(re, `(?s)\A(?:`)
	if !ok {
		return re
	}
	t, err := syntax.Parse(strings.TrimSuffix(inner, `)\z`), syntax.Perl|syntax.DotNL)
	if err != nil {
		return re
	}
	return strings.ReplaceAll(wholeFlag.ReplaceAllString(t.String(), "$1"), "(?s:", "(?:")
}

// wholeFlag is what the parser writes around dots that match line ends, too.
var wholeFlag = regexp.MustCompile(`\(\?s:((?:\.[*+?]?)+|[^()]*)\)`)

// leaf writes a predicate on a field.
func (p printer) leaf(x query.Expr) string {
	f, _ := query.LeafField(x)
	name := fieldText(f)
	switch x := x.(type) {
	case *query.Exists:
		if p.kql {
			return name + " : *"
		}
		return name + " != null"
	case *query.Term:
		exact := " == "
		if len(x.Values) != 1 {
			exact = " in "
		}
		return name + p.relation(exact, x.Fold) + p.list(len(x.Values), func(i int) string { return p.literal(x.Values[i], x.Text) })
	case *query.Wildcard:
		return name + p.relation(" like ", x.Fold) + p.list(len(x.Patterns), func(i int) string { return p.pattern(x.Patterns[i]) })
	case *query.Regexp:
		return name + " regex " + p.list(len(x.Patterns), func(i int) string { return quoted(regexpText(x.Patterns[i])) })
	case *query.Range:
		return p.bounds(x, name+" ")
	case *query.CIDR:
		return "cidrMatch(" + name + ", " + strings.TrimSuffix(strings.TrimPrefix(printer{}.list(len(x.Nets), func(i int) string { return quoted(x.Nets[i]) }), "("), ")") + ")"
	}
	panic(fmt.Sprintf("BUG: matchers.printer: unexpected %T", x))
}

func fieldText(f query.Field) string {
	name := cut(f.Name, "")
	if f.Optional {
		return "?" + name
	}
	return name
}

func (p printer) relation(exact string, fold bool) string {
	if p.kql || fold {
		return " : "
	}
	return exact
}

// bounds writes a range; name is what stands before each operator.
func (p printer) bounds(x *query.Range, name string) string {
	text := name + x.Op.String() + " " + p.literal(x.Value, query.Whole)
	if x.Also != nil {
		text += " and " + name + x.Also.Op.String() + " " + p.literal(x.Also.Value, query.Whole)
	}
	return text
}

// list writes alternatives: one as it is, several in parentheses, as many as fit.
func (p printer) list(n int, item func(i int) string) string {
	if n == 1 {
		return item(0)
	}
	sep := ", "
	if p.kql {
		sep = " or "
	}
	var b strings.Builder
	b.WriteByte('(')
	for i := range n {
		if i > 0 {
			b.WriteString(sep)
		}
		if b.Len() > maxClauseText {
			fmt.Fprintf(&b, "… %d more", n-i)
			break
		}
		b.WriteString(item(i))
	}
	return b.String() + ")"
}

func quoted(s string) string { return strconv.Quote(cut(s, "")) }

func (p printer) literal(l query.Literal, mode query.TextMode) string {
	switch {
	case l.Kind != query.String:
		return cut(l.Text, "")
	case p.kql && mode != query.Phrase && l.Text != "":
		return kqlEscapes.Replace(cut(l.Text, ""))
	}
	return quoted(l.Text)
}

func (p printer) pattern(pattern query.Pattern) string {
	if !p.kql {
		return quoted(patternText(pattern))
	}
	var b strings.Builder
	for _, part := range pattern {
		switch part.Kind {
		case query.Any:
			b.WriteByte('*')
		case query.One:
			b.WriteByte('?')
		default:
			b.WriteString(kqlEscapes.Replace(part.Text))
		}
	}
	return cut(b.String(), "")
}

var kqlEscapes = strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`, `:`, `\:`, `<`, `\<`, `>`, `\>`, `"`, `\"`, `*`, `\*`)

// value writes an operand of a script. It stops at the bound, so that a tree of any
// depth costs no more at each of its levels.
func (p printer) value(v query.Value) string {
	w := valueWriter{}
	w.value(v)
	return w.b.String()
}

type valueWriter struct{ b strings.Builder }

// add writes a text and says whether there is room for more.
func (w *valueWriter) add(s string) bool {
	if w.b.Len() > maxClauseText {
		return false
	}
	if w.b.WriteString(s); w.b.Len() > maxClauseText {
		w.b.WriteString("…")
		return false
	}
	return true
}

func (w *valueWriter) value(v query.Value) bool {
	switch v := v.(type) {
	case *query.Null:
		return w.add("null")
	case *query.Constant:
		return w.add(printer{}.literal(v.Literal, query.Whole))
	case *query.FieldValue:
		return w.add(fieldText(v.Field))
	case *query.Call:
		return w.add(v.Func+tilde(v.Fold)+"(") && w.joined(v.Args, ", ") && w.add(")")
	case *query.Arith:
		return w.infix(v.L, string(rune(v.Op)), v.R)
	case *query.Compare:
		return w.infix(v.L, v.Op.String(), v.R)
	case *query.OneOf:
		return w.value(v.X) && w.add(" in"+tilde(v.Fold)+" "+printer{}.list(len(v.Values), func(i int) string { return printer{}.literal(v.Values[i], query.Whole) }))
	case *query.Like:
		return w.value(v.X) && w.add(printer{}.relation(" like ", v.Fold)+printer{}.list(len(v.Patterns), func(i int) string { return quoted(patternText(v.Patterns[i])) }))
	case *query.Match:
		return w.value(v.X) && w.add(" regex "+printer{}.list(len(v.Patterns), func(i int) string { return quoted(regexpText(v.Patterns[i])) }))
	case *query.IsNull:
		return w.value(v.X) && w.add(" == null")
	case *query.LogicNot:
		return w.add("not ") && w.value(v.X)
	case *query.LogicAnd:
		return w.add("(") && w.joined(v.X, " and ") && w.add(")")
	case *query.LogicOr:
		return w.add("(") && w.joined(v.X, " or ") && w.add(")")
	}
	panic(fmt.Sprintf("BUG: matchers.valueWriter: unexpected %T", v))
}

func (w *valueWriter) infix(l query.Value, op string, r query.Value) bool {
	return w.operand(l) && w.add(" "+op+" ") && w.operand(r)
}

// operand sets arithmetic within arithmetic in parentheses.
func (w *valueWriter) operand(v query.Value) bool {
	if _, ok := v.(*query.Arith); ok {
		return w.add("(") && w.value(v) && w.add(")")
	}
	return w.value(v)
}

func (w *valueWriter) joined(vs []query.Value, sep string) bool {
	for i, v := range vs {
		if i > 0 && !w.add(sep) || !w.value(v) {
			return false
		}
	}
	return true
}

func tilde(fold bool) string {
	if fold {
		return "~"
	}
	return ""
}
