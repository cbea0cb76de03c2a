package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"coldcase/rules"
	"coldcase/rules/builtin"
	"coldcase/rules/lint"
	"coldcase/rules/source"
	"coldcase/scanner/report"
)

// rulesCheck says what is wrong with rules: those that cannot be read (on standard
// error, and with --json among the others), and what lint finds. The exit code is 1 when
// it finds an error.
func (p *program) rulesCheck(o *options, args []string) error {
	set, err := p.readable(args)
	if err != nil {
		return err
	}
	set, _, err = compile(set.Select(rules.Selection{Deprecated: true}), o, given{})
	if err != nil {
		return asUsage(err)
	}
	s, err := loadSchema(o.mapping)
	if err != nil {
		return err
	}
	c := &checked{o: o, out: p.stdout, color: screenOptions(p.screen, o).Color, count: map[lint.Level]int{}}
	if o.json {
		for _, pr := range set.Problems {
			c.take(unreadable(pr))
		}
	}
	for _, d := range lint.Check(set, lint.Options{Schema: s, Mapped: o.mapping != "", Read: readRuleFile}) {
		c.take(d)
	}
	if !o.json {
		fmt.Fprintln(p.stdout, c.totals())
		fmt.Fprintln(p.stdout, report.Census(set))
	}
	return ofRules(set, c.found)
}

// checked prints diagnostics and counts them.
type checked struct {
	o     *options
	out   io.Writer
	color bool
	count map[lint.Level]int
	found bool // an error, in a rule that could be read
}

// jsonDiagnostic is a line of rules check --json, schema coldcase/diagnostic/1.
type jsonDiagnostic struct {
	Schema  string `json:"schema"`
	Code    string `json:"code"`
	Level   string `json:"level"`
	File    string `json:"file"`
	Line    int    `json:"line"`
	Col     int    `json:"col"`
	RuleID  string `json:"rule_id"`
	Rule    string `json:"rule"`
	Message string `json:"message"`
}

func (c *checked) take(d lint.Diagnostic) {
	c.count[d.Level]++
	c.found = c.found || d.Level == lint.Error && d.Code != codeUnreadable
	if c.o.json {
		enc := json.NewEncoder(c.out)
		enc.SetEscapeHTML(false)
		// An error of standard output is kept by the pipe.
		_ = enc.Encode(jsonDiagnostic{"coldcase/diagnostic/1", d.Code, string(d.Level), d.File, d.Line, d.Col, d.RuleID, d.RuleName, d.Message})
		return
	}
	if d.Level == lint.Note && !c.o.full {
		return
	}
	fmt.Fprintf(c.out, "%s:%d:%d: %s: %s: %s [%s]\n", safe(d.File), d.Line, d.Col, c.word(d.Level), safe(d.RuleName), safe(d.Message), d.Code)
}

// word is the level, in the colour of a severity that is as bad.
func (c *checked) word(l lint.Level) string {
	severity := map[lint.Level]string{lint.Error: "critical", lint.Warning: "medium", lint.Note: "low"}[l]
	return report.Paint(string(l), severity, report.Options{Color: c.color})
}

func (c *checked) totals() string {
	text := fmt.Sprintf("%d errors, %d warnings, %d notes", c.count[lint.Error], c.count[lint.Warning], c.count[lint.Note])
	if c.count[lint.Note] > 0 && !c.o.full {
		text += " (--full lists them)"
	}
	return text
}

// codeUnreadable is the code of what could not be read at all.
const codeUnreadable = "unreadable"

func unreadable(pr rules.Problem) lint.Diagnostic {
	d := lint.Diagnostic{Code: codeUnreadable, Level: lint.Error, RuleName: pr.Name, File: pr.Path, Line: 1, Col: 1}
	d.Message, _, _ = strings.Cut(pr.Err.Error(), "\n")
	if e, ok := errors.AsType[*source.Error](pr.Err); ok {
		d.Line, d.Col, d.Message = max(1, e.Line), max(1, e.Col), e.Msg
	}
	return d
}

// maxRuleFile bounds what is read again of a file of rules, in bytes: as much as loading
// reads.
const maxRuleFile = 64 << 20

// readRuleFile reads the file of a rule again, for the places in it.
func readRuleFile(file string) ([]byte, error) {
	if rest, ok := strings.CutPrefix(file, builtinName+"/"); ok {
		if data, err := fs.ReadFile(builtin.FS(), rest); err == nil {
			return data, nil
		}
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxRuleFile))
}

func placeOf(r *rules.Rule) string {
	if r.Line > 0 {
		return fmt.Sprintf("%s:%d", r.File, r.Line)
	}
	return r.File
}

// checkHelp says what is looked for.
func checkHelp() string {
	var b strings.Builder
	b.WriteString("check reads rules and says, with their places, what is wrong with them:\n")
	for _, c := range lint.Checks() {
		fmt.Fprintf(&b, "\n  %-20s  %s", c.Code, c.Doc)
	}
	return b.String()
}
