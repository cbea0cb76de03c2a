package report

import (
	"encoding/json"

	"coldcase/rules"
	"coldcase/scanner"
)

// The ranked part of the summary: groups, entities, ATT&CK, coverage.

// jsonRuleRef names a rule where the whole rule stands elsewhere in the summary.
// File tells two rules of one id and no known version apart.
type jsonRuleRef struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version *int   `json:"version"`
	File    string `json:"file"`
}

type jsonGroup struct {
	Rule      jsonRuleRef  `json:"rule"`
	Severity  string       `json:"severity"`
	RiskScore int          `json:"risk_score"`
	Host      *string      `json:"host"`
	User      *string      `json:"user"`
	Count     int64        `json:"count"`
	First     *string      `json:"first"`
	Last      *string      `json:"last"`
	Score     json.Number  `json:"score"`
	Factors   []jsonFactor `json:"factors"`
	Sample    *string      `json:"sample"`
}

type jsonFactor struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Why   string  `json:"why"`
}

type jsonEntity struct {
	Kind     string      `json:"kind"`
	Name     string      `json:"name"`
	Score    json.Number `json:"score"`
	Band     string      `json:"band"`
	Rules    int         `json:"rules"`
	Findings int64       `json:"findings"`
	Tactics  []string    `json:"tactics"`
	Breadth  float64     `json:"breadth"`
	// Asset is the odds multiplier for Criticality; left out where that is not known.
	Asset       float64    `json:"asset,omitempty"`
	Criticality string     `json:"criticality,omitempty"`
	Formula     string     `json:"formula,omitempty"` // "elastic" for Elastic's own
	First       *string    `json:"first"`
	Parts       []jsonPart `json:"parts"`
}

type jsonPart struct {
	Rule  jsonRuleRef `json:"rule"`
	Score json.Number `json:"score"`
	Added json.Number `json:"added"`
}

type jsonTacRun struct {
	ID         string        `json:"id"`
	Name       string        `json:"name"`
	Findings   int64         `json:"findings"`
	Techniques []jsonTechRun `json:"techniques"`
}

type jsonTechRun struct {
	ID            string        `json:"id"`
	Name          string        `json:"name"`
	Was           string        `json:"was,omitempty"`
	Findings      int64         `json:"findings"`
	Rules         []string      `json:"rules"`
	Subtechniques []jsonTechRun `json:"subtechniques,omitempty"`
}

type jsonCoverage struct {
	Ran           int          `json:"ran"`
	CouldNotMatch int          `json:"could_not_match"`
	NotRun        int          `json:"not_run"`
	Superseded    int          `json:"superseded"`
	Excluded      int          `json:"excluded"`
	Unreadable    int          `json:"unreadable"`
	Reasons       []jsonReason `json:"could_not_match_reasons"`
	NotRunReasons []jsonReason `json:"not_run_reasons"`
	Census        jsonCensus   `json:"census"`
}

type jsonReason struct {
	Reason string `json:"reason"`
	Count  int    `json:"count"`
}

type jsonCensus struct {
	Indices    []jsonName `json:"indices"`
	Hosts      []jsonName `json:"hosts"`
	Categories []jsonName `json:"categories"`
	OS         []jsonName `json:"os"`
	Capped     bool       `json:"capped"`
	First      *string    `json:"first"`
	Last       *string    `json:"last"`
}

type jsonName struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

func ruleRef(r *rules.Rule) jsonRuleRef {
	if r == nil {
		r = noRule
	}
	return jsonRuleRef{ID: r.ID, Name: r.Name, Version: version(r), File: r.File}
}

func summaryGroup(g *scanner.Group) jsonGroup {
	return jsonGroup{
		Rule: ruleRef(g.Rule), Severity: g.Severity, RiskScore: g.RiskScore,
		Host: orNull(g.Host), User: orNull(g.User), Count: g.Count,
		First: jsonTime(g.First), Last: jsonTime(g.Last), Score: json.Number(score(g.Score)),
		Factors: each(g.Factors, func(f *scanner.Factor) jsonFactor {
			return jsonFactor{f.Name, f.Value, f.Why}
		}),
		Sample: orNull(g.Sample),
	}
}

func summaryEntity(e *scanner.Entity) jsonEntity {
	out := jsonEntity{
		Kind: e.Kind, Name: e.Name, Score: json.Number(score(e.Score)), Band: e.Band,
		Rules: e.Rules, Findings: e.Findings, Tactics: list(e.Tactics), Breadth: e.Breadth,
		First: jsonTime(e.First),
		Parts: each(e.Parts, func(p *scanner.Part) jsonPart {
			return jsonPart{ruleRef(p.Rule), json.Number(score(p.Score)), json.Number(score(p.Added))}
		}),
	}
	if e.Criticality != "" {
		out.Asset, out.Criticality = e.Asset, e.Criticality
	}
	if e.Elastic {
		out.Formula = "elastic"
	}
	return out
}

func summaryTactic(t *scanner.TacticResult) jsonTacRun {
	return jsonTacRun{ID: t.ID, Name: t.Name, Findings: t.Count,
		Techniques: each(t.Techniques, summaryTechnique)}
}

func summaryTechnique(t *scanner.TechniqueResult) jsonTechRun {
	return jsonTechRun{ID: t.ID, Name: t.Name, Was: t.Was, Findings: t.Count, Rules: list(t.Rules),
		Subtechniques: each(t.Subtechniques, summaryTechnique)}
}

func summaryCoverage(c *scanner.Coverage) jsonCoverage {
	return jsonCoverage{
		Ran: c.Ran, CouldNotMatch: c.CouldNotMatch, NotRun: c.NotRun,
		Superseded: c.Superseded, Excluded: c.Excluded, Unreadable: c.Unreadable,
		Reasons: each(c.Reasons, summaryReason), NotRunReasons: each(c.NotRunReasons, summaryReason),
		Census: jsonCensus{
			Indices: each(c.Census.Indices, summaryName), Hosts: each(c.Census.Hosts, summaryName),
			Categories: each(c.Census.Categories, summaryName), OS: each(c.Census.OS, summaryName),
			Capped: c.Census.Capped, First: jsonTime(c.Census.First), Last: jsonTime(c.Census.Last),
		},
	}
}

func summaryReason(r *scanner.ReasonCount) jsonReason { return jsonReason{r.Reason, r.Count} }

func summaryName(n *scanner.NameCount) jsonName { return jsonName{n.Name, n.Count} }
