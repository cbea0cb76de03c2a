package matchers

import (
	"math"

	"coldcase/rules/query"
)

// arith is + - * / %. Whole numbers stay whole and divide truncating; a fraction
// on either side makes a fraction; % keeps the sign of the dividend. Division by
// zero and overflow, which fail the query in Elasticsearch, are null here.
type arith struct {
	op   query.ArithOp
	l, r value
}

func (v *arith) value(s *scratch) result {
	l, r := v.l.value(s), v.r.value(s)
	if l.kind != isNumber || r.kind != isNumber {
		return null
	}
	return compute(v.op, l.num, r.num)
}

func compute(op query.ArithOp, a, b number) result {
	if (op == '/' || op == '%') && b.isZero() {
		return null
	}
	if a.whole && b.whole {
		return computeWhole(op, a.i, b.i)
	}
	switch op {
	case '+':
		return numResult(fraction(a.f + b.f))
	case '-':
		return numResult(fraction(a.f - b.f))
	case '*':
		return numResult(fraction(a.f * b.f))
	case '/':
		return numResult(fraction(a.f / b.f))
	}
	return numResult(fraction(math.Mod(a.f, b.f)))
}

func computeWhole(op query.ArithOp, a, b int64) result {
	switch op {
	case '+':
		if c := a + b; (c > a) == (b > 0) {
			return numResult(whole(c))
		}
	case '-':
		if c := a - b; (c < a) == (b > 0) {
			return numResult(whole(c))
		}
	case '*':
		if a == 0 || b == 0 {
			return numResult(whole(0))
		}
		if c := a * b; c/b == a && (a != -1 || b != math.MinInt64) {
			return numResult(whole(c))
		}
	case '/':
		return numResult(whole(a / b))
	case '%':
		return numResult(whole(a % b))
	}
	return null
}
