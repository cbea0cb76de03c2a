package report

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSafe(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := Safe(in); got != want {
			t.Errorf("Safe(%q) = %q, want %q", in, got, want)
		}
	}
	f("", "")
	f(`C:\Windows\x1b`, `C:\Windows\x1b`)
	f("grüße 日本 🦊", "grüße 日本 🦊")
	f("a\x1b[2Jb", `a\x1b[2Jb`)
	f("a\nb\rc\td", `a\nb\rc\td`)
	f("\u009b31m", `\u009b31m`)
	f("\x9b31m", `\x9b31m`)
	f("\x7f\x00", `\x7f\x00`)
	f("a\u202eb\u2066c\u200fd", `a\u202eb\u2066c\u200fd`)
	f("a\u2028b\ufeffc\u00a0d", `a\u2028b\ufeffc\u00a0d`)
	f("\U000e0041", `\U000e0041`)
	f("\xff\xfe", `\xff\xfe`)
	f("ok \ufffd ok", "ok \ufffd ok")
}

func TestSafeLines(t *testing.T) {
	got := SafeLines("a.toml:3:7: no\r\n\tx = \x1b\n\t  ^")
	if want := "a.toml:3:7: no\n x = \\x1b\n   ^"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCell(t *testing.T) {
	f := func(in string, width int, want string) {
		t.Helper()
		if got := cell(in, width); got != want {
			t.Errorf("cell(%q, %d) = %q, want %q", in, width, got, want)
		}
	}
	f("short", 10, "short")
	f("exactly 10", 10, "exactly 10")
	f("eleven long", 10, "eleven lo…")
	f("日本語日本語", 6, "日本…")
	f("日本語", 6, "日本語")
	f("abc def", 5, "abc…")
	f("a\x1bb", 4, `a\x…`)
	f("unlimited text", 0, "unlimited text")
	if got := cell("e"+strings.Repeat("\u0301", 1<<20), 10); len(got) > 200 {
		t.Errorf("a pile of marks takes %d bytes", len(got))
	}
}

func FuzzSafe(f *testing.F) {
	f.Add("a\x1b[0m\xff\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		got := Safe(s)
		if !utf8.ValidString(got) || !isSafe(got) || strings.ContainsAny(got, "\x1b\n\r\t") {
			t.Errorf("Safe(%q) = %q", s, got)
		}
		if Safe(got) != got {
			t.Errorf("Safe(Safe(%q)) differs", s)
		}
		if c := cell(s, 12); displayWidth(c) > 12 || !isSafe(c) {
			t.Errorf("cell(%q) = %q, %d wide", s, c, displayWidth(c))
		}
	})
}
