package scanner

import (
	"cmp"
	"slices"

	"coldcase/matchers/correlate"
	"coldcase/rules"
)

// rankEntities reads groups sorted by entity and rule, and returns the hosts and then
// the users, each ranked, and how many were left out.
func rankEntities(rs []*rules.Rule, members *correlate.Sorter) (out []Entity, more int64, err error) {
	ranked := map[string]*top[Entity]{}
	for _, kind := range entityKinds {
		ranked[kind] = &top[Entity]{n: maxEntities, text: maxEntityText, compare: compareEntities,
			size: func(e Entity) int { return len(e.Name) }}
	}
	var cur *entityBuilder
	err = correlate.Merge([]*correlate.Sorter{members}, func(_, payload []byte) error {
		m, err := decodeMember(payload)
		if err != nil {
			return err
		}
		if cur == nil || cur.kind != m.kind || cur.key != m.key {
			cur.finish(ranked)
			cur = &entityBuilder{kind: m.kind, key: m.key, entity: Entity{Kind: m.kind, Name: m.name}}
		}
		cur.add(rs, m)
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	cur.finish(ranked)
	for _, kind := range entityKinds {
		kept := ranked[kind].sorted()
		more += ranked[kind].seen - int64(len(kept))
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
}

func (b *entityBuilder) add(rs []*rules.Rule, m member) {
	e := &b.entity
	e.Findings += m.count
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
func (b *entityBuilder) finish(ranked map[string]*top[Entity]) {
	if b == nil {
		return
	}
	e := &b.entity
	e.Rules = len(b.best)
	slices.SortFunc(b.best, func(x, y Part) int {
		return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(x.Rule.Name, y.Rule.Name), cmp.Compare(x.Rule.ID, y.Rule.ID))
	})
	if len(b.best) > weights.parts {
		b.best = b.best[:weights.parts]
	}
	e.Tactics = tacticsOf(b.best)
	e.Score, e.Breadth, e.Parts = entityScore(b.best, len(e.Tactics))
	e.Band = band(e.Score)
	ranked[b.kind].add(*e)
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
