package query

import "time"

// Program is what the text of a rule amounts to: exactly one of Event, Sequence
// and Sample is set.
type Program struct {
	Event    Expr
	Sequence *Sequence
	Sample   *Sample
	// Pipes are EQL's head and tail, in the order written.
	Pipes []Pipe
}

// Pipe is "| head N" or "| tail N".
type Pipe struct {
	Tail bool // else head
	N    int
}

// Sequence is an EQL sequence. All steps, Until included, have the same number
// of keys: those of the sequence's own "by" first, then the step's.
type Sequence struct {
	Steps   []Step        // runs are already expanded: "with runs=3" is three equal steps
	Until   *Step         // nil when absent
	MaxSpan time.Duration // 0 when absent
}

// Sample is an EQL sample: no order, no time.
type Sample struct{ Steps []Step }

// Step is one term of a sequence or sample.
type Step struct {
	X       Expr
	Keys    []Field // Optional keys may be missing: null equals null
	Missing bool    // ![ ... ]
}
