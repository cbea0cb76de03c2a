package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpWidth is the width of help that goes to no terminal.
const helpWidth = 100

// setHelp gives root and all commands below it help in groups.
func (p *program) setHelp(root *cobra.Command) {
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		// An error of standard output is kept by the pipe.
		_, _ = io.WriteString(cmd.OutOrStdout(), helpText(cmd, p.helpWidth()))
	})
}

func (p *program) helpWidth() int {
	width, tty := isTerminal(p.screen)
	if !tty {
		width = helpWidth
		if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil {
			width = n
		}
	}
	return min(max(width, minWidth), 120) // longer lines are hard to read
}

// helpText is the whole help of a command.
func helpText(cmd *cobra.Command, width int) string {
	var b strings.Builder
	about := cmd.Long
	if about == "" {
		about = cmd.Short
	}
	fmt.Fprintf(&b, "%s\n\nUsage:\n  %s\n", filled(about, width), cmd.UseLine())
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", strings.TrimRight(cmd.Example, "\n"))
	}
	for _, g := range groupedCommands(cmd) {
		fmt.Fprintf(&b, "\n%s:\n", g.title)
		for _, c := range g.commands {
			fmt.Fprintf(&b, "  %-11s %s\n", c.Name(), c.Short)
		}
	}
	if !cmd.HasParent() {
		fmt.Fprintf(&b, "\nFlags are those of scan: '%[1]s scan --help' lists them.\n'%[1]s COMMAND --help' tells about a command, '%[1]s man' prints the manual.\n", cmd.Name())
		return b.String()
	}
	for _, g := range groupedFlags(cmd) {
		fmt.Fprintf(&b, "\n%s:\n%s", g.title, strings.TrimRight(g.flags.FlagUsagesWrapped(width), "\n")+"\n")
	}
	return b.String()
}

// filled breaks the lines of a text that are wider than width at blanks. A text is
// written for 88 columns, so that a wider screen changes nothing.
func filled(text string, width int) string {
	var out []string
	for par := range strings.SplitSeq(text, "\n\n") {
		line := ""
		if !slices.ContainsFunc(strings.Split(par, "\n"), func(l string) bool { return len(l) > width }) {
			out = append(out, par)
			continue
		}
		var lines []string
		for _, word := range strings.Fields(par) {
			if line != "" && len(line)+1+len(word) > width {
				lines, line = append(lines, line), ""
			}
			line = strings.TrimPrefix(line+" "+word, " ")
		}
		out = append(out, strings.Join(append(lines, line), "\n"))
	}
	return strings.Join(out, "\n\n")
}

type commandsBelow struct {
	title    string
	commands []*cobra.Command
}

// groupedCommands lists the commands below cmd by group; one that stands in none comes
// last.
func groupedCommands(cmd *cobra.Command) []commandsBelow {
	var out []commandsBelow
	left := slices.DeleteFunc(slices.Clone(cmd.Commands()), func(c *cobra.Command) bool { return !c.IsAvailableCommand() && c.Name() != "help" })
	for _, g := range commandGroups {
		var in []*cobra.Command
		for _, name := range g.names {
			if i := slices.IndexFunc(left, func(c *cobra.Command) bool { return c.Name() == name }); i >= 0 {
				in = append(in, left[i])
				left = slices.Delete(left, i, i+1)
			}
		}
		if len(in) > 0 {
			out = append(out, commandsBelow{g.title, in})
		}
	}
	if len(left) > 0 {
		out = append(out, commandsBelow{"Other commands", left})
	}
	return out
}

type flagsBelow struct {
	title string
	flags *pflag.FlagSet
}

// groupedFlags lists the flags of cmd by group; what stands in none comes last, --help
// among it.
func groupedFlags(cmd *cobra.Command) []flagsBelow {
	var out []flagsBelow
	seen := map[string]bool{}
	group := func(title string, pick func(yield func(*pflag.Flag))) {
		fs := pflag.NewFlagSet(title, pflag.ContinueOnError)
		fs.SortFlags = false
		pick(func(f *pflag.Flag) {
			if !seen[f.Name] && !f.Hidden {
				seen[f.Name] = true
				fs.AddFlag(f)
			}
		})
		if fs.HasFlags() {
			out = append(out, flagsBelow{title, fs})
		}
	}
	all := cmd.Flags()
	for _, g := range flagGroups {
		group(g.title, func(yield func(*pflag.Flag)) {
			for _, name := range g.flags {
				if f := all.Lookup(name); f != nil {
					yield(f)
				}
			}
		})
	}
	group("Other flags", func(yield func(*pflag.Flag)) { all.VisitAll(yield) })
	return out
}
