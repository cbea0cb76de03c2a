package scanner

import (
	"cmp"
	"slices"

	"coldcase/matchers/correlate"
	"coldcase/rules"
	"coldcase/scanner/top"
)

// ranking is how entities are scored.
type ranking struct {
	rules   []*rules.Rule
	assets  *Assets
	elastic bool // by Elastic's own formula
}

// entities reads groups sorted by entity and rule, and returns the hosts and then the
// users, each ranked, and how many were left out.
func (r *ranking) entities(members *correlate.Sorter) (out []Entity, more int64, err error) {
	ranked := map[string]*top.List[Entity]{}
	for _, kind := range entityKinds {
		ranked[kind] = &top.List[Entity]{N: maxEntities, Text: maxEntityText, Compare: compareEntities,
			Size: func(e Entity) int { return len(e.Name) }}
	}
	var cur *entityBuilder
	err = correlate.Merge([]*correlate.Sorter{members}, func(_, payload []byte) error {
		m, err := decodeMember(payload)
		if err != nil {
			return err
		}
		if cur == nil || cur.kind != m.kind || cur.key != m.key {
			cur.finish(r, ranked)
			cur = &entityBuilder{kind: m.kind, key: m.key, entity: Entity{Kind: m.kind, Name: m.name}}
		}
		cur.add(r.rules, m)
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	cur.finish(r, ranked)
	for _, kind := range entityKinds {
		kept := ranked[kind].Sorted()
		more += ranked[kind].Seen - int64(len(kept))
		out = append(out, kept...)
	}
	return out, more, nil
}

// entityKinds are the kinds of entity in the order in which they are listed.
var entityKinds = [...]string{"host", "user"}

// entityBuilder gathers one entity: its best group of each rule, of which there are
// no more than rules.
type entityBuilder struct {
	kind, key string
	entity    Entity
	best      []Part
	lastRule  int32
	alerts    []alerts
}

// alerts are the findings of one rule with one risk.
type alerts struct {
	rule  *rules.Rule
	risk  int
	count int64
}

func (b *entityBuilder) add(rs []*rules.Rule, m member) {
	e := &b.entity
	e.Findings += m.count
	if m.risk > 0 {
		b.alerts = addAlerts(b.alerts, alerts{rs[m.rule], m.risk, m.count})
	}
	if compareTimes(m.first, e.First) < 0 {
		e.First = m.first
	}
	if n := len(b.best); n > 0 && b.lastRule == m.rule {
		b.best[n-1].Score = max(b.best[n-1].Score, m.score)
		return
	}
	b.lastRule = m.rule
	b.best = append(b.best, Part{Rule: rs[m.rule], Score: m.score})
}

// finish scores the entity and files it. A nil builder is none.
func (b *entityBuilder) finish(r *ranking, ranked map[string]*top.List[Entity]) {
	if b == nil {
		return
	}
	e := &b.entity
	e.Rules = len(b.best)
	sortParts(b.best)
	b.best = b.best[:min(len(b.best), weights.parts)]
	e.Tactics = tacticsOf(b.best)
	e.Asset, e.Criticality = r.assets.of(b.kind, e.Name, b.key)
	if r.elastic {
		e.Elastic, e.Breadth = true, 1
		e.Score, e.Parts = elasticScore(b.alerts, e.Asset)
	} else {
		e.Score, e.Breadth, e.Parts = entityScore(b.best, len(e.Tactics), e.Asset)
	}
	e.Band = band(e.Score)
	ranked[b.kind].Add(*e)
}

// sortParts puts the best first.
func sortParts(parts []Part) {
	slices.SortFunc(parts, func(x, y Part) int {
		return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(x.Rule.Name, y.Rule.Name), cmp.Compare(x.Rule.ID, y.Rule.ID))
	})
}

// tacticsOf lists the distinct tactics of the rules whose risk counts for breadth, in
// matrix order.
func tacticsOf(parts []Part) []string {
	order := map[string]int{}
	for _, p := range parts {
		if riskOf(p.Rule) <= weights.breadthRisk {
			continue
		}
		for _, t := range p.Rule.Threat {
			order[t.Name] = t.Order
		}
	}
	out := make([]string, 0, len(order))
	for name := range order {
		out = append(out, name)
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(cmp.Compare(order[a], order[b]), cmp.Compare(a, b))
	})
	return out
}

// compareEntities ranks entities: score, distinct rules, tactics, first time, name.
func compareEntities(a, b Entity) int {
	return cmp.Or(
		cmp.Compare(b.Score, a.Score),
		cmp.Compare(b.Rules, a.Rules),
		cmp.Compare(len(b.Tactics), len(a.Tactics)),
		compareTimes(a.First, b.First),
		cmp.Compare(a.Name, b.Name),
	)
}
