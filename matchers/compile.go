package matchers

import (
	"fmt"
	"math"
	"strings"

	"coldcase/matchers/event"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// compiler turns predicate trees into nodes. Equal leaves become one node.
type compiler struct {
	schema *schema.Schema
	layout *event.Layout
	leaves map[string]node // by path of the nested scope and canonical text
	nodes  map[query.Expr]node
	// nested is the scope of a path:{...} around what is being compiled.
	nested string
	// tree is set when what was compiled looks at more than named fields.
	tree bool
	// flattened are the flattened fields of the schema; nil until they are asked for.
	flattened []string
	// costly is the number of costly leaves so far.
	costly uint32
	// limits is the smallest ignore_above by slot of the fields that leaves look at.
	limits limits
}

func newCompiler(s *schema.Schema, l *event.Layout) *compiler {
	return &compiler{schema: s, layout: l, leaves: map[string]node{}, nodes: map[query.Expr]node{}, limits: limits{}}
}

// node compiles x. The error names what cannot be run exactly.
func (c *compiler) node(x query.Expr) (node, error) {
	if n, ok := c.nodes[x]; ok && c.nested == "" {
		return n, nil
	}
	n, err := c.build(x)
	if err == nil && c.nested == "" {
		c.nodes[x] = n
	}
	return n, err
}

func (c *compiler) build(x query.Expr) (node, error) {
	switch x := x.(type) {
	case *query.Const:
		return constNode(x.Value), nil
	case *query.And:
		ns, err := c.all(x.X)
		cheapFirst(ns)
		return andNode(ns), err
	case *query.Or:
		ns, err := c.all(x.X)
		cheapFirst(ns)
		return orNode(ns), err
	case *query.Not:
		n, err := c.node(x.X)
		return notNode{n}, err
	case *query.Nested:
		return c.nestedNode(x)
	case *query.Script:
		return c.script(x)
	}
	f, ok := query.LeafField(x)
	if !ok {
		panic(fmt.Sprintf("BUG: matchers.build: unexpected %T", x))
	}
	if f.Glob {
		return c.globNode(x, f)
	}
	return c.leaf(x, f)
}

func (c *compiler) all(xs []query.Expr) ([]node, error) {
	ns := make([]node, len(xs))
	for i, x := range xs {
		n, err := c.node(x)
		if err != nil {
			return nil, err
		}
		ns[i] = n
	}
	return ns, nil
}

// leaf compiles a predicate on one named field. A field below a nested object may be
// named outside a path:{...} of that object: it then has the values of all elements,
// as in Elasticsearch's KQL, which wraps such a leaf by itself (suite 50_nested).
func (c *compiler) leaf(x query.Expr, f query.Field) (node, error) {
	if large(x) { // a value list, whose text would be as large
		field := c.schema.Lookup(f.Name)
		return c.leafOn(x, field, c.layout.Slot(field.Path))
	}
	// The kind and the quoted name stand in front, since a hostile rule can give a
	// field a name that reads like another leaf.
	key := fmt.Sprintf("%s\x00%T %q %s", c.nested, x, f.Name, x)
	if n, ok := c.leaves[key]; ok {
		return n, nil
	}
	field := c.schema.Lookup(f.Name)
	n, err := c.leafOn(x, field, c.layout.Slot(field.Path))
	if err != nil {
		return nil, err
	}
	c.leaves[key] = n
	return n, nil
}

// within says whether scope is path or below it.
func within(path, scope string) bool {
	return scope == path || strings.HasPrefix(scope, path+".")
}

// leafOn compiles a predicate on a field of known type.
func (c *compiler) leafOn(x query.Expr, field schema.Field, slot int) (node, error) {
	if _, ok := x.(*query.Exists); ok {
		if field.HasConstant {
			return constNode(true), nil
		}
		c.limits.add(slot, field)
		return &existsNode{slot, field}, nil
	}
	l := newLeaf(field, slot)
	if field.HasConstant {
		return c.constantLeaf(x, field)
	}
	var err error
	l.test, l.fold, err = newTest(x, field)
	if err != nil {
		return nil, err
	}
	if l.test == nil {
		return constNode(false), nil
	}
	if field.HasNullValue {
		l.null = &event.Value{Kind: event.String, Text: l.lowered([]byte(field.NullValue))}
	}
	c.limits.add(slot, field)
	return c.maybeCostly(l), nil
}

func newLeaf(f schema.Field, slot int) *leaf {
	return &leaf{slot: int32(slot), ignoreAbove: int32(min(f.IgnoreAbove, math.MaxInt32)), lower: f.Lower}
}

// constantLeaf settles a predicate on a constant_keyword, which has its one value in
// every event, also where the line lacks it (query-semantics 0.3).
func (c *compiler) constantLeaf(x query.Expr, field schema.Field) (node, error) {
	t, fold, err := newTest(x, field)
	if err != nil || t == nil {
		return constNode(false), err
	}
	l := newLeaf(field, 0)
	l.test, l.fold = t, fold
	return constNode(l.holdsText([]byte(field.Constant))), nil
}

// newTest makes the test of a leaf for a field's type: nil when no value of that
// type can satisfy it. fold asks for values in ASCII lower case.
func newTest(x query.Expr, f schema.Field) (t test, fold bool, err error) {
	switch x := x.(type) {
	case *query.Term:
		t = newTermTest(x, f)
		fold = x.Fold && foldable(f.Type)
	case *query.Wildcard:
		t = newWildcardTest(x, f)
		fold = x.Fold && foldable(f.Type)
	case *query.Regexp:
		if textual(f.Type) {
			t, err = newRegexpTest(x.Patterns, f.Type != schema.Dynamic)
		}
	case *query.Range:
		t = newRangeTest(x, f)
	case *query.CIDR:
		t = newNetTest(x.Nets)
	default:
		panic(fmt.Sprintf("BUG: matchers.newTest: unexpected %T", x))
	}
	return t, fold, err
}

// textual says whether fields of the type hold strings.
func textual(t schema.Type) bool {
	switch t {
	case schema.Keyword, schema.Wildcard, schema.ConstantKeyword, schema.Text, schema.Dynamic,
		schema.Version:
		return true
	}
	return false
}

// foldable says whether case matters to the type at all.
func foldable(t schema.Type) bool { return textual(t) }

func newTermTest(x *query.Term, f schema.Field) test {
	lower := lowering(x.Fold, f.Lower)
	switch f.Type {
	case schema.Long:
		return newNumberTest(x.Values, true)
	case schema.Double:
		return newNumberTest(x.Values, false)
	case schema.Boolean:
		return newBoolTest(x.Values)
	case schema.IP:
		return newNetTest(literalTexts(x.Values))
	case schema.Date:
		return newDateTest(x.Values)
	case schema.Text:
		return newTextFieldTest(x)
	case schema.Dynamic:
		return newDynamicTest(x.Values, lower)
	case schema.Object, schema.Nested, schema.Flattened, schema.Other:
		return nil
	}
	return newTextTest(x.Values, lower)
}

func newTextFieldTest(x *query.Term) test {
	switch x.Text {
	case query.AnyToken:
		t := &anyTokenTest{}
		for _, l := range x.Values {
			t.words = append(t.words, tokenize(l.Text)...)
		}
		return t
	case query.Phrase:
		t := &phraseTest{}
		for _, l := range x.Values {
			t.phrases = append(t.phrases, tokenize(l.Text))
		}
		return t
	}
	return newTextTest(x.Values, lowering(x.Fold, false))
}

// lowering returns how a predicate's texts are lowered: as the values are by the
// field's normalizer, else in ASCII when the predicate folds case; nil for not at all.
func lowering(fold, normalizer bool) lowerFunc {
	switch {
	case normalizer:
		return appendLowerUnicode
	case fold:
		return appendLower
	}
	return nil
}

func newWildcardTest(x *query.Wildcard, f schema.Field) test {
	if !textual(f.Type) {
		return nil
	}
	if f.Type == schema.Text && x.Text != query.Whole {
		return &tokenGlobTest{newGlobs(x.Patterns, appendLowerUnicode)}
	}
	return newGlobTest(newGlobs(x.Patterns, lowering(x.Fold, f.Lower)), f.Type != schema.Dynamic)
}

func literalTexts(ls []query.Literal) []string {
	out := make([]string, len(ls))
	for i, l := range ls {
		out[i] = l.Text
	}
	return out
}
