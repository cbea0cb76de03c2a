package scanner

import (
	"cmp"
	"slices"

	"coldcase/rules"
)

// hitTactics gathers the ATT&CK context of the rules that fired: tactics in matrix
// order, techniques by id. findings counts the reported findings of each rule; a candidate hits
// nothing.
func hitTactics(rs []*rules.Rule, findings []int64) []TacticResult {
	byID := map[string]*tacticBuilder{}
	for i, r := range rs {
		if findings[i] == 0 || r.Candidates {
			continue
		}
		for _, t := range r.Threat {
			b := byID[t.ID]
			if b == nil {
				b = &tacticBuilder{order: t.Order, result: TacticResult{ID: t.ID, Name: t.Name}, under: techniques{}}
				byID[t.ID] = b
			}
			b.result.Count += findings[i]
			b.under.add(t.Techniques, r.Name, findings[i])
		}
	}
	builders := make([]*tacticBuilder, 0, len(byID))
	for _, b := range byID {
		builders = append(builders, b)
	}
	slices.SortFunc(builders, func(a, b *tacticBuilder) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.result.ID, b.result.ID))
	})
	out := make([]TacticResult, len(builders))
	for i, b := range builders {
		out[i] = b.result
		out[i].Techniques = b.under.sorted()
	}
	return out
}

type tacticBuilder struct {
	order  int
	result TacticResult
	under  techniques
}

// techniques gathers techniques, or the sub-techniques of one, by id.
type techniques map[string]*techniqueBuilder

type techniqueBuilder struct {
	result TechniqueResult
	under  techniques
}

func (ts techniques) add(list []rules.Technique, rule string, n int64) {
	for _, t := range list {
		b := ts[t.ID]
		if b == nil {
			b = &techniqueBuilder{TechniqueResult{ID: t.ID, Name: t.Name}, techniques{}}
			ts[t.ID] = b
		}
		b.result.Was = cmp.Or(b.result.Was, t.Was)
		b.result.Count += n
		if !slices.Contains(b.result.Rules, rule) {
			b.result.Rules = append(b.result.Rules, rule)
		}
		b.under.add(t.Subtechniques, rule, n)
	}
}

func (ts techniques) sorted() []TechniqueResult {
	out := make([]TechniqueResult, 0, len(ts))
	for _, b := range ts {
		slices.Sort(b.result.Rules)
		b.result.Subtechniques = b.under.sorted()
		out = append(out, b.result)
	}
	slices.SortFunc(out, func(a, b TechniqueResult) int { return cmp.Compare(a.ID, b.ID) })
	return out
}
