package main

import (
	"slices"
	"strings"

	"coldcase/matchers"
	"coldcase/rules"
)

// comparedSet loads the rules of --compare-rules, nil without. The flags that say which
// rules run hold for both sets; a name that fits none of this one may fit the other.
func (p *program) comparedSet(o *options, indicators bool) (*rules.Set, error) {
	if len(o.compare) == 0 {
		return nil, nil
	}
	set, err := p.readable(o.compare)
	if err != nil {
		return nil, err
	}
	for _, e := range set.Entries {
		if !strings.HasPrefix(e.Rule.File, builtinName+"/") || slices.Contains(o.compare, e.Rule.File) {
			o.compareFiles = append(o.compareFiles, e.Rule.File)
		}
	}
	slices.Sort(o.compareFiles)
	o.compareFiles = slices.Compact(o.compareFiles)
	return set.Select(rules.Selection{Only: o.only, Exclude: o.exclude, Deprecated: o.deprecated, Indicators: indicators}), nil
}

// bothSets holds the entries of both, for what asks where rules came from.
func bothSets(a, b *rules.Set) *rules.Set {
	if b == nil {
		return a
	}
	return &rules.Set{Entries: slices.Concat(a.Entries, b.Entries), Problems: slices.Concat(a.Problems, b.Problems)}
}

// compileSets is compile for one set, or for the union of two.
func compileSets(a, b *rules.Set, o *options, g given) (*rules.Set, *rules.Union, *matchers.Matcher, error) {
	if b == nil {
		set, m, err := compile(a, o, g)
		return set, nil, m, err
	}
	opt, err := matcherOptions(o, g)
	if err != nil {
		return nil, nil, nil, err
	}
	u := rules.Unite(a, b)
	m, err := matchers.Compile(u.Rules, opt)
	if err != nil {
		u = rules.Unite(withoutUnsupported(a, opt), withoutUnsupported(b, opt))
		m, err = matchers.Compile(u.Rules, opt)
	}
	return u.A, u, m, err
}
