package main

import (
	"fmt"
	"slices"

	"coldcase/rules"
	"coldcase/rules/load"
	"coldcase/scanner"
)

// given is what stands beside the rules and the evidence: exceptions and indicators.
type given struct {
	exceptions []*rules.ExceptionItem
	indicators []*rules.Indicator
	assets     *scanner.Assets // nil without --assets
	// problems are what could not be read of them, notes what was read otherwise than
	// written.
	problems []rules.Problem
	notes    []string
}

// readIndicators reads what --ioc names.
func (g *given) readIndicators(o *options) error {
	if len(o.ioc) == 0 {
		return nil
	}
	in, err := load.Indicators(o.ioc)
	if err != nil {
		return usage("--ioc: %w", fileError(err))
	}
	g.indicators = in.Items
	g.problems = append(g.problems, in.Problems...)
	g.notes = append(g.notes, in.Notes...)
	return nil
}

// readExceptions reads what --exceptions names, and the exceptions that stand in the
// Kibana exports among the rules.
func (g *given) readExceptions(o *options, set *rules.Set) error {
	if o.noExcept {
		return nil
	}
	files := slices.Clone(o.exceptions)
	for _, e := range set.Entries {
		if r := e.Rule; r.Format == "kibana" && len(r.Exceptions) > 0 && !slices.Contains(files, r.File) {
			files = append(files, r.File)
		}
	}
	if len(files) == 0 {
		return nil
	}
	x, err := load.Exceptions(files, load.ExceptionOptions{ValueLists: o.valueLists})
	if err != nil {
		return usage("--exceptions: %w", fileError(err))
	}
	g.exceptions = x.Items
	g.notes = append(g.notes, x.Notes...)
	for _, p := range x.Problems {
		if !slices.ContainsFunc(set.Problems, func(q rules.Problem) bool { return q.Path == p.Path && q.Err.Error() == p.Err.Error() }) {
			g.problems = append(g.problems, p)
		}
	}
	return nil
}

// complain prints what could not be read.
func (g *given) complain(p *program) {
	for _, pr := range g.problems {
		fmt.Fprintln(p.stderr, problemText(pr))
	}
}
