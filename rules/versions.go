package rules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// NewSet orders rules and decides which of several versions runs. It takes
// ownership of neither slice.
//
// The same rule loaded twice through overlapping paths (same id, version and text)
// is one. Of rules with one id and known versions the newest runs and the others
// are [Superseded]; where a version is unknown both run (product.md, "Versions of a
// rule"). Versions are never merged.
func NewSet(rs []*Rule, problems []Problem) *Set {
	s := &Set{Problems: sortProblems(problems)}
	sorted := slices.Clone(rs)
	slices.SortStableFunc(sorted, compareRules)
	v := versions{newest: make(map[string]*Rule), same: make(map[logic]*Rule)}
	for _, r := range dropDuplicates(sorted) {
		s.Entries = append(s.Entries, v.entry(r))
	}
	return s
}

// compareRules orders by id, version (newest first), file and line. The format and
// the hash only make the order total.
func compareRules(a, b *Rule) int {
	return cmp.Or(
		cmp.Compare(a.ID, b.ID),
		cmp.Compare(b.Version, a.Version),
		cmp.Compare(a.File, b.File),
		cmp.Compare(a.Line, b.Line),
		cmp.Compare(a.Format, b.Format),
		cmp.Compare(a.Hash, b.Hash),
	)
}

// dropDuplicates keeps the first of the rules that are the same text; an empty Hash
// is never the same as another.
func dropDuplicates(sorted []*Rule) []*Rule {
	type identity struct {
		id, hash string
		version  int
	}
	seen := make(map[identity]bool, len(sorted))
	var out []*Rule
	for _, r := range sorted {
		key := identity{r.ID, r.Hash, r.Version}
		if r.Hash != "" && seen[key] {
			continue
		}
		seen[key] = true
		out = append(out, r)
	}
	return out
}

// versions remembers what runs while rules are added in the order of a set, newest
// of an id first.
type versions struct {
	newest map[string]*Rule // by id; known versions only
	same   map[logic]*Rule  // the first of those that find the same
}

// logic is what a rule of one id and version finds, as text.
type logic struct {
	id, text string
	version  int
}

// entry decides a rule's status.
func (v versions) entry(r *Rule) Entry {
	if newer := v.supersedes(r); newer != nil {
		return Entry{Rule: r, Status: Superseded, Reason: supersededBy(r, newer)}
	}
	if r.NotRun != "" {
		return Entry{Rule: r, Status: NotRun, Reason: r.NotRun}
	}
	return Entry{Rule: r, Status: Runs}
}

// supersedes returns the rule that runs in place of r, nil when there is none. Two
// rules of one version supersede each other only when they say the same: a copy in
// another format must not double every finding, an edited one must not vanish.
func (v versions) supersedes(r *Rule) *Rule {
	if r.Version == 0 {
		return nil
	}
	newest, known := v.newest[r.ID]
	if !known {
		v.newest[r.ID] = r
	} else if newest.Version > r.Version {
		return newest
	}
	key := logic{id: r.ID, text: logicText(r), version: r.Version}
	if first, ok := v.same[key]; ok {
		return first
	}
	v.same[key] = r
	return nil
}

// logicText writes all that decides which events a rule finds. The query as written
// stands for the language's part, the tree for that of the rule's filters.
func logicText(r *Rule) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %q %q %s %q\n", r.Type, r.Language, strings.Fields(r.Query), r.Indices, r.LookBack, r.NotRun)
	if p := r.Program; p != nil {
		for _, x := range exprs(p) {
			fmt.Fprintln(&b, x)
		}
	}
	if r.Threshold != nil {
		fmt.Fprintf(&b, "%+v\n", *r.Threshold)
	}
	if r.NewTerms != nil {
		fmt.Fprintf(&b, "%+v\n", *r.NewTerms)
	}
	if r.ThreatMatch != nil {
		fmt.Fprintf(&b, "%+v\n", *r.ThreatMatch)
	}
	if r.Suppression != nil {
		fmt.Fprintf(&b, "%+v\n", *r.Suppression)
	}
	return b.String()
}

// exprs returns the predicates of a program, step by step.
func exprs(p *query.Program) []query.Expr {
	var xs []query.Expr
	add := func(steps []query.Step) {
		for _, s := range steps {
			xs = append(xs, s.X)
		}
	}
	switch {
	case p.Event != nil:
		xs = append(xs, p.Event)
	case p.Sequence != nil:
		add(p.Sequence.Steps)
		if p.Sequence.Until != nil {
			xs = append(xs, p.Sequence.Until.X)
		}
	case p.Sample != nil:
		add(p.Sample.Steps)
	}
	return xs
}

func supersededBy(r, newer *Rule) string {
	if newer.Version == r.Version {
		return fmt.Sprintf("same as version %d in %s", newer.Version, newer.File)
	}
	return fmt.Sprintf("version %d in %s is newer", newer.Version, newer.File)
}

// sortProblems returns the problems by path and position, each once: overlapping
// paths meet the same broken file twice.
func sortProblems(problems []Problem) []Problem {
	out := slices.Clone(problems)
	slices.SortStableFunc(out, func(a, b Problem) int {
		aLine, aCol := position(a.Err)
		bLine, bCol := position(b.Err)
		return cmp.Or(
			cmp.Compare(a.Path, b.Path),
			cmp.Compare(aLine, bLine),
			cmp.Compare(aCol, bCol),
			cmp.Compare(a.Name, b.Name),
			cmp.Compare(a.Err.Error(), b.Err.Error()),
		)
	})
	return slices.CompactFunc(out, func(a, b Problem) bool {
		return a.Path == b.Path && a.Name == b.Name && a.Err.Error() == b.Err.Error()
	})
}

// position returns where an error points; 0, 0 when it does not say.
func position(err error) (line, col int) {
	var e *source.Error
	if errors.As(err, &e) {
		return e.Line, e.Col
	}
	return 0, 0
}
