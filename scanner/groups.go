package scanner

import (
	"cmp"
	"time"
	"unicode/utf8"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/rules"
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
func clip(s string) string {
	if len(s) <= maxSample {
		return s
	}
	n := maxSample
	for n > maxSample-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

// grouping turns the findings, sorted by rule, host and user, into ranked groups. It
// walks them twice: first to learn how widely each rule fires, then to score.
type grouping struct {
	rules  []*rules.Rule
	census *matchers.Census
	filter *filter

	hosts   []int // by rule: hosts on which it fired
	inScope []int // by rule: hosts with events that it looks at

	groups   *top[Group]
	entities *correlate.Sorter
	ordered  *correlate.Sorter // findings by time, rule, origin; payload: score and record
	counts   Counts
	byRule   []int64 // reported findings
	first    time.Time
	last     time.Time
	hidden   int64 // findings that the filters hid
}

func newGrouping(rs []*rules.Rule, census *matchers.Census, f *filter, dir string, budget int) *grouping {
	return &grouping{rules: rs, census: census, filter: f,
		hosts: make([]int, len(rs)), inScope: make([]int, len(rs)), byRule: make([]int64, len(rs)),
		groups:   &top[Group]{n: maxGroups, text: maxGroupText, compare: compareGroups, size: groupText},
		entities: correlate.NewSorter(dir, budget), ordered: correlate.NewSorter(dir, budget)}
}

// groupKey orders findings by group; within one, those of a known index first, since
// they decide its confidence, then by time.
func groupKey(dst []byte, r *correlate.Record) []byte {
	dst = correlate.AppendInt(dst, int64(r.Rule))
	dst = correlate.AppendText(dst, r.HostKey)
	dst = correlate.AppendText(dst, r.User)
	assumed := int64(0)
	if r.Assumed {
		assumed = 1
	}
	dst = correlate.AppendInt(dst, assumed)
	return r.AppendTime(dst)
}

// run walks the sorted findings.
func (g *grouping) run(findings *correlate.Sorter) error {
	if err := g.measure(findings); err != nil {
		return err
	}
	var cur *groupBuilder
	err := correlate.Merge([]*correlate.Sorter{findings}, func(_, payload []byte) error {
		r := &correlate.Record{}
		if err := r.Decode(payload); err != nil {
			return err
		}
		if cur == nil || !cur.same(r) {
			if err := g.close(cur); err != nil {
				return err
			}
			cur = g.open(r)
		}
		return g.add(cur, r, payload)
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
		var r correlate.Record
		if err := r.Decode(payload); err != nil {
			return err
		}
		if r.Rule != lastRule || r.HostKey != lastHost {
			g.hosts[r.Rule]++
			lastRule, lastHost = r.Rule, r.HostKey
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

// groupBuilder is the group at hand. Its score is known from the first record on: one
// record with a known index makes the confidence whole, and would come first.
type groupBuilder struct {
	rule          int32
	hostKey, user string
	group         Group
}

func (b *groupBuilder) same(r *correlate.Record) bool {
	return b.rule == r.Rule && b.hostKey == r.HostKey && b.user == r.User
}

func (g *grouping) open(r *correlate.Record) *groupBuilder {
	rule := g.rules[r.Rule]
	b := &groupBuilder{rule: r.Rule, hostKey: r.HostKey, user: r.User}
	b.group = Group{Rule: rule, Severity: rule.Severity, RiskScore: rule.RiskScore, Host: r.Host, User: r.User}
	b.group.Score, b.group.Factors = groupScore(rule, r.Assumed, g.hosts[r.Rule], g.inScope[r.Rule])
	return b
}

// add takes one finding into the group, unless a filter hides it.
func (g *grouping) add(b *groupBuilder, r *correlate.Record, payload []byte) error {
	if !g.filter.shows(b.group.Rule, r) {
		g.hidden++
		return nil
	}
	gr := &b.group
	t := recordTime(r)
	if gr.Count == 0 || compareTimes(t, gr.First) < 0 {
		gr.Sample, gr.First = clip(cmp.Or(r.Command, r.Message)), t
	}
	gr.Count++
	if !t.IsZero() {
		if t.After(gr.Last) {
			gr.Last = t
		}
		g.span(t)
	}
	g.byRule[r.Rule]++
	g.counts.Findings++
	if r.Beyond {
		g.counts.BeyondIgnoreAbove++
	}
	return g.order(r, gr.Score, payload)
}

func (g *grouping) span(t time.Time) {
	if g.first.IsZero() || t.Before(g.first) {
		g.first = t
	}
	if t.After(g.last) {
		g.last = t
	}
}

// order files a finding for the output, with its group's score.
func (g *grouping) order(r *correlate.Record, score float64, payload []byte) error {
	return g.ordered.Add(outputKey(r), append(appendScore(nil, score), payload...))
}

// outputKey orders findings by time, then rule, then origin.
func outputKey(r *correlate.Record) []byte {
	key := make([]byte, 0, 40)
	t := r.Time
	if r.NoTime {
		t = 1<<63 - 1
	}
	key = correlate.AppendInt(key, t)
	key = correlate.AppendInt(key, int64(r.Rule))
	return r.AppendOrigin(key)
}

// close hands a finished group on to the ranking and to its host and user.
func (g *grouping) close(b *groupBuilder) error {
	if b == nil || b.group.Count == 0 {
		return nil
	}
	g.counts.Groups++
	g.groups.add(b.group)
	if err := g.entity("host", b.hostKey, b.group.Host, b); err != nil {
		return err
	}
	return g.entity("user", b.user, b.user, b)
}

func (g *grouping) entity(kind, key, name string, b *groupBuilder) error {
	if key == "" {
		return nil
	}
	k := correlate.AppendText(nil, kind)
	k = correlate.AppendText(k, key)
	k = correlate.AppendInt(k, int64(b.rule))
	// The other half of the group tells groups of one rule on one entity apart.
	k = correlate.AppendText(k, b.hostKey)
	k = correlate.AppendText(k, b.user)
	return g.entities.Add(k, encodeMember(member{kind: kind, key: key, name: name, rule: b.rule,
		score: b.group.Score, count: b.group.Count, first: b.group.First}))
}

func recordTime(r *correlate.Record) time.Time {
	if r.NoTime {
		return time.Time{}
	}
	return time.Unix(0, r.Time).UTC()
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
