package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"coldcase/matchers"
	"coldcase/rules"
	"coldcase/rules/builtin"
	"coldcase/rules/load"
	"coldcase/rules/schema"
	"coldcase/rules/source"
	"coldcase/scanner/report"
)

// builtinName is what --rules calls the pack in the binary. A file of that name is
// ./builtin.
const builtinName = "builtin"

// loadRules reads the rules that --rules names; none means the built-in pack. A
// rule or file that cannot be read is a problem in the set, not an error.
func loadRules(specs []string) (*rules.Set, error) {
	if len(specs) == 0 {
		specs = []string{builtinName}
	}
	var paths []string
	for _, s := range specs {
		if s != builtinName && !slices.Contains(paths, s) {
			paths = append(paths, s)
		}
	}
	var sets []*rules.Set
	if slices.Contains(specs, builtinName) {
		set, err := builtin.Load()
		if err != nil {
			return nil, fmt.Errorf("built-in rules: %w", err)
		}
		sets = append(sets, set)
	}
	if len(paths) > 0 {
		set, err := load.Paths(paths)
		if err != nil {
			return nil, fileError(err)
		}
		sets = append(sets, set)
	}
	return merge(sets), nil
}

// fileError writes a file error as "path: what is wrong".
func fileError(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", pe.Path, pe.Err)
	}
	return err
}

// merge makes one set of several: the newest version of a rule runs, wherever it
// was loaded from.
func merge(sets []*rules.Set) *rules.Set {
	if len(sets) == 1 {
		return sets[0]
	}
	var all []*rules.Rule
	var problems []rules.Problem
	for _, s := range sets {
		for _, e := range s.Entries {
			all = append(all, e.Rule)
		}
		problems = append(problems, s.Problems...)
	}
	return rules.NewSet(all, problems)
}

// readable loads rules for a command and complains of what cannot be read. Without
// a single readable rule there is nothing to do.
func (p *program) readable(specs []string) (*rules.Set, error) {
	set, err := loadRules(specs)
	if err != nil {
		return nil, usage("%w", err)
	}
	p.problems(set)
	if len(set.Entries) == 0 {
		return nil, usage("no rule could be read in %s", rulesName(specs))
	}
	return set, nil
}

// rulesName names the rules as the user gave them.
func rulesName(specs []string) string {
	if len(specs) == 0 {
		return builtinName
	}
	return strings.Join(specs, ", ")
}

// problems prints what could not be read: file, line and column, the line itself and
// a caret.
func (p *program) problems(set *rules.Set) {
	for _, pr := range set.Problems {
		fmt.Fprintln(p.stderr, problemText(pr))
	}
}

func problemText(pr rules.Problem) string {
	text := pr.Err.Error()
	if _, ok := errors.AsType[*source.Error](pr.Err); !ok && !strings.HasPrefix(text, pr.Path) {
		text = pr.Path + ": " + text
	}
	return report.SafeLines(text)
}

// loadSchema returns the built-in field types, overridden by those of a file.
func loadSchema(mapping string) (*schema.Schema, error) {
	s := schema.Builtin()
	if mapping == "" {
		return s, nil
	}
	data, err := os.ReadFile(mapping)
	if err != nil {
		return nil, usage("--mapping %s: %w", safe(mapping), plain(err))
	}
	s, err = s.WithMapping(data)
	if err != nil {
		return nil, usage("--mapping %s: %w", safe(mapping), err)
	}
	return s, nil
}

// compile compiles the rules of a set that run. Those that turn out not to be
// runnable exactly are not run in the set it returns; the rest go on.
func compile(set *rules.Set, o *options, g given) (*rules.Set, *matchers.Matcher, error) {
	opt, err := matcherOptions(o, g)
	if err != nil {
		return nil, nil, err
	}
	m, err := matchers.Compile(set.Runnable(), opt)
	if err != nil {
		set = withoutUnsupported(set, opt)
		m, err = matchers.Compile(set.Runnable(), opt)
	}
	return set, m, err
}

func matcherOptions(o *options, g given) (matchers.Options, error) {
	s, err := loadSchema(o.mapping)
	return matchers.Options{Schema: s, AnyIndex: o.anyIndex, AssumeIndex: o.assumeIndex, Ingested: o.ingested,
		Exceptions: g.exceptions, Indicators: g.indicators}, err
}

func withoutUnsupported(set *rules.Set, opt matchers.Options) *rules.Set {
	out := &rules.Set{Entries: slices.Clone(set.Entries), Problems: set.Problems}
	for i := range out.Entries {
		e := &out.Entries[i]
		if e.Status != rules.Runs {
			continue
		}
		if err := matchers.CanRun(e.Rule, opt); err != nil {
			e.Status, e.Reason = rules.NotRun, rules.ReasonUnsupported+": "+err.Error()
		}
	}
	return out
}

// ofRules is the end of a rules command: a file that could not be read is told by
// the exit code, too.
func ofRules(set *rules.Set, failed bool) error {
	code := outcome{found: failed, incomplete: len(set.Problems) > 0}.code()
	if code == exitOK {
		return nil
	}
	return &exitError{code: code}
}

func (p *program) rulesList(o *options, args []string) error {
	set, err := p.readable(args)
	if err != nil {
		return err
	}
	set = set.Select(rules.Selection{Deprecated: o.deprecated})
	opt := screenOptions(p.screen, o)
	// Nothing is cut for a program that reads the list.
	opt.Full = opt.Full || opt.Width == 0
	if err := report.RuleList(p.stdout, set, opt); err != nil {
		return err
	}
	return ofRules(set, false)
}
