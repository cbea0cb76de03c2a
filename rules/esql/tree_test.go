package esql

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coldcase/rules/source"
)

// treeBlocks reads testdata/trees.txt: blocks of comment, query, "----" and the tree, parted
// by blank lines.
func treeBlocks(t testing.TB) (inputs, outputs []string) {
	t.Helper()
	b, err := os.ReadFile("testdata/trees.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(strings.TrimSpace(string(b)), "\n\n") {
		_, block, _ = strings.Cut(block, "\n") // the comment
		in, out, ok := strings.Cut(block, "\n----\n")
		if !ok {
			t.Fatalf("block without ----: %q", block)
		}
		inputs, outputs = append(inputs, in), append(outputs, out)
	}
	return inputs, outputs
}

// TestTrees holds trees, shown with every operator in parentheses, against texts written by
// hand from the grammar.
func TestTrees(t *testing.T) {
	inputs, outputs := treeBlocks(t)
	for i, in := range inputs {
		q, err := parse(text(in))
		if err != nil {
			t.Errorf("%s\n%v", in, err)
			continue
		}
		if diff := cmp.Diff(shapeOfQuery(q), outputs[i]); diff != "" {
			t.Errorf("%s\n-got +want:\n%s", in, diff)
		}
		checkRoundTrip(t, in)
	}
}

func shapeOfQuery(q *Query) string {
	var out []string
	for _, c := range q.Commands {
		out = append(out, shapeOfCommand(c))
	}
	for _, c := range q.Skipped {
		out = append(out, "skipped: "+shapeOfCommand(c))
	}
	return strings.Join(out, "\n")
}

// shapeOfCommand shows the expressions of a command as lists, the rest as it prints.
func shapeOfCommand(c Command) string {
	assign := func(a Assign) string { return printName(a.Name) + " = " + shape(a.X) }
	switch c := c.(type) {
	case *Row:
		return "ROW " + list(c.Fields, assign)
	case *Eval:
		return "EVAL " + list(c.Fields, assign)
	case *Where:
		return "WHERE " + shape(c.X)
	case *Stats:
		s := map[bool]string{false: "STATS", true: "INLINE STATS"}[c.Inline]
		for i, a := range c.Aggs {
			s += []string{" ", ", "}[min(i, 1)] + assign(Assign{a.Name, a.X})
			if a.Where != nil {
				s += " WHERE " + shape(a.Where)
			}
		}
		if len(c.By) > 0 {
			s += " BY " + list(c.By, assign)
		}
		return s
	case *Grok:
		s := "GROK " + shape(c.X)
		for _, p := range c.Patterns {
			s += " " + quote(p.Text)
		}
		return s
	case *Dissect:
		return "DISSECT " + shape(c.X) + " " + quote(c.Pattern.Text) + " " + quote(c.Separator)
	case *Completion:
		return "COMPLETION " + c.Target + " = " + shape(c.Prompt) + " WITH " + quote(c.With[0].Name)
	}
	return c.String()
}

func shape(x Expr) string {
	head := ""
	switch x := x.(type) {
	case *Ref, *Literal:
		return x.String()
	case *Neg:
		head = "neg"
	case *Arith:
		head = string(x.Op)
	case *Compare:
		head = x.Op
	case *And:
		head = "and"
	case *Or:
		head = "or"
	case *Not:
		head = "not"
	case *In:
		head = "in"
	case *IsNull:
		head = "null?"
	case *Call:
		head = x.Func.Name
	case *KQL:
		return "(kql " + quote(x.Text) + ")"
	case *Match:
		s := "(match " + shape(x.Field) + " " + x.Text.String()
		for _, o := range x.Options {
			s += " " + quote(o.Name)
		}
		return s + ")"
	case *Like:
		s := map[bool]string{false: "(like ", true: "(rlike "}[x.Regexp] + shape(x.X)
		for _, p := range x.Texts {
			s += " " + quote(p)
		}
		return s + ")"
	}
	for _, sub := range children(x) {
		head += " " + shape(sub)
	}
	return "(" + head + ")"
}

// dump writes all of a tree but for its places and types: two texts that mean the same have
// the same dump.
func dump(q *Query) string {
	var b strings.Builder
	dumpValue(&b, reflect.ValueOf(q))
	return b.String()
}

func dumpValue(b *strings.Builder, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		dumpValue(b, v.Elem())
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			dumpValue(b, v.Index(i))
			b.WriteByte(' ')
		}
		b.WriteByte(']')
	case reflect.Struct:
		switch v.Type() {
		case reflect.TypeFor[place](), reflect.TypeFor[source.Text](), reflect.TypeFor[source.Span](), reflect.TypeFor[Mapping]():
			return
		case reflect.TypeFor[Function]():
			fmt.Fprintf(b, "%s ", v.FieldByName("Name"))
			return
		}
		fmt.Fprintf(b, "%s{", v.Type().Name())
		for i := range v.NumField() {
			dumpValue(b, v.Field(i))
			b.WriteByte(' ')
		}
		b.WriteByte('}')
	case reflect.String:
		fmt.Fprintf(b, "%q", v.String())
	default:
		fmt.Fprint(b, v)
	}
}

func TestDumpTellsTreesApart(t *testing.T) {
	f := func(a, b string, same bool) {
		t.Helper()
		x, err := parse(text(a))
		if err != nil {
			t.Fatal(err)
		}
		y, err := parse(text(b))
		if err != nil {
			t.Fatal(err)
		}
		if (dump(x) == dump(y)) != same {
			t.Errorf("%s\n%s\nsame: got %t, want %t\n%s\n%s", a, b, !same, same, dump(x), dump(y))
		}
	}
	f("FROM a | WHERE b", "from  a|where (b)", true)
	f("FROM a | WHERE b - (c - d) > 1", "FROM a | WHERE b - c - d > 1", false)
	f("FROM a | SORT b", "FROM a | SORT b DESC", false)
	f("FROM a | KEEP b*", "FROM a | KEEP `b*`", false)
	f("ROW a = 1", "ROW a = 1.0", false)
}

// TestSpans: a node's place is its text.
func TestSpans(t *testing.T) {
	in := `FROM x | WHERE NOT (a == 1 AND  LENGTH( b ) > 3) OR -c IN (2)`
	q, err := parse(text(in))
	if err != nil {
		t.Fatal(err)
	}
	f := func(x interface{ Span() source.Span }, want string) {
		t.Helper()
		if got := in[x.Span().Start:x.Span().End]; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(q.Commands[0], "FROM x")
	f(q.Commands[1], in[len("FROM x | "):])
	top := q.Commands[1].(*Where).X.(*Or)
	f(top.X[0], "NOT (a == 1 AND  LENGTH( b ) > 3)")
	and := top.X[0].(*Not).X.(*And)
	f(and.X[1].(*Compare).L, "LENGTH( b )")
	f(top.X[1], "-c IN (2)")
	f(top.X[1].(*In).X, "-c")
}

// A command is shown as it was written, where it was: on one line, without comments.
func TestTextAndPosition(t *testing.T) {
	src := source.Text{Path: "r.toml", Line: 7, Col: 10, Body: "FROM a\n  | WHERE  x::long ==\n   1\n| EVAL y = x // twice\n  + x | KEEP y"}
	q, err := parse(src)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"7:10 FROM a", "8:5 WHERE x::long == 1", "10:3 EVAL y = x + x", "11:9 KEEP y"}
	for i, c := range q.Commands {
		line, col := q.Position(c)
		if got := fmt.Sprintf("%d:%d %s", line, col, q.Text(c)); got != want[i] {
			t.Errorf("got %s, want %s", got, want[i])
		}
	}
}
