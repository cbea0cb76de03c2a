package proof

// Statuses of a Verdict.
const (
	// Proven: file, lines and rule are as the finding says.
	Proven = "proven"
	// Changed: something is there and is not what the finding says.
	Changed = "changed"
	// Missing: something that the proof needs is not at hand.
	Missing = "missing"
)

// Verdict is what became of one finding of a findings file.
type Verdict struct {
	Line      int64 // 1-based, of the findings file
	FindingID string
	RuleID    string
	RuleName  string
	Status    string // Proven, Changed or Missing
	// Proof says what was held against the evidence and held.
	Proof string
	// Reason says why a finding is not proven; "" when it is.
	Reason string
	// File and EvidenceLine are the first place that is not as it was; "" and 0 when
	// there is none.
	File         string
	EvidenceLine int64
}

// VerifyCounts are totals of a verification.
type VerifyCounts struct {
	Findings, Proven, Changed, Missing int64
	Lines                              int64 // evidence lines held against the inputs
	Inputs                             int64 // inputs named by the findings
	Moved                              int64 // of those, found by their hash elsewhere
}

func (c *VerifyCounts) add(status string) {
	c.Findings++
	switch status {
	case Proven:
		c.Proven++
	case Changed:
		c.Changed++
	default:
		c.Missing++
	}
}

// part is what became of one evidence line of a finding.
type part struct {
	Line   *int64   `json:",omitempty"` // of the evidence, where it is wrong
	File   string   `json:",omitempty"`
	Status string   // of the line
	Reason string   `json:",omitempty"`
	NoHash bool     `json:",omitempty"` // the findings file states no hash of the input
	Hit    bool     `json:",omitempty"` // the rule matches the event
	Twice  bool     `json:",omitempty"` // the same line stands among the finding's lines before
	Place  int      // among the finding's evidence
	Step   int16    // as the findings file says
	Record [][]byte `json:",omitempty"` // a record for each step and join key

	lost bool // the line is not at its place
}
