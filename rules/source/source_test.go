package source_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coldcase/rules/source"
)

func TestPosition(t *testing.T) {
	f := func(text source.Text, offset, line, col int) {
		t.Helper()
		gotLine, gotCol := text.Position(offset)
		if gotLine != line || gotCol != col {
			t.Errorf("Position(%d) in %+v: got %d:%d, want %d:%d", offset, text, gotLine, gotCol, line, col)
		}
	}
	f(source.Text{}, 0, 1, 1)
	f(source.Text{Body: "ab\ncd"}, 1, 1, 2)
	f(source.Text{Body: "ab\ncd"}, 2, 1, 3) // the newline itself
	f(source.Text{Body: "ab\ncd"}, 3, 2, 1)
	f(source.Text{Body: "éé:x"}, 4, 1, 3) // code points, not bytes
	f(source.Text{Body: "a:1\nb:2", Line: 10, Col: 9}, 2, 10, 11)
	f(source.Text{Body: "a:1\nb:2", Line: 10, Col: 9}, 6, 11, 3)
	f(source.Text{Body: "a:1\nb:2", Line: 10, Col: 9, Indent: 4}, 0, 10, 9)
	f(source.Text{Body: "a:1\nb:2", Line: 10, Col: 9, Indent: 4}, 6, 11, 7)
	f(source.Text{Body: "ab"}, -5, 1, 1)
	f(source.Text{Body: "ab"}, 99, 1, 3)
}

func TestErrorPrints(t *testing.T) {
	f := func(e *source.Error, want string) {
		t.Helper()
		if diff := cmp.Diff(e.Error(), want); diff != "" {
			t.Errorf("-got +want:\n%s", diff)
		}
	}
	text := source.Text{Path: "r.toml", Body: "a:1 and\r\n\tb:(\r\nc:3", Line: 7, Col: 12}
	f(text.Errorf(source.Span{Start: 4, End: 7}, "found %q", "and"),
		"r.toml:7:16: found \"and\"\na:1 and\n    ^")
	f(text.Errorf(source.Span{Start: 12, End: 13}, "found %q", "("),
		"r.toml:8:4: found \"(\"\n b:(\n   ^")
	f(text.Errorf(source.Span{Start: len(text.Body), End: len(text.Body)}, "found end"),
		"r.toml:9:4: found end\nc:3\n   ^")

	indented := source.Text{Path: "r.yml", Body: "a:1\nb:(", Line: 2, Col: 5, Indent: 8}
	f(indented.Errorf(source.Span{Start: 6, End: 7}, "x"), "r.yml:3:11: x\nb:(\n  ^")

	f(source.Text{Body: "日本é:x"}.Errorf(source.Span{Start: 8, End: 9}, "x"), "1:4: x\n日本é:x\n     ^")
	f(source.Text{Body: "e\u0301\u202ex"}.Errorf(source.Span{Start: 6, End: 7}, "x"), "1:4: x\ne\u0301\uFFFDx\n  ^")

	f(&source.Error{Msg: "no place"}, "no place")
	f(&source.Error{Path: "p", Msg: "no place"}, "p: no place")
	f(&source.Error{Path: "p", Line: 3, Col: 2, Msg: "by hand", LineText: "abc"}, "p:3:2: by hand\nabc\n ^")
	f(&source.Error{Path: "p", Line: 3, Col: 99, Msg: "beyond", LineText: "abc"}, "p:3:99: beyond\nabc\n   ^")
	f(&source.Error{Path: "p", Line: 3, Msg: "no column", LineText: "abc"}, "p:3:0: no column")
}

func TestErrorIsSafeToPrint(t *testing.T) {
	e := source.Text{Path: "a\x1b[2Jb", Body: "x\x1b]0;t\x07\u009b\x00\xffy"}.
		Errorf(source.Span{Start: 12, End: 13}, "found \x1b[31m\nline")
	got := e.Error()
	for _, bad := range []string{"\x1b", "\x07", "\u009b", "\x00", "\xff", "m\nline"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q contains %q", got, bad)
		}
	}
}

func TestLongLinesAreWindowed(t *testing.T) {
	body := strings.Repeat("a", 5000) + "!" + strings.Repeat("b", 5000)
	f := func(offset int, under string) {
		t.Helper()
		lines := strings.Split(source.Text{Body: body}.Errorf(source.Span{Start: offset}, "m").Error(), "\n")
		if len(lines) != 3 || len(lines[1]) > 110 {
			t.Fatalf("offset %d: got %q", offset, lines)
		}
		caret := strings.IndexByte(lines[2], '^')
		if got := (lines[1] + "$")[caret]; string(got) != under {
			t.Errorf("offset %d: caret under %q, want under %q\n%s\n%s", offset, got, under, lines[1], lines[2])
		}
	}
	f(0, "a")
	f(5000, "!")
	f(5001, "b")
	f(len(body), "$")
}

func TestUnsupportedNamesTheConstruct(t *testing.T) {
	e := source.Text{Body: "a~2"}.Unsupported(source.Span{Start: 1, End: 3}, "fuzzy search", "found %q", "~2")
	if e.Unsupported != "fuzzy search" || e.Msg != `found "~2"` || e.Col != 2 {
		t.Errorf("got %+v", e)
	}
	if e := (source.Text{Body: "a"}).Errorf(source.Span{}, "m"); e.Unsupported != "" {
		t.Errorf("Errorf set Unsupported to %q", e.Unsupported)
	}
}
