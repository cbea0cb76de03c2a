package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (p *program) manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man", Short: "print the manual as a man page",
		Long: `man prints the manual in roff, made from the same lists as the help. It holds no date:
the same program prints the same page.`,
		Example: "  coldcase man | man -l -\n  coldcase man > /usr/local/share/man/man1/coldcase.1",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			writeManual(p.stdout, cmd.Root())
			return nil
		},
	}
}

// roff escapes a text for the body of a page.
var roff = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`)

// manual writes the requests of a man page. Errors of standard output are kept by the
// pipe.
type manual struct{ w io.Writer }

func (m manual) request(name, arg string) {
	if arg != "" {
		arg = ` "` + strings.ReplaceAll(roff.Replace(arg), `"`, `\(dq`) + `"`
	}
	fmt.Fprintf(m.w, ".%s%s\n", name, arg)
}

// text writes lines of running text; empty lines part paragraphs.
func (m manual) text(s string) {
	for line := range strings.SplitSeq(strings.TrimSpace(s), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			fmt.Fprintln(m.w, ".PP")
			continue
		}
		fmt.Fprintln(m.w, guarded(line))
	}
}

// guarded keeps a line from being read as a request.
func guarded(line string) string {
	line = roff.Replace(line)
	if strings.HasPrefix(line, ".") {
		return `\&` + line
	}
	return line
}

// verbatim writes lines as they stand.
func (m manual) verbatim(s string) {
	fmt.Fprintln(m.w, ".PP\n.nf\n.RS 4")
	for line := range strings.SplitSeq(strings.Trim(s, "\n"), "\n") {
		fmt.Fprintln(m.w, guarded(strings.TrimPrefix(line, "  ")))
	}
	fmt.Fprintln(m.w, ".RE\n.fi")
}

// item writes a term and what it means.
func (m manual) item(term, meaning string) {
	fmt.Fprintf(m.w, ".TP\n%s\n%s\n", guarded(term), guarded(meaning))
}

// writeManual writes the whole manual of the program.
func writeManual(w io.Writer, root *cobra.Command) {
	m := manual{w}
	fmt.Fprintf(w, ".TH COLDCASE 1 \"\" \"coldcase %s\" \"User Commands\"\n.nh\n.ad l\n", roff.Replace(tool().Version))
	m.request("SH", "NAME")
	m.text(root.Name() + " - " + root.Short)
	m.request("SH", "SYNOPSIS")
	for _, c := range documented(root) {
		fmt.Fprintf(w, "%s\n.br\n", guarded(c.UseLine()))
	}
	m.request("SH", "DESCRIPTION")
	m.text(root.Long)
	m.request("SH", "COMMANDS")
	for _, c := range documented(root) {
		m.command(c)
	}
	m.request("SH", "SETTINGS")
	m.text(configLong)
	m.request("SH", "ENVIRONMENT")
	for _, v := range environment {
		m.item(v[0], v[1])
	}
	m.request("SH", "EXIT STATUS")
	for _, c := range exitCodes {
		m.item(fmt.Sprint(c.code), c.meaning)
	}
	m.request("SH", "EXAMPLES")
	m.verbatim(root.Example)
}

// documented lists the commands that have a page of their own in the help, depth first.
func documented(c *cobra.Command) []*cobra.Command {
	var out []*cobra.Command
	for _, g := range groupedCommands(c) {
		for _, k := range g.commands {
			if k.Name() == "help" || k.Name() == "completion" {
				continue
			}
			out = append(append(out, k), documented(k)...)
		}
	}
	return out
}

func (m manual) command(c *cobra.Command) {
	m.request("SS", c.UseLine())
	about := c.Long
	if about == "" {
		about = c.Short
	}
	m.text(about)
	if !c.HasSubCommands() {
		for _, g := range groupedFlags(c) {
			fmt.Fprintf(m.w, ".PP\n%s:\n", guarded(g.title))
			g.flags.VisitAll(m.flag)
		}
	}
	if c.Example != "" {
		m.verbatim(c.Example)
	}
}

func (m manual) flag(f *pflag.Flag) {
	term := "--" + f.Name
	if f.Shorthand != "" {
		term = "-" + f.Shorthand + ", " + term
	}
	if t := f.Value.Type(); t != "bool" {
		term += " " + t
	}
	meaning := f.Usage
	if f.DefValue != "" && f.DefValue != "false" && !strings.Contains(meaning, "(default") {
		meaning += " (default " + f.DefValue + ")"
	}
	m.item(term, meaning)
}

// environment lists the variables that the program looks at.
var environment = [][2]string{
	{"COLDCASE_NAME", "the value of the flag --name, in capitals and with _ for -: COLDCASE_MAX_MEMORY=1GiB. The command line comes before it."},
	{"NO_COLOR", "no colours when it is set to anything"},
	{"TERM", "no colours when it is dumb"},
	{"COLUMNS", "the width of a screen that is no terminal"},
	{"TMPDIR", "where to spill without --temp-dir"},
	{"XDG_CONFIG_HOME", "where coldcase/coldcase.toml is looked for; default ~/.config"},
}

// exitCodes are those of product.md.
var exitCodes = []struct {
	code    int
	meaning string
}{
	{exitOK, "completed, everything given was read"},
	{exitFound, "completed, and a finding reached --fail-on; a rule's own test failed; rules check found an error"},
	{exitUsage, "usage error, or nothing could be read"},
	{exitIncomplete, "completed, but something given was not read whole: a bad line, damage, a limit hit, an unreadable input or rule file"},
	{exitOutput, "an output could not be written"},
	{exitInterrupted, "interrupted: what was found is written, marked partial"},
}
