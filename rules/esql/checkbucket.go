package esql

// checkBucket checks what the signature of BUCKET does not tell: a date is cut into spans, or
// into at most a whole number of buckets between two dates; a number into ranges of a width,
// or into at most a whole number of them between two numbers. All but the first argument is
// known before the first row (J:Bucket).
func (c *checker) checkBucket(x *Call) error {
	width := x.Args[1].Type()
	switch of := x.Args[0].Type(); {
	case len(x.Args) == 3:
		return c.errorf(x.at, "BUCKET takes 2 or 4 arguments")
	case spans>>width&1 == 1 && (len(x.Args) == 4 || numbers>>of&1 == 1):
		return c.errorf(x.at, "a time span is the width of the buckets of a date: expected BUCKET(date, span)")
	case of == Date && len(x.Args) == 2 && numbers>>width&1 == 1:
		return c.errorf(x.at, "a number of buckets needs a range: expected BUCKET(date, number, from, to)")
	case len(x.Args) == 4 && !integers.has(width):
		return c.errorf(x.Args[1].Span(), "the number of buckets must be a whole number, found a %s", width)
	}
	for i, a := range x.Args[1:] {
		if _, ok := FoldSpan(a); !ok && !constantExpr(a) {
			return c.errorf(a.Span(), "argument %d of BUCKET must be a constant", i+2)
		}
	}
	for i, end := range x.Args[min(2, len(x.Args)):] {
		if t, ok := Common(x.Args[0].Type(), end.Type()); !ok || !ranged.has(t) {
			return c.errorf(end.Span(), "argument %d of BUCKET must be a %s, found a %s", i+3, x.Args[0].Type(), end.Type())
		}
	}
	return nil
}

// constantExpr reports whether x reads no row.
func constantExpr(x Expr) bool {
	constant := true
	Walk(x, func(x Expr) bool {
		switch x := x.(type) {
		case *Ref, *KQL, *Match:
			constant = false
		case *Call:
			constant = constant && !x.Func.Aggregate
		}
		return constant
	})
	return constant
}
