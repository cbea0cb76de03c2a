package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"coldcase/rules/source"
)

// Every flag stands below one heading of the help, and nothing else does; so does every
// command.
func TestHelpGroups(t *testing.T) {
	count := map[string]int{}
	for _, g := range flagGroups {
		for _, name := range g.flags {
			count[name]++
		}
	}
	for _, f := range flags {
		if count[f.name] != 1 {
			t.Errorf("--%s stands in %d groups of the help (comfort.go), want 1", f.name, count[f.name])
		}
	}
	root := (&program{stdout: &pipe{w: io.Discard}}).root()
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range append(commandsOf(root), root) {
		for _, g := range groupedCommands(c) {
			if g.title == "Other commands" {
				for _, k := range g.commands {
					if c.Name() != "completion" {
						t.Errorf("%s stands in no group of commands (comfort.go)", k.CommandPath())
					}
				}
			}
		}
	}
}

// Help fits its width, but for words and examples that do not.
func TestHelpFits(t *testing.T) {
	for _, c := range commandsOf((&program{stdout: &pipe{w: io.Discard}}).root()) {
		for _, width := range []int{60, 100} {
			for line := range strings.SplitSeq(helpText(c, width), "\n") {
				if len(line) > width+8 && !strings.Contains(c.Example, line) && !strings.HasPrefix(line, "  ") && !strings.HasPrefix(line, "'") {
					t.Errorf("%s at %d: %d columns: %s", c.CommandPath(), width, len(line), line)
				}
			}
		}
	}
}

// The manual names every command, every flag, and no line that roff would take for a
// request of its own.
func TestManual(t *testing.T) {
	var b strings.Builder
	writeManual(&b, (&program{stdout: &pipe{w: io.Discard}}).root())
	page := b.String()
	for _, f := range flags {
		if !strings.Contains(page, `\-\-`+strings.ReplaceAll(f.name, "-", `\-`)) {
			t.Errorf("no --%s in the manual", f.name)
		}
	}
	for _, c := range []string{"scan", "diff", "verify", "rules check", "config", "man"} {
		if !strings.Contains(page, `.SS "coldcase `+c) {
			t.Errorf("no command %s in the manual", c)
		}
	}
	requests := []string{"TH", "SH", "SS", "PP", "TP", "br", "nf", "fi", "RS", "RE", "nh", "ad"}
	for line := range strings.SplitSeq(page, "\n") {
		if name, ok := strings.CutPrefix(line, "."); ok {
			name, _, _ = strings.Cut(name, " ")
			if !slices.Contains(requests, name) {
				t.Errorf("a request that we do not write: %q", line)
			}
		}
		if strings.HasPrefix(line, "'") {
			t.Errorf("a line that begins a request: %q", line)
		}
	}
}

func TestGuarded(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := guarded(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	f(".hidden", `\&.hidden`)
	f("'quoted'", `\(aqquoted\(aq`)
	f(`C:\temp --now`, `C:\etemp \-\-now`)
}

func TestFilled(t *testing.T) {
	f := func(width int, in, want string) {
		t.Helper()
		if got := filled(in, width); got != want {
			t.Errorf("%q at %d:\n%s\nwant\n%s", in, width, got, want)
		}
	}
	f(20, "short\nlines", "short\nlines")
	f(10, "one two three\nfour\n\nfive", "one two\nthree four\n\nfive")
	f(4, "incompressible", "incompressible")
}

func TestParseLayer(t *testing.T) {
	l, err := parseLayer("c.toml", "jobs = 2\nrules = [\"a\", \"b\"]\nfull = true\n[scan]\nhost = \"x\"\n", true)
	if err != nil {
		t.Fatal(err)
	}
	s := &settings{layers: []layer{*l}}
	f := func(command, name, want string) {
		t.Helper()
		set, _ := s.of(flagNamed(name), command)
		if got := strings.Join(append(set.values, set.from), " "); got != want {
			t.Errorf("%s --%s: %q, want %q", command, name, got, want)
		}
	}
	f("scan", "jobs", "2 c.toml:1")
	f("verify", "rules", "a b c.toml:2")
	f("scan", "full", "true c.toml:3")
	f("scan", "host", "x c.toml:5")
	f("verify", "host", "")
	f("scan", "user", "")
	t.Setenv("COLDCASE_HOST", "y")
	f("scan", "host", "y COLDCASE_HOST")
}

func TestLayerMistakes(t *testing.T) {
	f := func(body, want string) {
		t.Helper()
		_, err := parseLayer("c.toml", body, true)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", body, err, want)
		}
	}
	f("config = \"x\"", `c.toml:1:1: unknown key "config"`)
	f("\n  jobs = []", "c.toml:2:3: jobs: the list is empty")
	f("rules = [[\"a\"]]", "a list within a list")
	f("force = true", "c.toml:1:1: --force says where to write")
	f("[scan.more]\nx = 1", `unknown key "more"`)
	f("[bogus]", `c.toml:1:1: unknown table "bogus"`)
	f("jobs = 1\njobs = 2", "c.toml:2:")
	f("since = 2026-03-01", "expected a text in quotes")
	if _, err := parseLayer("own.toml", "force = true\ncsv = \"f.csv\"", false); err != nil {
		t.Errorf("one's own file may name outputs: %v", err)
	}
}

func FuzzParseLayer(f *testing.F) {
	f.Add("jobs = 2\n[scan]\nhost = [\"a\"]")
	f.Add("'jobs' = 2\n\"a.b\" = 1\n[[scan]]\n")
	f.Add("jobs.x = 1\n[\"scan\"]\n")
	f.Fuzz(func(t *testing.T, body string) {
		l, err := parseLayer("c", body, true)
		if (l == nil) == (err == nil) {
			t.Errorf("%q: %v, %v", body, l, err)
		}
		text := source.Text{Path: "c", Body: body}
		if at := keyOffset(body, "scan", "host"); at < 0 || at > len(text.Body) {
			t.Errorf("%q: offset %d", body, at)
		}
	})
}
