package rules

import (
	"time"

	"coldcase/rules/esql"
	"coldcase/rules/query"
)

// Rule is one detection rule as its source states it. A Rule is immutable after
// loading and safe for concurrent use.
type Rule struct {
	ID     string // rule_id, or a uuid-v5 of the slug where the source has none
	IDKind IDKind
	Name   string
	// Version is the rule's own version; 0 when the source does not say.
	Version int
	File    string // path as the user would name it; "builtin/<file>" for the pack
	Line    int    // 1-based line in File where the rule begins
	Format  string // name of the format: "toml", "page", "kibana", "fleet"
	Hash    string // hex SHA-256 of the rule's text as stored

	Type     Kind
	Language string // "kuery", "eql", "lucene", "esql" or ""
	Query    string // as written
	// Program is the compiled query with the rule's filters as part of it. nil when
	// the rule is not run.
	Program *query.Program
	// ESQL is the query of a rule in ES|QL; nil for other languages. Program is then what
	// must be so of an event for it to count at all.
	ESQL *esql.Query
	// Candidates is set for a rule whose verdict is a language model's (COMPLETION): its
	// findings are what the model would have been asked about.
	Candidates bool

	Indices []string // index patterns; empty means Kibana's default list
	From    string   // date math as written, default "now-6m"
	To      string   // default "now"
	// Interval is how often the rule runs live, default "5m".
	Interval   string
	LookBack   time.Duration // To minus From
	MaxSignals int           // default 100

	Severity      string // low, medium, high, critical
	RiskScore     int    // 0..100
	SeverityMap   []SeverityMapping
	RiskMap       []RiskMapping
	NameOverride  string // field whose value replaces the name
	TimeOverride  string // timestamp_override
	BuildingBlock bool
	Deprecated    bool
	Maturity      string

	Threat         []Tactic
	Tags           []string
	References     []string
	Authors        []string
	License        string
	Description    string
	Note           string // triage and analysis
	Setup          string
	FalsePositives []string
	DerivedFrom    string // derived_facts_from of the built-in pack
	Pivots         []string

	Threshold   *Threshold
	NewTerms    *NewTerms
	ThreatMatch *ThreatMatch
	Suppression *Suppression
	MLJobs      []string
	Exceptions  []string // ids of the exception lists that the rule names

	// Tests are the rule's own events ("coldcase rules test"); built-in pack only.
	Tests []Test

	// NotRun says why the rule is not run ("" when it is): the reason as the user
	// reads it, which begins with one of the Reason constants.
	NotRun string
	// Incomplete lists facts that the source should have held and did not.
	Incomplete []string
	// Warnings are what "rules check" says of it.
	Warnings []string
}

// IDKind says where a rule's id came from.
type IDKind uint8

// Where an id comes from.
const (
	FromSource IDKind = iota // the source states rule_id
	FromSlug                 // uuid-v5 of the slug of its name
)

// SeverityMapping raises severity when Field has Value.
type SeverityMapping struct{ Field, Value, Severity string }

// RiskMapping takes the risk score from Field.
type RiskMapping struct{ Field string }

// Tactic is one entry of the ATT&CK mapping of a rule, as its source states it.
type Tactic struct {
	Framework string
	ID, Name  string
	// Order is the tactic's 1-based place in the matrix, 0 when the embedded
	// catalogue does not know it.
	Order      int
	Techniques []Technique
}

// Technique is a technique below a tactic, or a sub-technique below a technique.
type Technique struct {
	ID, Name string
	// Was is the id as the source states it when ATT&CK has revoked that in favour
	// of ID; "" otherwise.
	Was           string
	Subtechniques []Technique
}

// Threshold holds the parameters of a threshold rule.
type Threshold struct {
	Fields      []string
	Value       int
	Cardinality []Cardinality
}

// Cardinality is a condition on the number of distinct values of Field.
type Cardinality struct {
	Field string
	Value int
}

// NewTerms holds the parameters of a new_terms rule.
type NewTerms struct {
	Fields       []string
	HistoryStart string // date math, e.g. "now-7d"
	// Window is how far back a term counts as known: To minus HistoryStart.
	Window time.Duration
}

// ThreatMatch holds the parameters of a threat_match rule.
type ThreatMatch struct {
	Index         []string
	Query         string
	Language      string
	IndicatorPath string
	Mapping       [][]ThreatEntry // OR of ANDs
	Filters       query.Expr      // nil when there are none
	// QueryX is the compiled Query; nil when it is empty, which every indicator
	// satisfies.
	QueryX query.Expr
}

// ThreatEntry compares an event's field with an indicator's.
type ThreatEntry struct {
	Field, Value string
	Negate       bool
}

// Suppression holds alert_suppression.
type Suppression struct {
	GroupBy       []string
	Duration      time.Duration
	DoNotSuppress bool // missing_fields_strategy: doNotSuppress
}

// Test is one event of a rule's own tests.
type Test struct {
	Name  string
	Match bool
	Event string // one JSON object
}
