package esql

// timestamp is the column that functions read which name none.
func timestamp(at place) Expr { return &Ref{node: node{at, Dynamic}, Name: "@timestamp"} }

// timed makes of functions on @timestamp what they are short for: FIRST(x), LAST(x),
// TBUCKET(1 hour) and TRANGE(1 hour). f is nil for the last.
func (p *parser) timed(name string, f *Function, at place, args []Expr) (Expr, error) {
	switch {
	case name == "TRANGE":
		return p.timeRange(at, args)
	case name == "TBUCKET":
		args = append([]Expr{timestamp(at)}, args...)
	case len(args) == 1 && (f.Name == "FIRST" || f.Name == "LAST"):
		args = append(args, timestamp(at))
	}
	if f.Name == "TOP" && len(args) == 4 {
		return nil, p.unsupported(at.at, "outputField of TOP")
	}
	if len(args) < f.least() || !f.variadic && len(args) > len(f.params) {
		return nil, p.errorf(at.at, "%s takes %s", f.Name, f.arity())
	}
	return &Call{node{at, Dynamic}, f, args}, nil
}

// timeRange makes TRANGE(span) and TRANGE(from, to): later than the one and not later than
// the other (J:TRange).
func (p *parser) timeRange(at place, args []Expr) (Expr, error) {
	now, _ := lookup("NOW")
	from, to := Expr(nil), Expr(&Call{node: node{at, Dynamic}, Func: now})
	switch {
	case len(args) == 1:
		if _, ok := FoldSpan(args[0]); !ok {
			return nil, p.errorf(args[0].Span(), "TRANGE of one argument takes a constant time span")
		}
		from = &Arith{node{at, Dynamic}, '-', &Call{node: node{at, Dynamic}, Func: now}, args[0]}
	case len(args) == 2 && constantExpr(args[0]) && constantExpr(args[1]):
		from, to = pointInTime(args[0]), pointInTime(args[1])
	default:
		return nil, p.errorf(at.at, "TRANGE takes a constant time span, or a constant start and end")
	}
	return &And{node{at, Boolean}, []Expr{
		&Compare{node{at, Boolean}, ">", timestamp(at), from},
		&Compare{node{at, Boolean}, "<=", timestamp(at), to},
	}}, nil
}

// pointInTime reads a number as milliseconds since 1970.
func pointInTime(x Expr) Expr {
	if lit, ok := x.(*Literal); ok && integers>>lit.typ&1 == 1 {
		f, _ := lookup("TO_DATETIME")
		return &Call{node{lit.place, Dynamic}, f, []Expr{x}}
	}
	return x
}
