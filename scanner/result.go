package scanner

import (
	"time"

	"coldcase/matchers/event"
	"coldcase/rules"
)

// Result is what a run amounts to. Reports read it and nothing else. Findings are
// not in memory: Findings streams them from the sorted (and perhaps spilled)
// records, as often as asked, until Close.
type Result struct {
	Complete    bool // everything given was read whole
	Interrupted bool
	Tool        Tool
	Counts      Counts
	Inputs      []InputResult // in the order in which they were walked
	NotEvidence []string      // paths that are no evidence, or were skipped, with why
	Rules       []RuleResult  // every rule given, once, in the set's order
	Groups      []Group       // ranked: score, severity, first, rule name, ...
	Candidates  []Group       // of rules whose verdict step is skipped, ranked likewise; in no other part
	Entities    []Entity      // ranked hosts, then ranked users
	Chains      []Chain       // ranked; the best of Counts.Chains
	Tactics     []TacticResult
	Coverage    Coverage
	Continuity  Continuity
	Exceptions  []ExceptionResult // in the order given
	NearMisses  []NearMiss        // the earliest of what was nearly a finding, when asked for
	First, Last time.Time         // of findings; zero when there are none
	Notes       []string          // things a reader of the result must know, sorted
	Comparison  *Comparison       // nil without a second set of rules
	Audit       *AuditResult      // nil without an audit
	Costs       []RuleCost        // the costliest first; nil when the run was not profiled

	findings func(yield func(*Finding) error) error
	explain  func(*Finding) *Why
	rejects  func(yield func(*Reject) error) error // nil when nobody asked for them
	close    func() error
	chainOf  map[string]string // chain by finding
}

// Findings calls yield for each finding and each candidate ([Finding.Candidate]) in order
// (time, rule, origin). The finding is valid during the call only. An error of yield ends the walk and is returned.
func (r *Result) Findings(yield func(*Finding) error) error {
	if r.findings == nil {
		return nil
	}
	return r.findings(yield)
}

// Close removes what was spilled.
func (r *Result) Close() error {
	if r.close == nil {
		return nil
	}
	return r.close()
}

// Tool names the program and the ATT&CK version.
type Tool struct{ Name, Version, ATTACK string }

// Counts are totals of the run.
type Counts struct {
	Inputs, Lines, Events, BadLines, Findings, Groups int64
	StoredBytes, DecodedBytes                         int64
	Blank                                             int64 // lines; not in Lines
	Loss                                              Loss  // of all inputs
	NoTime                                            int64 // events without a readable time
	NoIndex                                           int64 // events with no recognisable origin
	Folded                                            int64 // findings folded as duplicates
	IDConflicts                                       int64 // same id, different content
	Candidates, CandidateGroups                       int64 // not in Findings, Groups and BySeverity
	NearMisses                                        int64
	Chains                                            int64
	Actions                                           int64 // bulk action lines; Lines are Events, BadLines and these
	BeyondIgnoreAbove                                 int64 // findings that a live stack would have missed
	Suppressed                                        int64 // pairs of a rule and an event that exceptions took away
	BySeverity                                        map[string]int64
}

// InputResult is the health of one input.
type InputResult struct {
	// Baseline is set for an older archive that was scanned for terms only.
	Baseline     bool
	File         string
	SHA256       string // hex of the bytes as stored; "" when not read to its end
	Bytes        int64  // as stored
	DecodedBytes int64
	Lines        int64 // lines read, bad ones included, blank ones not
	Blank        int64
	Actions      int64 // bulk action lines: read, and no events
	BadLines     int64
	Bad          []BadKind // by kind, sorted by name
	Status       string    // "ok", "damaged", "unreadable"
	Problem      string    // what is wrong, with position; "" when ok
	Note         string    // what is odd about the name it has in an archive; "" mostly
	Lost         []Lost    // by offset, at most 1,000
	Loss         Loss      // of all of them
	Changed      bool      // the file changed while it was read, or since it was found
	Limits       []string  // those that kept something from being read, sorted
	Clock        InputClock
}

// BadKind counts the bad lines of one kind, with the first one's position.
type BadKind struct {
	Kind   string
	Count  int64
	Line   int64
	Offset int64
}

// RuleResult is what became of one rule.
type RuleResult struct {
	Rule     *rules.Rule
	Status   string // ran, could_not_match, not_run, superseded, excluded, unreadable
	Reason   string // with position for unreadable
	Findings int64
	// Candidates counts what a rule whose verdict step is skipped has kept; its Findings
	// are 0.
	Candidates int64
	// For unreadable files there is no Rule: Name and File stand instead.
	Name, File string
}

// Finding is one rule firing once.
type Finding struct {
	ID         string
	Rule       *rules.Rule
	RuleName   string // after rule_name_override
	Severity   string // after severity_mapping
	RiskScore  int
	Time, Last time.Time // zero when the event has no readable time
	Host, User string
	Score      float64 // of its group
	Process    string
	Command    string
	Message    string
	Count      int
	Evidence   []Evidence
	Detail     map[string]any // per type; keys are printed sorted
	Chain      string         // Chain.ID of the chain that it is part of, "" for none
	// Candidate says that the rule asks a language model for its verdict (COMPLETION), which
	// nobody gave: this is what the model would have been asked about, and no finding.
	Candidate bool

	// Key is what the rule joined its events by, "" for other rules.
	Key string

	hostKey string
	explain func(*Finding) *Why // nil for a finding of no run
}

// Evidence is one event behind a finding.
type Evidence struct {
	File       string
	FileSHA256 string // "" when the input was not read to its end
	Origin     event.Origin
	LineSHA256 string
	Index, ID  string
	Step       int
	Event      []byte // the unwrapped event, as in the line
}

// Group is all findings of one rule on one host by one user: a row of the table.
type Group struct {
	Rule        *rules.Rule
	Severity    string
	RiskScore   int
	Host, User  string
	Count       int64
	First, Last time.Time
	Score       float64
	Factors     []Factor
	// Sample is the command line, file or message of the first finding, "" if none.
	Sample string

	hostKey string
}

// Factor is one multiplier of a score, with its reason.
type Factor struct {
	Name  string
	Value float64
	Why   string
}

// Entity is a host or a user, ranked by its groups.
type Entity struct {
	Kind    string // "host" or "user"
	Name    string
	Score   float64
	Band    string // unknown, low, moderate, high, critical
	Parts   []Part // best group of each distinct rule, sorted; at most 10
	Tactics []string
	Rules   int     // distinct rules
	Breadth float64 // odds multiplier for tactics
	// Asset is the odds multiplier for Criticality, what Config.Assets says of it; 1 and
	// "" when that is nothing.
	Asset       float64
	Criticality string
	// Elastic says that Score is by Elastic's own formula: Parts are its first alerts.
	Elastic  bool
	Findings int64
	First    time.Time
}

// Part is what one rule adds to an entity's score: the best alone, the others by
// how much they raise it.
type Part struct {
	Rule  *rules.Rule
	Score float64 // of the group
	Added float64 // by how much it raised the entity's score
}

// TacticResult is one tactic that was hit, in matrix order.
type TacticResult struct {
	ID, Name   string
	Count      int64 // findings
	Techniques []TechniqueResult
}

// TechniqueResult is a technique (or, below one, a sub-technique) that was hit.
type TechniqueResult struct {
	ID, Name      string
	Was           string // the revoked id as the rule states it, "" when the same
	Count         int64
	Rules         []string // names of the rules that hit it, sorted
	Subtechniques []TechniqueResult
}

// Coverage says which rules could have fired on this evidence.
type Coverage struct {
	Ran, CouldNotMatch, NotRun, Superseded, Excluded, Unreadable int
	// Reasons counts the rules that could not match, by reason, most first.
	Reasons []ReasonCount
	// NotRunReasons counts the rules not run, by reason, most first.
	NotRunReasons []ReasonCount
	Census        Census
}

// ReasonCount counts rules by reason.
type ReasonCount struct {
	Reason string
	Count  int
}

// Census is what the evidence holds, as far as its caps allow.
type Census struct {
	Indices, Hosts, Categories, OS []NameCount // sorted by count, then name
	Capped                         bool        // some names were not kept
	First, Last                    time.Time
}

// NameCount counts events by a name.
type NameCount struct {
	Name  string
	Count int64
}
