package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"coldcase/rules"
	"coldcase/rules/attack"
	"coldcase/scanner"
)

// pageView is what the template of the HTML report sees. Texts of evidence and rules
// in it are raw: the template passes each through safe, which makes invisible and
// control characters visible and cuts what is too long.
type pageView struct {
	Res        *scanner.Result
	Summary    string
	Caveats    []string
	Severities []severityCount
	Chart      chart
	Columns    []matrixColumn
	NotHit     []string
	Groups     []groupView
	Cards      []groupView
	MoreGroups int64
	Candidates *candidatesView // nil without any
	Hosts      []entityView
	Users      []entityView
	Chains     []chainView
	MoreChains int64
	MoreHosts  int
	MoreUsers  int
	Inputs     []*scanner.InputResult
	MoreInputs int
	BlindSpots []string
	RuleStates []ruleState
	InTable    int64 // findings in the table
	Rows       []*pageFinding
}

type severityCount struct {
	Name  string
	Count int64
}

func newPageView(res *scanner.Result, s *survey) *pageView {
	v := &pageView{Res: res, Summary: summarySentence(res), Caveats: caveats(res), Chart: s.bars.chart(),
		BlindSpots: blindSpots(&res.Coverage), RuleStates: ruleStates(res), InTable: min(s.total, maxPageFindings)}
	for _, name := range severitiesDown() {
		v.Severities = append(v.Severities, severityCount{name, res.Counts.BySeverity[name]})
	}
	v.Columns, v.NotHit = matrix(res.Tactics)
	v.fillGroups(res, s)
	v.Candidates = newCandidatesView(res)
	v.Hosts, v.MoreHosts = entityViews(res, "host", v.Groups)
	v.Users, v.MoreUsers = entityViews(res, "user", v.Groups)
	v.Chains = chainViews(res)
	v.MoreChains = max(res.Counts.Chains, int64(len(res.Chains))) - int64(len(v.Chains))
	v.fillInputs(res)
	return v
}

// groupView is one row of the ranked table, and the card below it.
type groupView struct {
	*scanner.Group
	Place   int // 1 is the best
	Rule    *rules.Rule
	IDs     []string
	Factors []string
	Note    string
	Example *pageFinding
	Card    bool // it stands in full below the table
}

func (v *pageView) fillGroups(res *scanner.Result, s *survey) {
	for i := range res.Groups[:min(len(res.Groups), maxPageGroups)] {
		g := &res.Groups[i]
		gv := groupView{Group: g, Place: i + 1, Rule: cmp.Or(g.Rule, noRule), Card: i < maxPageCards}
		gv.IDs = attackIDs(gv.Rule, true)
		gv.Factors = factorWords(g)
		if gv.Card {
			gv.Example = s.examples[groupName{g.Rule, g.Host, g.User}]
			gv.Note = noteOf(gv.Rule)
			v.Cards = append(v.Cards, gv)
		}
		v.Groups = append(v.Groups, gv)
	}
	v.MoreGroups = max(res.Counts.Groups, int64(len(res.Groups))) - int64(len(v.Groups))
}

// factorWords says each factor of a group's score.
func factorWords(g *scanner.Group) []string {
	var out []string
	for i := range g.Factors {
		f := &g.Factors[i]
		text := fmt.Sprintf("%s %s (%s)", f.Name, factor(f.Value), f.Why)
		if i > 0 {
			text = "× " + text
		}
		out = append(out, text)
	}
	return out
}

// noteOf is the triage note of a rule, line by line safe.
func noteOf(r *rules.Rule) string {
	return SafeLines(clipped(strings.TrimSpace(r.Note), maxPageNotes))
}

// entityView is a host or a user with its groups.
type entityView struct {
	*scanner.Entity
	Place  int
	Why    string
	Groups []groupView
	More   int // groups that are not named
}

// maxEntityGroups is how many groups a host or a user names.
const maxEntityGroups = 8

func entityViews(res *scanner.Result, kind string, groups []groupView) (out []entityView, more int) {
	for i := range res.Entities {
		e := &res.Entities[i]
		if e.Kind != kind {
			continue
		}
		if len(out) == maxPageEntities {
			more++
			continue
		}
		ev := entityView{Entity: e, Place: len(out) + 1, Why: arithmetic(e)}
		for _, g := range groups {
			if kind == "host" && g.Host != e.Name || kind == "user" && g.User != e.Name {
				continue
			}
			if len(ev.Groups) == maxEntityGroups {
				ev.More++
				continue
			}
			ev.Groups = append(ev.Groups, g)
		}
		out = append(out, ev)
	}
	return out, more
}

// matrixColumn is one tactic of the heat map.
type matrixColumn struct {
	*scanner.TacticResult
	Cells []matrixCell
}

// matrixCell is a technique, or below one a sub-technique. Heat is from 1 to 5.
type matrixCell struct {
	*scanner.TechniqueResult
	Heat int
	Sub  bool
}

// matrix lays out the tactics that were hit and names the others. Heat grows with the
// logarithm of the count: one finding and a thousand both have to be seen.
func matrix(tactics []scanner.TacticResult) (columns []matrixColumn, notHit []string) {
	hit := map[string]bool{}
	for i := range tactics {
		t := &tactics[i]
		hit[t.ID] = true
		col := matrixColumn{TacticResult: t}
		for j := range t.Techniques {
			tech := &t.Techniques[j]
			col.Cells = append(col.Cells, matrixCell{tech, heat(tech.Count), false})
			for k := range tech.Subtechniques {
				sub := &tech.Subtechniques[k]
				col.Cells = append(col.Cells, matrixCell{sub, heat(sub.Count), true})
			}
		}
		columns = append(columns, col)
	}
	for _, t := range allTactics() {
		if !hit[t.ID] {
			notHit = append(notHit, t.Name)
		}
	}
	return columns, notHit
}

// heat: 1, 2 to 4, 5 to 19, 20 to 99, 100 and more.
func heat(n int64) int {
	level := 1
	for _, from := range []int64{2, 5, 20, 100} {
		if n >= from {
			level++
		}
	}
	return level
}

// allTactics lists the tactics of the catalogue in matrix order. It is asked by id, of
// which ATT&CK has used those below TA0100 for its Enterprise matrix.
func allTactics() []attack.Tactic {
	var out []attack.Tactic
	for n := 1; n < 100; n++ {
		if t, ok := attack.TacticByID(fmt.Sprintf("TA%04d", n)); ok {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b attack.Tactic) int { return cmp.Compare(a.Order, b.Order) })
	return out
}

// fillInputs lists every input with a problem, and of the others the first.
func (v *pageView) fillInputs(res *scanner.Result) {
	left := maxPageInputs
	for i := range res.Inputs {
		in := &res.Inputs[i]
		if in.Status == scanner.StatusOK && in.BadLines == 0 {
			if left--; left < 0 {
				v.MoreInputs++
				continue
			}
		}
		v.Inputs = append(v.Inputs, in)
	}
}

// ruleState lists the rules of one status.
type ruleState struct {
	Name  string
	Count int
	Rules []*scanner.RuleResult
}

// ruleStateNames are the statuses in the order in which a reader asks for them.
var ruleStateNames = [][2]string{
	{"could_not_match", "Ran, but could not have fired on this evidence"}, {"not_run", "Not run"},
	{"unreadable", "Not readable"}, {"superseded", "Superseded by a newer version"},
	{"excluded", "Excluded by a flag"}, {"ran", "Ran, and could have fired"},
}

func ruleStates(res *scanner.Result) []ruleState {
	left := maxPageRules
	var out []ruleState
	for _, name := range ruleStateNames {
		st := ruleState{Name: name[1]}
		for i := range res.Rules {
			if res.Rules[i].Status != name[0] {
				continue
			}
			if st.Count++; left > 0 {
				left--
				st.Rules = append(st.Rules, &res.Rules[i])
			}
		}
		if st.Count > 0 {
			out = append(out, st)
		}
	}
	return out
}
