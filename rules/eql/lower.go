package eql

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// Options are what a rule says beside its query.
type Options struct {
	// CategoryField is the field that holds the event category
	// (event_category_override); "" is event.category.
	CategoryField string
}

const defaultCategoryField = "event.category"

// Parse reads an EQL query and lowers it. Errors are of type *source.Error: with
// Unsupported set where the query is valid but cannot be run exactly (a regular
// expression that RE2 cannot express), else a mistake with its place. The result
// shares no memory with t but strings. Parse is safe for concurrent use.
func Parse(t source.Text, opt Options) (*query.Program, error) {
	s, err := parse(t)
	if err != nil {
		return nil, err
	}
	if opt.CategoryField == "" {
		opt.CategoryField = defaultCategoryField
	}
	l := &lowerer{src: t, category: opt.CategoryField}
	return l.statement(s)
}

// lowerer turns folded trees into query nodes.
type lowerer struct {
	src      source.Text
	category string
}

// errNoComparison is Elasticsearch's refusal, in its sense: the right side of an
// operator must be constant once constants are on the right.
const errNoComparison = "comparison with a field or a computed value is not supported in EQL: one side must be constant"

func (l *lowerer) errorf(x node, format string, args ...any) error {
	return l.src.Errorf(x.span(), format, args...)
}

// event lowers a whole condition: the category as an exact term (3.1), and x.
func (l *lowerer) event(e eventFilter) (query.Expr, error) {
	if err := (checker{l.src}).condition(e.x); err != nil {
		return nil, err
	}
	folded, err := (&folder{l.src}).fold(e.x)
	if err != nil {
		return nil, err
	}
	x, err := l.expr(folded)
	if err != nil || e.category == "" {
		return x, err
	}
	category := &query.Term{
		Field:  query.Field{Name: l.category},
		Values: []query.Literal{{Kind: query.String, Text: e.category}},
	}
	switch x := x.(type) {
	case *query.Const:
		if x.Value {
			return category, nil
		}
		return x, nil
	case *query.And:
		return &query.And{X: append([]query.Expr{category}, x.X...)}, nil
	}
	return &query.And{X: []query.Expr{category, x}}, nil
}

// expr lowers a condition. The order of cases is the order in which Elasticsearch
// decides: logic is two-valued, a leaf is pushed down when it is over a bare field,
// the rest runs as a script.
func (l *lowerer) expr(x node) (query.Expr, error) {
	switch x := x.(type) {
	case *literal:
		// A condition of null holds for no event, and neither does its negation.
		return &query.Const{Value: isBool(x, true)}, nil
	case *field:
		return l.fieldIs(x, query.Literal{Kind: query.Bool, Text: "true"}), nil
	case *not:
		return l.not(x)
	case *and:
		list, err := l.exprs(x.list)
		return &query.And{X: list}, err
	case *or:
		list, err := l.exprs(x.list)
		return &query.Or{X: list}, err
	case *compare:
		return l.compare(x)
	case *member:
		return l.member(x)
	case *call:
		return l.call(x)
	}
	panic(fmt.Sprintf("BUG: eql.expr: unexpected %T", x))
}

func (l *lowerer) exprs(list []node) ([]query.Expr, error) {
	out := make([]query.Expr, len(list))
	for i, x := range list {
		e, err := l.expr(x)
		if err != nil {
			return nil, err
		}
		out[i] = e
	}
	return out, nil
}

// not negates: inside the script when all of the operand is one computed script (three
// values: traps 2 and 3), outside of anything else (two values).
func (l *lowerer) not(x *not) (query.Expr, error) {
	e, err := l.expr(x.x)
	if err != nil {
		return nil, err
	}
	if s, ok := e.(*query.Script); ok && !ofBareFields(s.X) {
		return &query.Script{X: &query.LogicNot{X: s.X}}, nil
	}
	return negate2(e), nil
}

// ofBareFields says whether v is a predicate function between fields as they are, such
// as startsWith~(a, b). Elasticsearch evaluates it in a script, but with the not
// outside of its loop over values (its query translator tests), so that a not over it
// is two-valued as over what is pushed down: true where a field is missing.
func ofBareFields(v query.Value) bool {
	call, ok := v.(*query.Call)
	if !ok || !predicates[call.Func] {
		return false
	}
	for _, a := range call.Args {
		switch a.(type) {
		case *query.FieldValue, *query.Constant:
		default:
			return false
		}
	}
	return true
}

// predicates are the functions that are true or false of their arguments.
var predicates = map[string]bool{"startsWith": true, "endsWith": true, "stringContains": true, "cidrMatch": true}

// negate2 is the two-valued not, without two in a row.
func negate2(e query.Expr) query.Expr {
	if n, ok := e.(*query.Not); ok {
		return n.X
	}
	return &query.Not{X: e}
}

func (l *lowerer) script(x node) (query.Expr, error) {
	v, err := l.value(x)
	if err != nil {
		return nil, err
	}
	return &query.Script{X: v}, nil
}

func toField(f *field) query.Field { return query.Field{Name: f.name, Optional: f.optional} }

func toLiteral(x node) query.Literal {
	switch l := x.(*literal); l.kind {
	case typeString:
		return query.Literal{Kind: query.String, Text: l.text}
	case typeNumber:
		return query.Literal{Kind: query.Number, Text: l.text}
	case typeBool:
		return query.Literal{Kind: query.Bool, Text: l.text}
	}
	panic("BUG: eql.toLiteral: null is not a literal of query")
}

func (l *lowerer) fieldIs(f *field, values ...query.Literal) query.Expr {
	return &query.Term{Field: toField(f), Values: values}
}

var rangeOps = map[string]query.RangeOp{
	"<": query.Lt, "<=": query.Le, ">": query.Gt, ">=": query.Ge,
}

// compare lowers ==, <, <=, > and >= (folding leaves no !=).
//
//	f == 3 -> Term    f < 3 -> Range    f == null -> Not(Exists)    length(f) > 3 -> Script
func (l *lowerer) compare(x *compare) (query.Expr, error) {
	f, bare := x.l.(*field)
	switch {
	case isNull(x.r) && bare:
		return &query.Not{X: &query.Exists{Field: toField(f)}}, nil
	case isNull(x.r):
		return l.script(x)
	case !isConst(x.r):
		return l.compareFields(x)
	case !bare:
		return l.script(x)
	case x.op == "==":
		return l.fieldIs(f, toLiteral(x.r)), nil
	}
	return &query.Range{Field: toField(f), Op: rangeOps[x.op], Value: toLiteral(x.r)}, nil
}

// compareFields: Elasticsearch takes "?x == ?y" only while neither is mapped, both
// are null then and it holds (3.4). Here that is: while the event has neither.
func (l *lowerer) compareFields(x *compare) (query.Expr, error) {
	a, ok := x.l.(*field)
	b, ok2 := x.r.(*field)
	if x.op != "==" || !ok || !ok2 || !a.optional || !b.optional {
		return nil, l.errorf(x.r, errNoComparison)
	}
	return &query.And{X: []query.Expr{
		&query.Not{X: &query.Exists{Field: toField(a)}},
		&query.Not{X: &query.Exists{Field: toField(b)}},
	}}, nil
}

// member lowers in, :, like and regex: over a bare field they are pushed down.
func (l *lowerer) member(x *member) (query.Expr, error) {
	f, bare := x.x.(*field)
	if !bare {
		if len(x.list) == 1 || x.op == "in" || strings.HasPrefix(x.op, "regex") {
			return l.script(x)
		}
		return l.alternatives(x)
	}
	switch x.op {
	case "in", "in~":
		return l.in(f, x), nil
	case "regex", "regex~":
		return l.regexp(f, x)
	}
	return l.like(f, x.list, x.op != "like"), nil
}

// alternatives lowers a list of :, like and in~ over a computed value. It is an "or"
// of scripts in Elasticsearch, so that "not" over it is two-valued; a list of in and
// regex is one script.
func (l *lowerer) alternatives(x *member) (query.Expr, error) {
	if len(x.list) > maxAlternatives {
		return nil, l.errorf(x, "more than %d values behind %s and a computed value", maxAlternatives, x.op)
	}
	single := make([]node, len(x.list))
	for i, v := range x.list {
		single[i] = &member{at: x.at, op: x.op, x: x.x, list: []node{v}}
	}
	list, err := l.exprs(single)
	return &query.Or{X: list}, err
}

// in: null in a list of values is never found in the index.
func (l *lowerer) in(f *field, x *member) query.Expr {
	values := slices.DeleteFunc(slices.Clone(x.list), isNull)
	if len(values) == 0 {
		return &query.Const{Value: false}
	}
	return &query.Term{Field: toField(f), Values: literals(values), Fold: x.op == "in~"}
}

func literals(list []node) []query.Literal {
	out := make([]query.Literal, len(list))
	for i, x := range list {
		out[i] = toLiteral(x)
	}
	return out
}

// like: a pattern without wildcards is a term (ReplaceRegexMatch).
func (l *lowerer) like(f *field, list []node, fold bool) query.Expr {
	var terms []query.Literal
	var patterns []query.Pattern
	for _, x := range list {
		p := query.LikePattern(x.(*literal).text)
		if _, ok := p.Literal(); ok {
			terms = append(terms, toLiteral(x))
		} else {
			patterns = append(patterns, p)
		}
	}
	term := &query.Term{Field: toField(f), Values: terms, Fold: fold}
	wildcard := &query.Wildcard{Field: toField(f), Patterns: patterns, Fold: fold}
	switch {
	case len(patterns) == 0:
		return term
	case len(terms) == 0:
		return wildcard
	}
	return &query.Or{X: []query.Expr{term, wildcard}}
}

func (l *lowerer) regexp(f *field, x *member) (query.Expr, error) {
	patterns, err := l.patterns(x)
	if err != nil {
		return nil, err
	}
	return &query.Regexp{Field: toField(f), Patterns: patterns}, nil
}

// patterns translates the regular expressions of regex and regex~.
func (l *lowerer) patterns(x *member) ([]string, error) {
	out := make([]string, len(x.list))
	for i, v := range x.list {
		re, err := query.TranslateRegexp(v.(*literal).text, x.op == "regex~")
		if err != nil {
			return nil, l.src.Unsupported(v.span(), "regular expression", "%v", err)
		}
		out[i] = re
	}
	return out, nil
}

// call lowers the boolean functions:
//
//	cidrMatch(f, "10.0.0.0/8") -> CIDR          startsWith(f, "a") -> Wildcard a*
//	endsWith(f, "a") -> Wildcard *a             stringContains(f, "a") -> Wildcard *a*
//
// A '*' or '?' in the constant is wild behind endsWith and stringContains, plain
// behind startsWith, which becomes a prefix query (3.9). Elasticsearch hands the
// other two to a wildcard query as they are, in which a backslash escapes; the
// reference is silent on it, no rule depends on it, and the plain backslash that an
// author means is kept here.
func (l *lowerer) call(x *call) (query.Expr, error) {
	if x.fn.name == "cidrMatch" {
		return l.cidrMatch(x)
	}
	f, bare := x.args[0].(*field)
	if !bare || len(x.args) < 2 || !isConst(x.args[1]) || isNull(x.args[1]) {
		return l.script(x)
	}
	text := x.args[1].(*literal).text
	var p query.Pattern
	switch x.fn.name {
	case "startsWith":
		p = append(query.Pattern(nil).AppendLit(text), query.Part{Kind: query.Any})
	case "endsWith":
		p = query.LikePattern("*" + text)
	case "stringContains":
		p = query.LikePattern("*" + text + "*")
	default:
		panic("BUG: eql.call: unexpected boolean function " + x.fn.name)
	}
	return &query.Wildcard{Field: toField(f), Patterns: []query.Pattern{p}, Fold: x.fold}, nil
}

func (l *lowerer) cidrMatch(x *call) (query.Expr, error) {
	f, bare := x.args[0].(*field)
	if !bare {
		return l.script(x)
	}
	if err := l.checkNets(x); err != nil {
		return nil, err
	}
	nets := make([]string, len(x.args)-1)
	for i, a := range x.args[1:] {
		nets[i] = a.(*literal).text
	}
	return &query.CIDR{Field: toField(f), Nets: nets}, nil
}

// checkNets wants the networks of cidrMatch to be constants and networks; host bits
// and bare addresses are allowed.
func (l *lowerer) checkNets(x *call) error {
	for _, a := range x.args[1:] {
		if !isConst(a) || isNull(a) {
			return l.errorf(a, "a network of cidrMatch must be a constant")
		}
		if text := a.(*literal).text; !isNetwork(text) {
			return l.errorf(a, "%q is no network: expected an address or address/bits", text)
		}
	}
	return nil
}

func isNetwork(s string) bool {
	if _, err := netip.ParsePrefix(s); err == nil {
		return true
	}
	a, err := netip.ParseAddr(s)
	return err == nil && a.Zone() == ""
}
