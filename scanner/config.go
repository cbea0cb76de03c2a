package scanner

import (
	"io"
	"sync/atomic"
	"time"

	"coldcase/matchers"
	"coldcase/rules"
	"coldcase/scanner/input"
	"coldcase/scanner/journal"
)

// Config is everything a run needs. Matcher must have been compiled from the
// runnable rules of Rules.
type Config struct {
	Tool    Tool
	Matcher *matchers.Matcher
	Rules   *rules.Set
	// Compare, when not nil, is the union of Rules with a second set, and Matcher holds
	// its rules. The result is that of Rules; Result.Comparison tells the second.
	Compare *rules.Union
	Inputs  []input.Input
	// Baseline are older archives, scanned for the terms of new_terms rules only: what
	// is known from there is not new.
	Baseline []input.Input
	// Journal, when not nil, takes what becomes known of each input, so that a later run
	// with the same matcher and flags can go on; what an earlier one has left there is not
	// read again. It stays the caller's. Inputs from standard input are never kept.
	Journal *journal.Journal
	// NotEvidence is passed through to the result.
	NotEvidence []string
	// Rejects keeps the places of bad lines for Result.Rejects.
	Rejects bool
	Stdin   io.Reader
	// Spool, when not nil, keeps what Stdin holds, for Fetch. It stays the caller's.
	Spool *Spool
	// Problems are what was given beside evidence and rules and could not be read:
	// exceptions, value lists, indicators. Notes are what else is to be said of them.
	Problems []rules.Problem
	Notes    []string
	// NearMisses also reports what was nearly a finding.
	NearMisses bool
	// Reference turns the fast path off: every rule's tree on every event.
	Reference bool
	// Audit evaluates about one line in so many once more by the plain path and reports
	// what differs; 0 means none.
	Audit int
	// ProfileRules measures what each rule costs.
	ProfileRules bool

	Jobs      int   // workers; 0 means runtime.GOMAXPROCS(0)
	MaxMemory int64 // bytes; state beyond a share of it spills; 0 means 256 MiB
	TempDir   string
	MaxLine   int // bytes; 0 means 16 MiB

	// Assets say how much hosts and users matter; nil for nothing.
	Assets *Assets
	// ElasticRisk ranks hosts and users by Elastic's own formula, for comparison.
	ElasticRisk bool

	// places is kept from the first reading of the inputs for the second; may be nil.
	places keptPlaces

	// tables is set for a query: workers keep its rows.
	tables bool

	// leaveFrom is for tests; 0 means the constant of that name.
	leaveFrom int

	Filter   Filter
	Progress *Progress // nil when nobody looks
}

// Filter says which findings are reported. Events outside still feed coverage and
// rarity.
type Filter struct {
	Since, Until time.Time // zero means open; both ends inclusive
	Hosts, Users []string  // any of; empty means all
	MinSeverity  string
	Tags         []string // any of, exact
	Tactics      []string // any of: id, name or short name, in any case
}

// Progress is updated while a run goes on and may be read at any time.
type Progress struct {
	StoredBytes  atomic.Int64 // read so far, as stored
	KeptBytes    atomic.Int64 // as stored, of inputs that Config.Journal has and are not read
	TotalBytes   atomic.Int64 // as stored; grows until the inputs are walked
	DecodedBytes atomic.Int64
	Events       atomic.Int64
	BadLines     atomic.Int64
	BySeverity   [4]atomic.Int64 // hits by rules.Severities
}
