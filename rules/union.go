package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Union is what runs of two sets, to be held against the same evidence in one pass. A
// rule that both sets hold alike stands in it once. It is immutable and safe for
// concurrent use.
type Union struct {
	A, B *Set
	// Rules are those of A that run, in A's order, then those that only B has, in B's.
	Rules []*Rule

	inB []bool // by place in Rules
	ofA int    // how many of Rules are A's
}

// Unite makes the union of two sets. Rules that look at alerts are never shared: what
// they find hangs on what the other rules of their set find.
func Unite(a, b *Set) *Union {
	u := &Union{A: a, B: b, Rules: a.Runnable()}
	u.ofA = len(u.Rules)
	u.inB = make([]bool, u.ofA)
	place := map[string]int{}
	for i, r := range u.Rules {
		if _, twice := place[finds(r)]; !twice && !overAlerts(r) {
			place[finds(r)] = i
		}
	}
	for _, r := range b.Runnable() {
		if i, ok := place[finds(r)]; ok && !overAlerts(r) {
			u.inB[i] = true
			continue
		}
		u.Rules, u.inB = append(u.Rules, r), append(u.inB, true)
	}
	return u
}

// InA says whether A has the rule at a place in Rules.
func (u *Union) InA(rule int) bool { return rule < u.ofA }

// InB says whether B has the rule at a place in Rules.
func (u *Union) InB(rule int) bool { return u.inB[rule] }

// Meet says whether one of the sets has both rules.
func (u *Union) Meet(x, y int) bool { return u.InA(x) && u.InA(y) || u.InB(x) && u.InB(y) }

func overAlerts(r *Rule) bool {
	return slices.ContainsFunc(r.Indices, func(p string) bool { return strings.Contains(p, ".alerts-security") })
}

// finds writes everything about a rule that decides what its findings are.
func finds(r *Rule) string {
	return fmt.Sprintf("%s %d\n%s %q %s %d %v %v %q %q %v\n%s", r.ID, r.Version, r.Name, r.Exceptions, r.Severity, r.RiskScore,
		r.SeverityMap, r.RiskMap, r.NameOverride, r.TimeOverride, r.BuildingBlock, logicText(r))
}
