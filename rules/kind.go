package rules

// Kind is the type of a rule, in Kibana's words.
type Kind string

// The rule types.
const (
	KindQuery       Kind = "query"
	KindSavedQuery  Kind = "saved_query"
	KindEQL         Kind = "eql"
	KindESQL        Kind = "esql"
	KindThreshold   Kind = "threshold"
	KindNewTerms    Kind = "new_terms"
	KindThreatMatch Kind = "threat_match"
	KindML          Kind = "machine_learning"
)

// Reasons for which a rule is not run: NotRun begins with one of them, and the
// screen counts rules by it.
const (
	ReasonESQL        = "ES|QL" // a construct that is named behind it
	ReasonML          = "machine learning"
	ReasonDeprecated  = "deprecated"
	ReasonIndicators  = "needs indicators"
	ReasonIncomplete  = "incomplete"
	ReasonUnsupported = "not supported"
)

// Severities lists the severities from low to critical.
var Severities = []string{"low", "medium", "high", "critical"}
