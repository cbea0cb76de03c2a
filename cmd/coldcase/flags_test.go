package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"coldcase/rules"
	"coldcase/scanner/report"

	"github.com/spf13/cobra"
)

// Every flag has what the help needs, exists somewhere, and stands once.
func TestFlagList(t *testing.T) {
	names, shorts := map[string]bool{}, map[string]bool{}
	for _, f := range flags {
		if f.name == "" || f.doc == "" || f.set == nil || len(f.commands) == 0 {
			t.Errorf("--%s is not whole", f.name)
		}
		if names[f.name] || f.short != "" && shorts[f.short] {
			t.Errorf("--%s, -%s stands twice", f.name, f.short)
		}
		names[f.name], shorts[f.short] = true, true
		if f.def != "" {
			if err := f.set(&options{}, f.def); err != nil {
				t.Errorf("--%s: default %q: %v", f.name, f.def, err)
			}
		}
		if f.arg == "" {
			continue
		}
		if err := f.set(&options{}, ""); err == nil {
			t.Errorf("--%s takes an empty value", f.name)
		}
	}
	for _, f := range report.Formats {
		if !names[f.Flag] {
			t.Errorf("no flag --%s for the report format %s", f.Flag, f.Name)
		}
	}
	if !slices.Equal(severityWords, rules.Severities) {
		t.Errorf("completion knows the severities %q, rules %q", severityWords, rules.Severities)
	}
}

// Every flag is used by a script or a test of this package, and by its commands only.
func TestFlagsAreTested(t *testing.T) {
	text := allTests(t)
	for _, f := range flags {
		if !regexp.MustCompile(`--` + f.name + `\b[^-]`).MatchString(text) {
			t.Errorf("no script uses --%s", f.name)
		}
	}
}

func allTests(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	entries, err := os.ReadDir("testdata/script")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile("testdata/script/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		b.Write(data)
	}
	return b.String()
}

// commandsOf returns all commands below c that users may run.
func commandsOf(c *cobra.Command) []*cobra.Command {
	out := []*cobra.Command{c}
	for _, k := range c.Commands() {
		if k.Name() != "help" && k.Name() != "completion" {
			out = append(out, commandsOf(k)...)
		}
	}
	return out
}

func TestHelp(t *testing.T) {
	for _, c := range commandsOf((&program{stdout: &pipe{w: io.Discard}}).root()) {
		if c.Short == "" || c.Example == "" {
			t.Errorf("%s has no doc or no example", c.CommandPath())
		}
		args := append(strings.Fields(c.CommandPath())[1:], "--help")
		var stdout, stderr bytes.Buffer
		if code := run(context.Background(), args, strings.NewReader(""), &stdout, &stderr); code != 0 {
			t.Errorf("%q: exit %d, %s", args, code, stderr.String())
		}
		if !strings.Contains(stdout.String(), "Examples:") {
			t.Errorf("%q: no examples in:\n%s", args, stdout.String())
		}
	}
}

// A switch takes no value; a flag shows what its value is.
func TestHelpShowsValues(t *testing.T) {
	var stdout bytes.Buffer
	run(context.Background(), []string{"scan", "-h"}, strings.NewReader(""), &stdout, io.Discard)
	for _, f := range flags {
		if !f.on(cmdScan) {
			continue
		}
		want := "--" + f.name + " "
		if f.arg != "" {
			want += f.arg
		}
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in the help:\n%s", want, stdout.String())
		}
	}
}
