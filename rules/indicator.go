package rules

// Indicator is one indicator of compromise for threat_match rules. Exactly one of Doc
// and Fields is set. It is immutable after loading.
type Indicator struct {
	File string
	Line int // 1-based
	// Doc is an ECS document with threat.indicator, bare or in a hit's envelope: the
	// rule's threat_query and threat_filters are held against it.
	Doc []byte
	// Fields are the values of an indicator from a list, a CSV file or a STIX pattern,
	// under their ECS names; threat_query does not apply to them (rule-types.md
	// section 4).
	Fields []IndicatorField
	// Type is threat.indicator.type in ECS' words (file, ipv4-addr, url, ...), where
	// Fields say it.
	Type string
}

// IndicatorField is one value of an indicator: "threat.indicator.ip", "10.1.2.3".
type IndicatorField struct{ Path, Value string }

// Indicators is what was read of indicator files.
type Indicators struct {
	Items []*Indicator // in the order of the files and of the lines in them
	// Problems are the indicators and files that could not be read.
	Problems []Problem
	// Notes say what was read otherwise than written ("3 defanged values ..."), sorted.
	Notes []string
}
