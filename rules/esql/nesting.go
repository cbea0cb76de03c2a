package esql

// nesting is how deep the parser has to go to read the canonical text of x. Casts become
// calls in it, and parentheses that said nothing are gone, so it may be more or less than
// what the text had; holding it to the parser's own limit makes sure that what was read can
// be printed and read again.
func nesting(x Expr) int {
	deepest := 0
	for i, sub := range children(x) {
		n := nesting(sub) + enters(x, i)
		if precedence(sub) < wanted(x, i) {
			n++
		}
		deepest = max(deepest, n)
	}
	return deepest
}

// enters is 1 when operand i of x stands behind a parenthesis, a sign or NOT. A sign puts a
// number into parentheses.
func enters(x Expr, i int) int {
	switch x := x.(type) {
	case *Call, *Not:
		return 1
	case *Neg:
		if _, ok := x.X.(*Literal); ok {
			return 2
		}
		return 1
	case *In:
		return min(i, 1)
	}
	return 0
}

// wanted is the loosest precedence that operand i of x may have without parentheses.
func wanted(x Expr, i int) int {
	switch x := x.(type) {
	case *Or:
		return precAnd
	case *And, *Not:
		return precNot
	case *Compare:
		return precSum
	case *Arith:
		return precedence(x) + i
	case *Neg:
		return precUnary
	case *Like, *IsNull:
		return precTest
	case *In:
		if i == 0 {
			return precTest
		}
	}
	return precOr
}
