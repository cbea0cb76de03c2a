package report

import (
	"bytes"
	"strings"
	"testing"

	"coldcase/scanner"
)

func markdownOf(t *testing.T, res *scanner.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := Markdown(&b, res, Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// withoutCode removes the code spans of a line, as CommonMark 6.1 finds them.
func withoutCode(line string) string {
	var out strings.Builder
	for {
		i := strings.IndexByte(line, '`')
		if i < 0 {
			return out.String() + line
		}
		out.WriteString(line[:i])
		n := len(line[i:]) - len(strings.TrimLeft(line[i:], "`"))
		_, after, ok := closing(line[i+n:], n)
		if !ok {
			out.WriteString(line[i : i+n])
		} else {
			out.WriteString("code")
		}
		line = after
	}
}

// closing finds the run of exactly n backticks that ends a code span.
func closing(s string, n int) (code, after string, ok bool) {
	for at := 0; at < len(s); {
		if s[at] != '`' {
			at++
			continue
		}
		end := at
		for end < len(s) && s[end] == '`' {
			end++
		}
		if end-at == n {
			return s[:at], s[end:], true
		}
		at = end
	}
	return "", s, false
}

// Rows of a table have as many cells as its head, whatever stands in them.
func checkTables(t *testing.T, text string) {
	t.Helper()
	cells := 0
	for i, l := range strings.Split(text, "\n") {
		if !strings.HasPrefix(l, "|") {
			cells = 0
			continue
		}
		n := strings.Count(strings.ReplaceAll(l, `\|`, ""), "|")
		if cells != 0 && n != cells {
			t.Errorf("line %d has %d bars, its table %d: %s", i+1, n, cells, l)
		}
		cells = n
	}
}

func TestMarkdownGolden(t *testing.T) {
	out := markdownOf(t, someResult())
	checkTables(t, out)
	golden(t, "markdown.md", out)
}

func TestMarkdownIsSafe(t *testing.T) {
	res, _ := nastyCase()
	evil := nasty + "`` | [a](http://evil.example) ![](x) @everyone #1 www.evil.example a@b.example \\|"
	res.Groups[0].Sample, res.Groups[0].Host, res.Notes, res.Inputs[0].File = evil, evil, []string{evil}, evil
	res.Coverage.Reasons[0].Reason = evil
	r := *res.Groups[0].Rule
	r.Name = evil
	res.Groups[0].Rule = &r
	out := markdownOf(t, res)
	checkTables(t, out)
	for i, l := range strings.Split(out, "\n") {
		if !isSafe(l) {
			t.Errorf("line %d is not safe: %q", i+1, l)
		}
		for _, bad := range []string{"<", "](", "![", "@", "www.", "://", "evil.example)"} {
			if strings.Contains(withoutCode(l), bad) {
				t.Errorf("line %d has %q outside of code: %s", i+1, bad, l)
			}
		}
	}
}

func TestMarkdownText(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := mdText(in); got != want {
			t.Errorf("mdText(%q) = %q, want %q", in, got, want)
		}
	}
	f("Kerberos Cached Credentials Dumping", "Kerberos Cached Credentials Dumping")
	f("Shell (Linux/macOS), Detected", "Shell (Linux/macOS), Detected")
	f("a_b_c", "`a_b_c`")
	f("see www.example.org", "`see www.example.org`")
	f("http://example.org", "`http://example.org`")
	f("- list", "`- list`")
	f("", "-")
	f("a|b", "`a\\|b`")
	f("`x`", "`` `x` ``")
	f(" x", "`  x `")
}

// What goes into a code span comes out of a reader of GFM, and stays in its cell.
func FuzzMarkdownCode(f *testing.F) {
	f.Add("`|\\|` ``x")
	f.Add("  ")
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" {
			return
		}
		out := mdCode(s)
		n := len(out) - len(strings.TrimLeft(out, "`"))
		code, after, ok := closing(out[n:], n)
		if !ok || after != "" {
			t.Fatalf("%q is no code span: %q", s, out)
		}
		if strings.Contains(strings.ReplaceAll(code, `\|`, ""), "|") {
			t.Errorf("%q leaves its cell: %q", s, out)
		}
		code = strings.ReplaceAll(code, `\|`, "|")
		if len(code) > 1 && code[0] == ' ' && code[len(code)-1] == ' ' && strings.Trim(code, " ") != "" {
			code = code[1 : len(code)-1]
		}
		if want := Safe(clipped(s, markdownCell)); code != want {
			t.Errorf("%q reads as %q, want %q", s, code, want)
		}
	})
}
