package rules

// Status is what becomes of a rule before any evidence is read.
type Status string

// The statuses of an Entry.
const (
	Runs       Status = "runs"
	NotRun     Status = "not_run"    // Reason says why: Rule.NotRun, or deprecated
	Superseded Status = "superseded" // Reason names the newer version and its file
	Excluded   Status = "excluded"   // Reason names the flag
)

// Entry is one rule of a Set with its status.
type Entry struct {
	Rule   *Rule
	Status Status
	Reason string
}

// Problem is a rule, or a whole file, that could not be read. Err is a
// *source.Error where the place is known.
type Problem struct {
	Path string
	Name string // of the rule, where it is known
	Err  error
}

// Set is an ordered collection of rules: by id, version (newest first), file and
// line. It is immutable, but for DropGuides, and safe for concurrent use.
type Set struct {
	Entries  []Entry
	Problems []Problem // sorted by path and position
}

// DropGuides gives up the guides and setup notes of the rules, which are most of their
// text. It is for who has loaded the set and will show none, before others use it.
func (s *Set) DropGuides() {
	for _, e := range s.Entries {
		e.Rule.Note, e.Rule.Setup = "", ""
	}
}

// Selection says which rules of a set run. The zero value runs all that can run
// and are not deprecated.
type Selection struct {
	Only       []string // rule ids or exact names; empty means all
	Exclude    []string // rule ids or exact names
	Deprecated bool     // also run deprecated rules
	Indicators bool     // there are indicators: run the rules that need them
}
