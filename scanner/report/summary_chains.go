package report

import (
	"encoding/json"

	"coldcase/scanner"
)

// The chains of the summary: each a tree of processes, its nodes behind their parents.

type jsonChain struct {
	ID       string          `json:"id"`
	Host     *string         `json:"host"`
	Users    []string        `json:"users"`
	Score    json.Number     `json:"score"`
	Band     string          `json:"band"`
	Findings int64           `json:"findings"`
	Rules    int             `json:"rules"`
	Tactics  []string        `json:"tactics"`
	First    *string         `json:"first"`
	Last     *string         `json:"last"`
	Nodes    []jsonChainNode `json:"nodes"`
	More     int             `json:"more_nodes"`
}

type jsonChainNode struct {
	Depth int `json:"depth"`
	// Join is "session" or "time" where a strand begins that hangs on those before it by
	// that alone.
	Join     string             `json:"join,omitempty"`
	Process  bool               `json:"process"`
	Outside  bool               `json:"outside"`
	Name     *string            `json:"name"`
	Command  *string            `json:"command_line"`
	PID      *string            `json:"pid"`
	User     *string            `json:"user"`
	Time     *string            `json:"time"`
	File     *string            `json:"file"`
	Line     int64              `json:"line,omitempty"`
	Findings []jsonChainFinding `json:"findings"`
}

type jsonChainFinding struct {
	Rule     jsonRuleRef `json:"rule"`
	Name     string      `json:"name"`
	Severity string      `json:"severity"`
	Score    json.Number `json:"score"`
	Count    int64       `json:"count"`
	First    *string     `json:"first"`
	Last     *string     `json:"last"`
	ID       string      `json:"finding_id"`
}

func summaryChain(c *scanner.Chain) jsonChain {
	return jsonChain{
		ID: c.ID, Host: orNull(c.Host), Users: list(c.Users), Score: json.Number(score(c.Score)), Band: c.Band,
		Findings: c.Findings, Rules: c.Rules, Tactics: list(c.Tactics), First: jsonTime(c.First), Last: jsonTime(c.Last),
		Nodes: each(c.Nodes, summaryNode), More: c.More,
	}
}

func summaryNode(n *scanner.ChainNode) jsonChainNode {
	return jsonChainNode{
		Depth: n.Depth, Join: string(n.Join), Process: n.Process, Outside: n.Outside, Name: orNull(n.Name),
		Command: orNull(n.Command), PID: orNull(n.PID), User: orNull(n.User), Time: jsonTime(n.Time),
		File: orNull(n.File), Line: n.Line,
		Findings: each(n.Findings, func(f *scanner.ChainFinding) jsonChainFinding {
			return jsonChainFinding{ruleRef(f.Rule), f.Name, f.Severity, json.Number(score(f.Score)), f.Count,
				jsonTime(f.First), jsonTime(f.Last), f.ID}
		}),
	}
}
