package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"coldcase/scanner/report"

	"github.com/spf13/cobra"
)

// program is one run of the command line.
type program struct {
	stdin  io.Reader
	stdout *pipe
	stderr io.Writer
	// screen and errors are the same streams as they were given, to ask whether they
	// are terminals.
	screen any
}

// run is the whole program but for os.Exit. It may be called more than once; ctx
// ends a scan in good order.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := &program{stdin: stdin, stdout: &pipe{w: stdout}, stderr: stderr, screen: stdout}
	root := p.root()
	// A nil slice would make cobra read os.Args.
	root.SetArgs(append([]string{}, args...))
	root.SetIn(stdin)
	root.SetOut(p.stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	err = p.withStdout(err)
	p.complain(cmd, err)
	return exitCode(err)
}

// withStdout adds to the error of a command that standard output could not be
// written, where that comes before it (outcome.code).
func (p *program) withStdout(err error) error {
	lost := p.stdout.err
	switch code := exitCode(err); {
	case lost == nil, code == exitInterrupted, code == exitUsage && !errors.Is(err, lost):
		return err
	}
	return &exitError{exitOutput, fmt.Errorf("standard output: %w", plain(lost))}
}

// complain prints the error of a command. What the command line's parser refused is
// followed by where help is found.
func (p *program) complain(cmd *cobra.Command, err error) {
	if err == nil {
		return
	}
	if e, ok := errors.AsType[*exitError](err); ok && e.err == nil {
		return
	}
	fmt.Fprintf(p.stderr, "coldcase: %s\n", report.SafeLines(err.Error()))
	if exitCode(err) == exitUsage && cmd != nil {
		fmt.Fprintf(p.stderr, "run '%s --help' for help\n", cmd.CommandPath())
	}
}

func (p *program) root() *cobra.Command {
	root := p.scanCommand("coldcase")
	root.Use = "coldcase [flags] PATH..."
	root.Short = "offline forensic scanner: Elastic's detection rules on archived NDJSON"
	root.Long = `coldcase points Elastic's detection rules at archived NDJSON exports (auditbeat,
Elastic Endpoint, Endgame; plain, gzip or zstd) and prints ranked findings with
ATT&CK context: no Elasticsearch, no network, no configuration.

"coldcase PATH..." is "coldcase scan PATH...".`
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.HiddenDefaultCmd = false
	scan := p.scanCommand("scan")
	root.AddCommand(p.configCommand(), p.manCommand())
	root.PersistentPreRunE = p.applySettings
	p.setHelp(root)
	root.AddCommand(scan, p.rulesCommand(), p.explainCommand(), p.queryCommand(), p.diffCommand(), p.verifyCommand(), p.rerunCommand(), p.versionCommand())
	return root
}

const scanExamples = `  coldcase scan samples
  coldcase scan --rules builtin,my-rules exports/
  coldcase scan --csv findings.csv --jsonl findings.jsonl exports/*.ndjson.gz
  zcat old.ndjson.gz | coldcase scan --min-severity high --summary run.json -
  coldcase scan --since 2026-03-01 --until 2026-03-02 --host ws-7 --fail-on high exports/
  coldcase scan --manifest run.json --jsonl findings.jsonl exports/
  coldcase scan --resume run.json`

func (p *program) scanCommand(name string) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "scan [flags] PATH...",
		Short: "match evidence against rules and print ranked findings",
		Long: `scan streams every PATH (a file, a directory with all below it, a glob, or - for
standard input), matches each event against the rules, and prints ranked findings.

Exit codes: 0 everything given was scanned; 1 a finding reached --fail-on; 2 usage
error, or nothing could be scanned; 3 something given was not read whole; 4 an output
could not be written; 130 interrupted (outputs then keep the name FILE.partial, and
with --manifest FILE, scan --resume FILE goes on with what is not finished).`,
		Example: scanExamples,
		Args:    cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.scan(cmd.Context(), o, args)
		},
	}
	addFlags(cmd, cmdScan, o)
	return cmd
}

func (p *program) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "print version, revision and ATT&CK version",
		Example: "  coldcase version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return writeVersion(p.stdout, buildInfo())
		},
	}
}

// rulesVerb is one of the commands below "coldcase rules".
type rulesVerb struct {
	name, use, short, example string
	args                      cobra.PositionalArgs
	run                       func(p *program, o *options, args []string) error
}

var rulesVerbs = []rulesVerb{
	{cmdList, "list [RULES...]", "list rules with their status",
		"  coldcase rules list\n  coldcase rules list my-rules/", cobra.ArbitraryArgs, (*program).rulesList},
	{cmdCheck, "check [RULES...]", "read rules and say what is wrong with them",
		"  coldcase rules check my-rules/\n  coldcase rules check --mapping mapping.json rule.toml", cobra.ArbitraryArgs, (*program).rulesCheck},
	{cmdTest, "test [RULES...]", "run the events that rules carry for their own test",
		"  coldcase rules test\n  coldcase rules test my-rules/", cobra.ArbitraryArgs, (*program).rulesTest},
	{cmdShow, "show ID [RULES...]", "show one rule, by id or exact name",
		"  coldcase rules show ad88231f-e2ab-491c-8fc6-64746da26cfe\n  coldcase rules show 'My Rule' my-rules/", cobra.MinimumNArgs(1), (*program).rulesShow},
}

func (p *program) rulesCommand() *cobra.Command {
	parent := &cobra.Command{
		Use: "rules", Short: "list, check, test and show rules",
		Long: `rules reads rules and says what they are. RULES are, as for --rules of a scan,
builtin, files or directories; without any, the built-in pack.`,
		Example: "  coldcase rules list\n  coldcase rules check my-rules/",
		Args:    cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("rules has no command %q; it has list, check, test and show", args[0])
			}
			return usage("rules needs a command: list, check, test or show")
		},
	}
	for _, v := range rulesVerbs {
		o := &options{}
		cmd := &cobra.Command{Use: v.use, Short: v.short, Example: v.example, Args: v.args,
			RunE: func(_ *cobra.Command, args []string) error { return v.run(p, o, args) }}
		if v.name == cmdCheck {
			cmd.Long = checkHelp()
		}
		addFlags(cmd, v.name, o)
		parent.AddCommand(cmd)
	}
	return parent
}
