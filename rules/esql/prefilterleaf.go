package esql

import (
	"strings"
	"unicode/utf8"

	"coldcase/rules/query"
)

func term(ref *Ref, values ...query.Literal) query.Expr {
	return &query.Term{Field: query.Field{Name: ref.Field}, Values: values}
}

func wildcard(ref *Ref, patterns ...query.Pattern) query.Expr {
	return &query.Wildcard{Field: query.Field{Name: ref.Field}, Patterns: patterns}
}

// columnAndLiteral takes a comparison of a field and a constant apart; op is as if the
// field stood on the left. ref is nil for any other comparison.
func columnAndLiteral(x *Compare) (ref *Ref, lit *Literal, op string) {
	l, r, op := x.L, x.R, x.Op
	if _, ok := l.(*Literal); ok {
		l, r = r, l
		op = map[string]string{"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}[op]
	}
	ref, ok := l.(*Ref)
	lit, ok2 := r.(*Literal)
	if !ok || !ok2 || ref.Field == "" {
		return nil, nil, ""
	}
	return ref, lit, op
}

var rangeOps = map[string]query.RangeOp{"<": query.Lt, "<=": query.Le, ">": query.Gt, ">=": query.Ge}

func compareHolds(x *Compare) query.Expr {
	for _, side := range []Expr{x.L, x.R} {
		if lit, ok := side.(*Literal); ok && len(lit.Values) != 1 {
			return &query.Const{} // null, or a list: never true
		}
	}
	if said, ok := branchesOf(x, compareHolds); ok {
		return said
	}
	if equal, ok := equalConstants(x); ok {
		return &query.Const{Value: equal}
	}
	if call := located(x); call != nil {
		return contains(call)
	}
	ref, lit, op := columnAndLiteral(x)
	switch {
	case ref != nil && op == "==" && hasTerm(ref, lit):
		return term(ref, queryLiteral(lit))
	case ref != nil && op != "==" && hasRange(ref, lit):
		return &query.Range{Field: query.Field{Name: ref.Field}, Op: rangeOps[op], Value: queryLiteral(lit)}
	case x.Op == "==":
		if p := foldedEqual(x.L, x.R); p != nil {
			return p
		}
		if p := foldedEqual(x.R, x.L); p != nil {
			return p
		}
	}
	return exists(x)
}

// hasTerm reports whether equality with the constant implies Term, given the types. Dates
// are left out: parts of a millisecond, which ES|QL cuts off, would not compare equal.
func hasTerm(ref *Ref, lit *Literal) bool {
	switch ref.typ {
	case Keyword, Text:
		return lit.typ == Keyword
	case Integer, Long:
		return lit.typ == Integer || lit.typ == Long
	case Double:
		return lit.typ == Integer || lit.typ == Long || lit.typ == Double
	case Boolean, IP:
		return lit.typ == ref.typ
	case Dynamic:
		return lit.typ == Keyword || lit.typ == Integer || lit.typ == Long || lit.typ == Boolean
	}
	return false
}

func hasRange(ref *Ref, lit *Literal) bool {
	switch ref.typ {
	case Integer, Long:
		return lit.typ == Integer || lit.typ == Long
	case Double:
		return lit.typ == Integer || lit.typ == Long || lit.typ == Double
	case Keyword:
		return lit.typ == Keyword
	}
	return false
}

// foldedEqual lowers TO_LOWER(field) == "text".
func foldedEqual(x, y Expr) query.Expr {
	ref := lowered(x)
	s, ok := constantText(y)
	if ref == nil || !ok {
		return nil
	}
	return folded(ref, literalPattern(s))
}

func inHolds(x *In) query.Expr {
	ref, _ := x.X.(*Ref)
	var values []query.Literal
	var patterns []query.Pattern
	low := lowered(x.X)
	for _, v := range x.List {
		lit, ok := v.(*Literal)
		switch {
		case !ok:
			return exists(x)
		case len(lit.Values) != 1: // null: never equal
		case ref != nil && ref.Field != "" && hasTerm(ref, lit):
			values = append(values, queryLiteral(lit))
		case low != nil && lit.typ == Keyword:
			patterns = append(patterns, literalPattern(lit.Values[0].Text))
		default:
			return exists(x)
		}
	}
	switch {
	case len(values) > 0:
		return term(ref, values...)
	case len(patterns) > 0:
		return folded(low, patterns...)
	}
	return &query.Const{}
}

func likeHolds(x *Like) query.Expr {
	ref, _ := x.X.(*Ref)
	low := lowered(x.X)
	switch {
	case ref != nil && ref.Field != "" && !x.Regexp:
		return wildcard(ref, x.Patterns...)
	case ref != nil && ref.Field != "" && ref.typ != Text: // on text a Regexp may see words
		return &query.Regexp{Field: query.Field{Name: ref.Field}, Patterns: x.Programs}
	case low != nil && !x.Regexp:
		return folded(low, x.Patterns...)
	}
	return exists(x)
}

// contains is what LOCATE and CONTAINS have in common.
func contains(x *Call) query.Expr {
	s, ok := constantText(x.Args[1])
	if !ok {
		s, ok = blanks(x.Args[1])
	}
	if !ok {
		return exists(x)
	}
	star := query.Part{Kind: query.Any}
	return patternHolds(x, append(append(query.Pattern{star}, literalPattern(s)...), star))
}

func callHolds(x *Call) query.Expr {
	if theCase(x) != nil {
		return branches(x, holds)
	}
	if len(x.Args) < 2 {
		return exists(x)
	}
	ref, _ := x.Args[0].(*Ref)
	if x.Func.Name == "CIDR_MATCH" && ref != nil && ref.Field != "" && ref.typ == IP {
		if nets := networks(x.Args[1:]); nets != nil {
			return &query.CIDR{Field: query.Field{Name: ref.Field}, Nets: nets}
		}
	}
	s, ok := constantText(x.Args[1])
	if !ok {
		return exists(x)
	}
	p := literalPattern(s)
	star := query.Part{Kind: query.Any}
	switch x.Func.Name {
	case "STARTS_WITH":
		p = append(p, star)
	case "ENDS_WITH":
		p = append(query.Pattern{star}, p...)
	case "CONTAINS":
		return contains(x)
	default:
		return exists(x)
	}
	return patternHolds(x, p)
}

// patternHolds holds the first argument of a call against a pattern.
func patternHolds(x *Call, p query.Pattern) query.Expr {
	ref, _ := x.Args[0].(*Ref)
	if low := lowered(x.Args[0]); low != nil {
		return folded(low, p)
	}
	if ref != nil && ref.Field != "" {
		return wildcard(ref, p)
	}
	return exists(x)
}

// networks returns the constant blocks of a CIDR_MATCH, nil when one is not.
func networks(args []Expr) []string {
	var out []string
	for _, a := range args {
		s, ok := constantText(a)
		if !ok || !isAddress(s) {
			return nil
		}
		out = append(out, s)
	}
	return out
}

// lowered returns the field in TO_LOWER(field), nil for anything else.
func lowered(x Expr) *Ref {
	call, ok := x.(*Call)
	if !ok || call.Func.Name != "TO_LOWER" {
		return nil
	}
	ref, ok := call.Args[0].(*Ref)
	if !ok || ref.Field == "" {
		return nil
	}
	return ref
}

// folded holds a field, in any case, against patterns that TO_LOWER of it must match.
func folded(ref *Ref, patterns ...query.Pattern) query.Expr {
	out := &query.Wildcard{Field: query.Field{Name: ref.Field}, Fold: true}
	for _, p := range patterns {
		out.Patterns = append(out.Patterns, loosened(p))
	}
	return out
}

// loosened makes a pattern fit for folding in ASCII what TO_LOWER folds in Unicode. The
// Kelvin sign becomes a k, a dotted capital I an i with or without a dot: both letters
// become '*', as do all that are not ASCII.
func loosened(p query.Pattern) query.Pattern {
	var out query.Pattern
	star := func() {
		if n := len(out); n == 0 || out[n-1].Kind != query.Any {
			out = append(out, query.Part{Kind: query.Any})
		}
	}
	for _, part := range p {
		switch part.Kind {
		case query.Any:
			star()
			continue
		case query.One:
			// One character of TO_LOWER's may be half of one of the field's.
			star()
			continue
		}
		for _, r := range part.Text {
			if r >= utf8.RuneSelf || strings.ContainsRune("kKiI", r) {
				star()
			} else {
				out = out.AppendLit(string(r))
			}
		}
	}
	return out
}
