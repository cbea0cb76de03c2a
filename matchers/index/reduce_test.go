package index

import (
	"math/rand/v2"
	"testing"

	"coldcase/rules/query"
)

func leafNamed(name string) query.Expr { return &query.Exists{Field: query.Field{Name: name}} }
func and(xs ...query.Expr) query.Expr  { return &query.And{X: xs} }
func or(xs ...query.Expr) query.Expr   { return &query.Or{X: xs} }
func not(x query.Expr) query.Expr      { return &query.Not{X: x} }

// decided settles the leaves of a map, by name.
func decided(values map[string]bool) Decide {
	return func(x query.Expr) (value, known bool) {
		f, _ := query.LeafField(x)
		value, known = values[f.Name]
		return value, known
	}
}

func TestReduce(t *testing.T) {
	a, b, c := leafNamed("a"), leafNamed("b"), leafNamed("c")
	f := func(x query.Expr, values map[string]bool, want string) {
		t.Helper()
		if got := Reduce(x, decided(values)).String(); got != want {
			t.Errorf("%s with %v is %s, want %s", x, values, got, want)
		}
	}
	yes, no := map[string]bool{"a": true}, map[string]bool{"a": false}
	f(a, yes, "true")
	f(a, no, "false")
	f(b, no, "exists b")
	f(and(a, b), yes, "exists b")
	f(and(a, b), no, "false")
	f(and(a, b, c), yes, "(exists b and exists c)")
	f(or(a, b), yes, "true")
	f(or(a, b), no, "exists b")
	f(or(a, b, c), no, "(exists b or exists c)")
	f(not(a), yes, "false")
	f(not(and(a, b)), yes, "not exists b")
	f(not(and(a, b)), no, "true")
	f(and(or(a, b), not(or(a, c))), no, "(exists b and not exists c)")
	f(and(), nil, "true")
	f(or(), nil, "false")
	f(and(a, a), yes, "true")
	f(or(a, a), no, "false")
	f(and(&query.Const{Value: true}, b), nil, "exists b")
	f(or(&query.Const{Value: true}, b), nil, "true")
	nested := &query.Nested{Path: "n", X: a} // an element's a is another one
	f(nested, yes, "nested n {exists a}")
}

// What does not change is shared, so that its compiled form is found again.
func TestReduceShares(t *testing.T) {
	x := and(or(leafNamed("b"), leafNamed("c")), not(leafNamed("d")))
	if Reduce(x, decided(map[string]bool{"a": true})) != x {
		t.Error("a tree without the leaf is not the same any more")
	}
	part := or(leafNamed("b"), leafNamed("c"))
	if Reduce(and(leafNamed("a"), part), decided(map[string]bool{"a": true})) != part {
		t.Error("the part that is left was copied")
	}
}

// evaluate is two-valued logic, written down once more.
func evaluate(x query.Expr, values map[string]bool) bool {
	switch x := x.(type) {
	case *query.And:
		for _, part := range x.X {
			if !evaluate(part, values) {
				return false
			}
		}
		return true
	case *query.Or:
		for _, part := range x.X {
			if evaluate(part, values) {
				return true
			}
		}
		return false
	case *query.Not:
		return !evaluate(x.X, values)
	case *query.Const:
		return x.Value
	}
	f, _ := query.LeafField(x)
	return values[f.Name]
}

func randomTree(r *rand.Rand, depth int) query.Expr {
	if depth == 0 || r.IntN(5) == 0 {
		if r.IntN(8) == 0 {
			return &query.Const{Value: r.IntN(2) == 0}
		}
		return leafNamed(string(rune('a' + r.IntN(6))))
	}
	if r.IntN(4) == 0 {
		return not(randomTree(r, depth-1))
	}
	var xs []query.Expr
	for range r.IntN(4) {
		xs = append(xs, randomTree(r, depth-1))
	}
	if r.IntN(2) == 0 {
		return and(xs...)
	}
	return or(xs...)
}

// FuzzReduce: a tree and what is left of it agree on every event of the class, that
// is whatever the leaves are that the class leaves open.
func FuzzReduce(f *testing.F) {
	for seed := range uint64(50) {
		f.Add(seed, byte(seed*7))
	}
	f.Fuzz(func(t *testing.T, seed uint64, settled byte) {
		r := rand.New(rand.NewPCG(seed, 2))
		x := randomTree(r, 5)
		class := map[string]bool{}
		for i := range 6 {
			if settled>>i&1 == 1 {
				class[string(rune('a'+i))] = r.IntN(2) == 0
			}
		}
		reduced := Reduce(x, decided(class))
		for bits := range 64 {
			values := map[string]bool{}
			for i := range 6 {
				values[string(rune('a'+i))] = bits>>i&1 == 1
			}
			for name, v := range class {
				values[name] = v
			}
			if evaluate(x, values) != evaluate(reduced, values) {
				t.Fatalf("%s with %v became %s, which differs on %v", x, class, reduced, values)
			}
		}
	})
}
