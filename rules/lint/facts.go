package lint

import (
	"fmt"
	"slices"
	"strings"

	"coldcase/rules"
	"coldcase/rules/attack"
	"coldcase/rules/query"
)

// duplicateID reports a rule whose id another one has that runs, too: each finding of
// both would be there twice.
func duplicateID(c *context) {
	if first := c.first[c.rule.ID]; c.runs && first != c.rule {
		c.say("rule_id", c.rule.ID, fmt.Sprintf("the id %s is that of %s (%s), too", c.rule.ID, first.Name, first.File))
	}
}

func incomplete(c *context) {
	for _, fact := range c.rule.Incomplete {
		c.say("", "", "incomplete: "+fact)
	}
}

// reading repeats what was to be said of the rule's file. A name in quotes is where it
// stands.
func reading(c *context) {
	for _, w := range c.rule.Warnings {
		if strings.HasPrefix(w, "ATT&CK ") {
			continue // attackRevoked says so, and where
		}
		word := ""
		if parts := strings.SplitN(w, `"`, 3); len(parts) == 3 {
			word = parts[1]
			if at := strings.LastIndexByte(word, '.'); wordIn(c.place.textOf(c.rule.File), word) < 0 {
				word = word[at+1:]
			}
		}
		c.say("", word, w)
	}
}

func notRun(c *context) {
	if !c.runs {
		c.say("", "", strings.ReplaceAll(string(c.entry.Status), "_", " ")+": "+c.entry.Reason)
	}
}

const mitre = "MITRE ATT&CK"

func attackIDs(c *context) {
	for _, t := range c.rule.Threat {
		if t.Framework != "" && t.Framework != mitre {
			continue
		}
		if tactic, ok := attack.TacticByID(t.ID); !ok {
			c.say("threat", t.ID, fmt.Sprintf("ATT&CK v%s has no tactic %q", attack.Version, t.ID))
		} else if t.Name != "" && !strings.EqualFold(t.Name, tactic.Name) {
			c.say("threat", t.Name, fmt.Sprintf("the tactic %s is %q, not %q", t.ID, tactic.Name, t.Name))
		}
		for _, q := range t.Techniques {
			c.technique(t, q, "")
			for _, sub := range q.Subtechniques {
				c.technique(t, sub, q.ID)
			}
		}
	}
}

// technique looks at one id; parent is that of a sub-technique's technique. A revoked id
// is attackRevoked's.
func (c *context) technique(t rules.Tactic, q rules.Technique, parent string) {
	known, ok := attack.TechniqueByID(q.ID)
	switch {
	case !ok:
		c.say("threat", q.ID, fmt.Sprintf("ATT&CK v%s has no technique %q", attack.Version, q.ID))
	case q.Was != "" || known.Was != "":
	case parent != "" && known.Parent != parent:
		c.say("threat", q.ID, fmt.Sprintf("%s is no sub-technique of %s", q.ID, parent))
	case parent == "" && known.Parent != "":
		c.say("threat", q.ID, fmt.Sprintf("%s is a sub-technique; it belongs below %s", q.ID, known.Parent))
	case len(known.Tactics) > 0 && !slices.Contains(known.Tactics, t.ID):
		c.say("threat", q.ID, fmt.Sprintf("%s serves %s, not %s", q.ID, strings.Join(known.Tactics, " and "), t.ID))
	}
}

func attackRevoked(c *context) {
	say := func(q rules.Technique) {
		known, ok := attack.TechniqueByID(q.ID)
		was := q.Was
		if was == "" {
			was = known.Was
		}
		switch {
		case !ok:
		case was != "":
			c.say("threat", was, fmt.Sprintf("ATT&CK has revoked %s; it is %s %s now", was, known.ID, known.Name))
		case known.Deprecated:
			c.say("threat", q.ID, fmt.Sprintf("ATT&CK has deprecated %s", q.ID))
		}
	}
	for _, t := range c.rule.Threat {
		for _, q := range t.Techniques {
			say(q)
			for _, sub := range q.Subtechniques {
				say(sub)
			}
		}
	}
}

func withoutReferences(c *context) {
	if len(c.rule.References) == 0 {
		c.say("", "", "the rule names no reference")
	}
}

func withoutATTACK(c *context) {
	if len(c.rule.Threat) == 0 {
		c.say("", "", "the rule names no tactic of ATT&CK")
	}
}

// coarse are the fields of few values by which events are put into classes; what a rule
// asks of them alone still lets it look at every event of a class.
var coarse = []string{
	"event.kind", "event.category", "event.type", "event.action", "event.module", "event.dataset", "event.outcome",
	"event.provider", "host.os.type", "data_stream.dataset", "endgame.metadata.type", "event.code", "winlog.channel",
}

// withoutIndex reports queries for which no value has to be there (matchers/index): only
// what is excluded, computed, or asked of any field narrows them down.
func withoutIndex(c *context) {
	if !c.runs || c.rule.Program == nil {
		return
	}
	p := c.rule.Program
	switch {
	case p.Event != nil:
		c.anchored(p.Event, "the query")
	case p.Sequence != nil:
		for i, s := range p.Sequence.Steps {
			c.anchored(s.X, fmt.Sprintf("step %d", i+1))
		}
	case p.Sample != nil:
		for i, s := range p.Sample.Steps {
			c.anchored(s.X, fmt.Sprintf("filter %d", i+1))
		}
	}
}

func (c *context) anchored(x query.Expr, what string) {
	if !hasAnchor(x) {
		c.say("query", fieldIn(x, c), what+" uses no index: it is evaluated on every event of its kind")
	}
}

// hasAnchor says whether a value of some field has to be there for x to hold. A query
// that asks of coarse fields only has one: it is settled once for a class.
func hasAnchor(x query.Expr) bool {
	switch x := x.(type) {
	case *query.And:
		return slices.ContainsFunc(x.X, func(p query.Expr) bool { return hasAnchor(p) && !isCoarse(p) }) ||
			!slices.ContainsFunc(x.X, func(p query.Expr) bool { return !isCoarse(p) })
	case *query.Or:
		return !slices.ContainsFunc(x.X, func(p query.Expr) bool { return !hasAnchor(p) })
	case *query.Not:
		return isCoarse(x)
	case *query.Const:
		return !x.Value
	}
	f, ok := query.LeafField(x)
	return ok && !f.Glob
}

// isCoarse says whether x is about coarse fields only.
func isCoarse(x query.Expr) bool {
	all, any := true, false
	query.Walk(x, func(x query.Expr) {
		if _, ok := x.(*query.Script); ok {
			all = false
		}
		if f, ok := query.LeafField(x); ok {
			any = true
			all = all && !f.Glob && slices.Contains(coarse, f.Name)
		}
	})
	return all && any
}
