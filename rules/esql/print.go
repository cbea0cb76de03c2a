package esql

import (
	"strconv"
	"strings"
	"time"

	"coldcase/rules/query"
)

// String returns the canonical text, which parses to the same query: one command a line,
// all columns named, casts as calls.
func (q *Query) String() string {
	var b strings.Builder
	if q.Nullify {
		b.WriteString("SET unmapped_fields = \"nullify\";\n")
	}
	for i, c := range append(q.Commands[:len(q.Commands):len(q.Commands)], q.Skipped...) {
		if i > 0 {
			b.WriteString("\n| ")
		}
		b.WriteString(c.String())
	}
	return b.String()
}

func list[T any](xs []T, print func(T) string) string {
	out := make([]string, len(xs))
	for i, x := range xs {
		out[i] = print(x)
	}
	return strings.Join(out, ", ")
}

func (c *From) String() string {
	s := "FROM " + list(c.Indices, printIndex)
	if len(c.Metadata) > 0 {
		s += " METADATA " + list(c.Metadata, printName)
	}
	return s
}

func (c *Row) String() string   { return "ROW " + list(c.Fields, Assign.String) }
func (c *Where) String() string { return "WHERE " + c.X.String() }
func (c *Eval) String() string  { return "EVAL " + list(c.Fields, Assign.String) }

// String returns name = expression, for a column that keeps its name the name alone.
func (a Assign) String() string {
	if ref, ok := a.X.(*Ref); ok && ref.Name == a.Name {
		return printName(a.Name)
	}
	return printName(a.Name) + " = " + a.X.String()
}

// String returns name = expression WHERE condition.
func (a Aggregate) String() string {
	s := Assign{a.Name, a.X}.String()
	if a.Where != nil {
		s += " WHERE " + a.Where.String()
	}
	return s
}

func (c *Stats) String() string {
	s := "STATS"
	if c.Inline {
		s = "INLINE STATS"
	}
	if len(c.Aggs) > 0 {
		s += " " + list(c.Aggs, Aggregate.String)
	}
	if len(c.By) > 0 {
		s += " BY " + list(c.By, Assign.String)
	}
	return s
}

func (c *Keep) String() string { return "KEEP " + list(c.Names, Name.String) }
func (c *Drop) String() string { return "DROP " + list(c.Names, Name.String) }

// String returns the name as the parser reads it.
func (n Name) String() string {
	if n.Pattern != nil {
		return n.Text
	}
	return printName(n.Text)
}

func (c *Rename) String() string {
	return "RENAME " + list(c.Pairs, func(p Renaming) string { return printName(p.From) + " AS " + printName(p.To) })
}

func (c *Sort) String() string { return "SORT " + list(c.Keys, SortKey.String) }

// String returns the key with its order; where null goes is said only when it is unusual.
func (k SortKey) String() string {
	s := k.X.String()
	if k.Desc {
		s += " DESC"
	}
	switch {
	case k.NullsFirst && !k.Desc:
		s += " NULLS FIRST"
	case !k.NullsFirst && k.Desc:
		s += " NULLS LAST"
	}
	return s
}

func (c *Limit) String() string    { return "LIMIT " + strconv.FormatInt(c.N, 10) }
func (c *MvExpand) String() string { return "MV_EXPAND " + printName(c.Name) }

func (c *Grok) String() string {
	return "GROK " + operand(c.X, precPrimary) + " " + list(c.Patterns, func(p *GrokPattern) string { return quote(p.Text) })
}

func (c *Dissect) String() string {
	s := "DISSECT " + operand(c.X, precPrimary) + " " + quote(c.Pattern.Text)
	if c.Separator != "" {
		s += " APPEND_SEPARATOR = " + quote(c.Separator)
	}
	return s
}

func (c *Completion) String() string {
	return "COMPLETION " + printName(c.Target) + " = " + operand(c.Prompt, precPrimary) + " WITH " + printOptions(c.With)
}

func printOptions(options []Option) string {
	return "{" + list(options, func(o Option) string { return quote(o.Name) + ": " + o.Value.print(o.Type) }) + "}"
}

// printIndex writes an index pattern, in quotes where it is no plain one.
func printIndex(s string) string {
	for i := range len(s) {
		if !isBody(s[i]) && strings.IndexByte(".*-", s[i]) < 0 {
			return quote(s)
		}
	}
	if s == "" || equalFold(s, "metadata") {
		return quote(s)
	}
	return s
}

// printName writes a column name, in backticks as a whole where it is no plain name. Behind
// a dot keywords are plain.
func printName(name string) string {
	for i, part := range strings.Split(name, ".") {
		if !isPlain(part) || i == 0 && isWord(part) {
			return backticked(name)
		}
	}
	return name
}

func backticked(s string) string { return "`" + strings.ReplaceAll(s, "`", "``") + "`" }

// isWord reports whether a name means something else in some place.
func isWord(s string) bool { return reserved[lowerASCII(s)] || equalFold(s, "metadata") }

// printNamePart writes the text between two stars of a pattern.
func printNamePart(s string) string {
	for _, part := range strings.Split(s, ".") {
		if part != "" && (!isPlain(part) || isWord(part)) {
			return backticked(s)
		}
	}
	return s
}

// isPlain reports whether a part of a name needs no backticks anywhere.
func isPlain(s string) bool {
	if s == "" {
		return false
	}
	if !isLetter(s[0]) && s[0] != '_' && (s[0] != '@' || len(s) < 2) {
		return false
	}
	for i := 1; i < len(s); i++ {
		if !isBody(s[i]) {
			return false
		}
	}
	return true
}

// The precedences of expressions, loosest first.
const (
	precOr = iota
	precAnd
	precNot
	precTest
	precValue
	precSum
	precProduct
	precUnary
	precPrimary
)

// operand writes x where an expression of precedence prec or tighter is wanted.
func operand(x Expr, prec int) string {
	if precedence(x) < prec {
		return "(" + x.String() + ")"
	}
	return x.String()
}

func precedence(x Expr) int {
	switch x := x.(type) {
	case *Or:
		return precOr
	case *And:
		return precAnd
	case *Not:
		return precNot
	case *In, *Like, *IsNull:
		return precTest
	case *Match:
		return precPrimary
	case *Compare:
		return precValue
	case *Arith:
		if x.Op == '+' || x.Op == '-' {
			return precSum
		}
		return precProduct
	case *Neg:
		return precUnary
	case *Literal:
		if len(x.Values) == 1 && strings.HasPrefix(x.String(), "-") {
			return precUnary
		}
	}
	return precPrimary
}

func (x *Ref) String() string { return printName(x.Name) }

func (x *Literal) String() string {
	switch len(x.Values) {
	case 0:
		return "null"
	case 1:
		return x.Values[0].print(x.typ)
	}
	return "[" + list(x.Values, func(c Constant) string { return c.print(x.typ) }) + "]"
}

// print writes a constant of type t as the lexer reads it; types without a literal of
// their own are strings, which the checker casts.
func (c Constant) print(t Type) string {
	switch t {
	case Boolean:
		return strconv.FormatBool(c.Bool)
	case Integer, Long:
		return strconv.FormatInt(c.Int, 10)
	case UnsignedLong:
		return strconv.FormatUint(c.Uint, 10)
	case Double:
		return formatDouble(c.Float)
	case Date:
		return quote(FormatDate(c.Int))
	case IP:
		return quote(c.Addr.String())
	case Period, Duration:
		return c.Span.print(t)
	}
	return quote(c.Text)
}

// print writes a span in the largest unit that leaves no rest.
func (s Span) print(t Type) string {
	if t == Duration {
		for i := 3; i >= 0; i-- {
			if one := units[i].one.Duration; s.Duration%one == 0 {
				return strconv.FormatInt(int64(s.Duration/one), 10) + " " + units[i].names[1]
			}
		}
		return strconv.FormatInt(int64(s.Duration/time.Millisecond), 10) + " milliseconds"
	}
	if s.Months != 0 {
		return strconv.FormatInt(s.Months, 10) + " months"
	}
	return strconv.FormatInt(s.Days, 10) + " days"
}

func (x *Neg) String() string {
	if l, ok := x.X.(*Literal); ok && len(l.Values) == 1 {
		return "-(" + l.String() + ")" // "-1" would be a literal
	}
	return "-" + operand(x.X, precUnary)
}

func (x *Arith) String() string {
	prec := precedence(x)
	return operand(x.L, prec) + " " + string(x.Op) + " " + operand(x.R, prec+1)
}

func (x *Compare) String() string {
	return operand(x.L, precSum) + " " + x.Op + " " + operand(x.R, precSum)
}

func (x *And) String() string { return joined(x.X, " AND ", precNot) }
func (x *Or) String() string  { return joined(x.X, " OR ", precAnd) }

func joined(xs []Expr, word string, prec int) string {
	out := make([]string, len(xs))
	for i, x := range xs {
		out[i] = operand(x, prec)
	}
	return strings.Join(out, word)
}

func (x *Not) String() string { return "NOT " + operand(x.X, precNot) }

func (x *In) String() string {
	return operand(x.X, precTest) + " IN (" + list(x.List, Expr.String) + ")"
}

func (x *Like) String() string {
	word := " LIKE ("
	if x.Regexp {
		word = " RLIKE ("
	}
	return operand(x.X, precTest) + word + list(x.Texts, quote) + ")"
}

func (x *IsNull) String() string { return operand(x.X, precTest) + " IS NULL" }

func (x *Call) String() string {
	if len(x.Args) == 0 && x.Func.Name == "COUNT" {
		return "COUNT(*)"
	}
	return x.Func.Name + "(" + list(x.Args, Expr.String) + ")"
}

func (x *KQL) String() string { return "KQL(" + quote(x.Text) + ")" }

func (x *Match) String() string {
	s := "MATCH(" + x.Field.String() + ", " + x.Text.String()
	if len(x.Options) > 0 {
		s += ", " + printOptions(x.Options)
	}
	return s + ")"
}

// queryLiteral turns a constant into one of rules/query.
func queryLiteral(v *Literal) query.Literal {
	c := v.Values[0]
	switch v.typ {
	case Boolean:
		return query.Literal{Kind: query.Bool, Text: strconv.FormatBool(c.Bool)}
	case Integer, Long, UnsignedLong, Double:
		return query.Literal{Kind: query.Number, Text: c.print(v.typ)}
	case Keyword, Version:
		return query.Literal{Text: c.Text}
	}
	text := c.print(v.typ)
	return query.Literal{Text: text[1 : len(text)-1]}
}

func lowerASCII(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if 'A' <= b[j] && b[j] <= 'Z' {
					b[j] |= 0x20
				}
			}
			return string(b)
		}
	}
	return s
}
