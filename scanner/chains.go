package scanner

import (
	"cmp"
	"slices"
	"time"

	"coldcase/matchers/correlate"
	"coldcase/rules"
	"coldcase/scanner/top"
)

// Chain is findings of at least two rules on one host that belong together: by the
// ancestry of their processes, by logon session, or, the weakest, by time alone. It is
// for reading: no score of a group or an entity depends on it.
type Chain struct {
	// ID is made of the findings: the same evidence and rules give the same.
	ID    string
	Host  string
	Users []string // of the findings, sorted
	// Score and Band are those that a host with these findings alone would have.
	Score       float64
	Band        string
	Findings    int64
	Rules       int
	Tactics     []string // in the order of their first findings
	First, Last time.Time
	// Nodes are the processes as a forest, each behind its parent, in the order of their
	// first findings.
	Nodes []ChainNode
	More  int // nodes beyond those
}

// ChainNode is one process of a chain, or an event without one.
type ChainNode struct {
	Depth int // below its root
	// Join says why a strand, which begins here, belongs to those before it; "" for the
	// first, and for all that is below a strand's beginning.
	Join Join
	// Process is false for a finding whose event names no process.
	Process bool
	// Outside says that the start of the process is not in the evidence: what is known of
	// it is what others say.
	Outside                  bool
	Name, Command, PID, User string
	Time                     time.Time // of the start; zero when it is not known
	File                     string    // where the start stands in the evidence, with Line
	Line                     int64
	Findings                 []ChainFinding
}

// ChainFinding is the findings of one rule on one node.
type ChainFinding struct {
	ID       string // of the first
	Rule     *rules.Rule
	Name     string // the rule's, after its override
	Severity string
	Score    float64
	Count    int64
	First    time.Time
	Last     time.Time
}

// Join is what ties a strand of a chain to those before it.
type Join string

// The joins, strongest first. A strand is findings whose processes descend from each
// other, or from a parent that is not shared by all that runs on the host.
const (
	JoinSession Join = "session"
	JoinTime    Join = "time"
)

// Bounds of chains. None depends on MaxMemory: the result must not.
const (
	maxChained        = 10_000 // findings that are looked at, those of the best scores
	maxChainProcesses = 20_000
	maxChains         = 200
	maxChainNodes     = 100
	maxChainText      = 4 << 20 // bytes of the texts of all chains
	maxChainEvents    = 4       // events of one finding whose processes are looked at
	maxChainSample    = 200     // bytes
	maxNodeRules      = 20      // rules listed at one node
)

// Distances in time. A session's number is used again after a restart; findings that
// share nothing but the host belong together within an hour at most (ranking.md).
const (
	sessionGap = 12 * time.Hour
	timeWindow = time.Hour
)

// joinChains joins the findings of a run, which g has grouped.
func (res *Result) joinChains(cfg Config, g *grouping, s shards) error {
	logs := s.ancestry()
	defer func() {
		for _, a := range logs {
			_ = a.log.Close() // the directory is removed as a whole
		}
	}()
	if g.counts.Findings < 2 {
		return nil
	}
	c := newChaining(g.rules, cfg.Assets, res.Inputs)
	c.use(logs)
	if err := c.choose(g); err != nil {
		return err
	}
	if more := g.counts.Findings - int64(len(c.findings)) - c.apart; more > 0 {
		c.note("findings of lower score that chains leave out: %d", more)
	}
	if err := c.resolve(); err != nil {
		return err
	}
	c.join()
	best := &top.List[Chain]{N: maxChains, Text: maxChainText, Compare: compareChains, Size: chainText}
	res.chainOf = map[string]string{}
	for _, members := range c.components() {
		if !c.severalRules(members) {
			continue
		}
		ch := c.chain(members)
		for _, f := range members {
			res.chainOf[c.findings[f].id] = ch.ID
		}
		best.Add(ch)
	}
	res.Chains, res.Counts.Chains = best.Sorted(), best.Seen
	res.Notes = append(res.Notes, c.notes...)
	return nil
}

// choose takes the findings of the best scores, of those that share the last one the
// earliest.
func (c *chaining) choose(g *grouping) error {
	floor, left := len(g.tenths)-1, int64(maxChained)
	for ; floor > 0 && g.tenths[floor] < left; floor-- {
		left -= g.tenths[floor]
	}
	return correlate.Merge([]*correlate.Sorter{g.ordered}, func(_, payload []byte) error {
		score, payload, err := cutScore(payload)
		if err != nil {
			return err
		}
		at := tenth(score)
		if at < floor || at == floor && left == 0 {
			return nil
		}
		f, err := decodeFound(payload, g.rules)
		if err != nil || f.rule.Candidates {
			return err
		}
		if at == floor {
			left--
		}
		c.take(&f, score)
		return nil
	})
}

// tenth is a score in tenths, from 0 to 1000.
func tenth(score float64) int { return int(min(max(score, 0), 100)*10 + 0.5) }

// severalRules says whether findings are of more than one rule: one that fires again and
// again makes no chain.
func (c *chaining) severalRules(members []int32) bool {
	for _, f := range members[1:] {
		if c.findings[f].rule != c.findings[members[0]].rule {
			return true
		}
	}
	return false
}

// chain makes a chain of findings, which stand in the order of time.
func (c *chaining) chain(members []int32) Chain {
	first := &c.findings[members[0]]
	ch := Chain{Host: first.host, Findings: int64(len(members))}
	best := map[*rules.Rule]float64{}
	ch.ID = "chain-" + first.id
	for _, i := range members {
		f := &c.findings[i]
		// The least id, not the first finding's: that would depend on the order of lines
		// that share their time.
		ch.ID = min(ch.ID, "chain-"+f.id)
		best[f.rule] = max(best[f.rule], f.score)
		ch.span(f)
		if f.user != "" && !slices.Contains(ch.Users, f.user) && len(ch.Users) < maxNodeRules {
			ch.Users = append(ch.Users, f.user)
		}
		for _, t := range f.rule.Threat {
			if !slices.Contains(ch.Tactics, t.Name) {
				ch.Tactics = append(ch.Tactics, t.Name)
			}
		}
	}
	slices.Sort(ch.Users)
	ch.Rules = len(best)
	ch.Score = c.chainScore(best, ch.Host, first.hostKey)
	ch.Band = band(ch.Score)
	ch.Nodes, ch.More = c.tree(members)
	return ch
}

func (ch *Chain) span(f *chained) {
	if f.time.IsZero() {
		return
	}
	if ch.First.IsZero() {
		ch.First = f.time
	}
	if f.last.After(ch.Last) {
		ch.Last = f.last
	}
}

// chainScore is that of a host with the best group of each rule.
func (c *chaining) chainScore(best map[*rules.Rule]float64, host, hostKey string) float64 {
	parts := make([]Part, 0, len(best))
	for r, s := range best {
		parts = append(parts, Part{Rule: r, Score: s})
	}
	sortParts(parts)
	parts = parts[:min(len(parts), weights.parts)]
	asset, _ := c.assets.of("host", host, hostKey)
	score, _, _ := entityScore(parts, len(tacticsOf(parts)), asset)
	return score
}

// compareChains ranks chains: score, rules, tactics, first time, host, id.
func compareChains(a, b Chain) int {
	return cmp.Or(
		cmp.Compare(b.Score, a.Score),
		cmp.Compare(b.Rules, a.Rules),
		cmp.Compare(len(b.Tactics), len(a.Tactics)),
		compareTimes(a.First, b.First),
		cmp.Compare(a.Host, b.Host),
		cmp.Compare(a.ID, b.ID),
	)
}

func chainText(ch Chain) int {
	n := len(ch.Host)
	for _, u := range ch.Users {
		n += len(u)
	}
	for i := range ch.Nodes {
		nd := &ch.Nodes[i]
		n += len(nd.Name) + len(nd.Command) + len(nd.User) + len(nd.PID) + 100*len(nd.Findings)
	}
	return n
}
