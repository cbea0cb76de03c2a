package scanner

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/rules"
	"coldcase/scanner/top"
)

// Most groups and entities kept in memory and shown. Evidence chooses hosts and users,
// so their number has no bound; what is left out ranks below and is counted.
// The bytes of their texts are bounded for the same reason. None of this depends on
// MaxMemory: the result must not.
const (
	maxGroups     = 10_000
	maxGroupText  = 8 << 20
	maxEntities   = 1_000
	maxEntityText = 1 << 20
	maxSample     = 1 << 10 // bytes of Group.Sample
)

func groupText(g Group) int { return len(g.Host) + len(g.User) + len(g.Sample) }

// clip shortens a text that is shown as a sample to whole characters.
func clip(s string) string { return clipTo(s, maxSample) }

// grouping turns the findings, sorted by rule, host and user, into ranked groups. It
// walks them twice: first to learn how widely each rule fires, then to score.
type grouping struct {
	rules  []*rules.Rule
	census *matchers.Census
	filter *filter

	hosts   []int // by rule: hosts on which it fired
	inScope []int // by rule: hosts with events that it looks at

	groups     *top.List[Group]
	candidates *top.List[Group]
	entities   *correlate.Sorter
	ordered    *correlate.Sorter // findings and candidates by time, rule, origin; payload: score and record
	counts     Counts
	byRule     []int64     // reported findings, or candidates
	tenths     [1001]int64 // reported findings by score, in tenths
	elastic    bool        // risks are counted
	first      time.Time
	last       time.Time
	hidden     int64 // findings that the filters hid
}

func newGrouping(rs []*rules.Rule, census *matchers.Census, f *filter, dir string, budget int) *grouping {
	return &grouping{rules: rs, census: census, filter: f, counts: Counts{BySeverity: map[string]int64{}},
		hosts: make([]int, len(rs)), inScope: make([]int, len(rs)), byRule: make([]int64, len(rs)),
		groups: newTopGroups(), candidates: newTopGroups(),
		entities: correlate.NewSorter(dir, budget), ordered: correlate.NewSorter(dir, budget)}
}

func newTopGroups() *top.List[Group] {
	return &top.List[Group]{N: maxGroups, Text: maxGroupText, Compare: compareGroups, Size: groupText}
}

// run walks the sorted findings.
func (g *grouping) run(findings *correlate.Sorter) error {
	if err := g.measure(findings); err != nil {
		return err
	}
	var cur *groupBuilder
	err := correlate.Merge([]*correlate.Sorter{findings}, func(_, payload []byte) error {
		f, err := decodeFound(payload, g.rules)
		if err != nil {
			return err
		}
		if cur == nil || !cur.same(&f) {
			if err := g.close(cur); err != nil {
				return err
			}
			cur = g.open(&f)
		}
		return g.add(cur, &f, payload)
	})
	if err != nil {
		return err
	}
	return g.close(cur)
}

// measure counts the hosts of each rule; a host's findings are neighbours.
func (g *grouping) measure(findings *correlate.Sorter) error {
	lastRule, lastHost := int32(-1), ""
	err := correlate.Merge([]*correlate.Sorter{findings}, func(_, payload []byte) error {
		f, err := decodeFound(payload, g.rules)
		if err != nil {
			return err
		}
		if f.Rule != lastRule || f.hostKey != lastHost {
			g.hosts[f.Rule]++
			lastRule, lastHost = f.Rule, f.hostKey
		}
		return nil
	})
	for i, n := range g.hosts {
		if n > 0 {
			g.inScope[i] = g.census.HostsInScope(i)
		}
	}
	return err
}

// groupBuilder is the group at hand. Its score is known from the first finding on,
// which decides it (see found.groupKey).
type groupBuilder struct {
	rule          int32
	hostKey, user string
	group         Group
	risks         map[int]int64 // findings by risk, for Elastic's formula
}

func (b *groupBuilder) same(f *found) bool {
	return b.rule == f.Rule && b.hostKey == f.hostKey && b.user == f.user
}

func (g *grouping) open(f *found) *groupBuilder {
	b := &groupBuilder{rule: f.Rule, hostKey: f.hostKey, user: f.user, risks: map[int]int64{}}
	b.group = Group{Rule: f.rule, Severity: f.severity, RiskScore: f.risk, Host: f.host, User: f.user, hostKey: f.hostKey}
	b.group.Score, b.group.Factors = groupScore(f, g.hosts[f.Rule], g.inScope[f.Rule])
	return b
}

// add takes one finding into the group, unless a filter hides it.
func (g *grouping) add(b *groupBuilder, f *found, payload []byte) error {
	if !g.filter.shows(f) {
		g.hidden++
		return nil
	}
	gr := &b.group
	t := f.time()
	if gr.Count == 0 || compareTimes(t, gr.First) < 0 {
		gr.Sample, gr.First = f.sample(), t
	}
	gr.Count++
	if !t.IsZero() && f.last().After(gr.Last) {
		gr.Last = f.last()
	}
	g.byRule[f.Rule]++
	if f.rule.Candidates {
		g.counts.Candidates++
	} else {
		g.count(b, f)
	}
	return g.ordered.Add(f.outputKey(), append(appendScore(nil, gr.Score), payload...))
}

// count counts a finding that is no candidate in the totals.
func (g *grouping) count(b *groupBuilder, f *found) {
	if t := f.time(); !t.IsZero() {
		g.span(t)
		g.span(f.last())
	}
	g.tenths[tenth(b.group.Score)]++
	if g.elastic {
		b.risks[f.riskScore()]++
	}
	g.counts.Findings++
	g.counts.BySeverity[f.severity]++
	if f.beyond {
		g.counts.BeyondIgnoreAbove++
	}
}

func (g *grouping) span(t time.Time) {
	if g.first.IsZero() || t.Before(g.first) {
		g.first = t
	}
	if t.After(g.last) {
		g.last = t
	}
}

// close hands a finished group on to the ranking and to its host and user. Candidates
// speak against nobody.
func (g *grouping) close(b *groupBuilder) error {
	if b == nil || b.group.Count == 0 {
		return nil
	}
	if b.group.Rule.Candidates {
		g.counts.CandidateGroups++
		g.candidates.Add(b.group)
		return nil
	}
	g.counts.Groups++
	g.groups.Add(b.group)
	if err := g.entity("host", b.hostKey, b.group.Host, b); err != nil {
		return err
	}
	return g.entity("user", b.user, b.user, b)
}

// entity files a group with its host or user: once, or for Elastic's formula once for each
// risk of its findings.
func (g *grouping) entity(kind, key, name string, b *groupBuilder) error {
	if key == "" {
		return nil
	}
	m := member{kind: kind, key: key, name: name, rule: b.rule, score: b.group.Score, count: b.group.Count, first: b.group.First}
	if !g.elastic {
		return g.member(m, b)
	}
	for _, risk := range slices.Sorted(maps.Keys(b.risks)) {
		m.risk, m.count = risk, b.risks[risk]
		if err := g.member(m, b); err != nil {
			return err
		}
	}
	return nil
}

func (g *grouping) member(m member, b *groupBuilder) error {
	k := correlate.AppendText(nil, m.kind)
	k = correlate.AppendText(k, m.key)
	k = correlate.AppendInt(k, int64(m.rule))
	// The other half of the group tells groups of one rule on one entity apart.
	k = correlate.AppendText(k, b.hostKey)
	k = correlate.AppendText(k, b.user)
	return g.entities.Add(correlate.AppendInt(k, int64(m.risk)), encodeMember(m))
}

// compareGroups ranks groups: score, severity, earliest time, rule name; host, user
// and rule id make the order total.
func compareGroups(a, b Group) int {
	return cmp.Or(
		cmp.Compare(b.Score, a.Score),
		cmp.Compare(severityRank(b.Severity), severityRank(a.Severity)),
		compareTimes(a.First, b.First),
		cmp.Compare(a.Rule.Name, b.Rule.Name),
		cmp.Compare(a.Host, b.Host),
		cmp.Compare(a.User, b.User),
		cmp.Compare(a.Rule.ID, b.Rule.ID),
		cmp.Compare(a.Rule.Version, b.Rule.Version),
		cmp.Compare(a.Rule.File, b.Rule.File),
	)
}

// compareTimes sorts an unknown time last.
func compareTimes(a, b time.Time) int {
	if a.IsZero() != b.IsZero() {
		if a.IsZero() {
			return 1
		}
		return -1
	}
	return a.Compare(b)
}
