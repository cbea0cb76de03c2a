package eql

import (
	"os"
	"strings"
	"testing"
)

// parserBlocks reads testdata/parser.txt: blocks of comment, query, "----" and the
// canonical text, parted by blank lines.
func parserBlocks(t testing.TB) (inputs, outputs []string) {
	t.Helper()
	b, err := os.ReadFile("testdata/parser.txt")
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

// TestParser: the tree of a query, shown as its canonical text, which must parse to
// itself. Expected texts follow from the grammar and are written by hand.
func TestParser(t *testing.T) {
	inputs, outputs := parserBlocks(t)
	for i, in := range inputs {
		s, err := parse(text(in))
		if err != nil {
			t.Errorf("%s\n%v", in, err)
			continue
		}
		if s.String() != outputs[i] {
			t.Errorf("%s\n got %s\nwant %s", in, s, outputs[i])
		}
		checkRoundTrip(t, in)
	}
}

// TestSpans: a node's span is its text.
func TestSpans(t *testing.T) {
	in := `any where not (a == 1 and  f(b)) or -c in (2)`
	in = strings.ReplaceAll(in, "f(b)", "length( b ) > 3")
	s, err := parse(text(in))
	if err != nil {
		t.Fatal(err)
	}
	f := func(x node, want string) {
		t.Helper()
		if got := in[x.span().Start:x.span().End]; got != want {
			t.Errorf("span of %s: got %q, want %q", x, got, want)
		}
	}
	top := s.event.x.(*or)
	f(top, in[len("any where "):])
	f(top.list[0], `not (a == 1 and  length( b ) > 3)`)
	inner := top.list[0].(*not).x.(*and)
	f(inner, `a == 1 and  length( b ) > 3`)
	f(inner.list[1].(*compare).l, `length( b )`)
	f(top.list[1], `-c in (2)`)
	f(top.list[1].(*negate).x, `c in (2)`)
}
