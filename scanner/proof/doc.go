// Package proof holds findings against their evidence, and packs the evidence behind them.
//
// [Verify] takes a findings file, opens the inputs that it names again and says of each
// finding whether it is [Proven], [Changed] or [Missing]:
//
//	findings file --claim.Reader--> heads, by number; lines, by input
//	lines + inputs, found by a Locator, each opened once -> parts, by number
//	heads + parts -> a judge each, in batches: the rule is run on the finding's own events
//	              -> Verdict
//
// Proven are the bytes of input and lines by SHA-256, the event, and as much of the rule as
// the lines of the finding decide; what rests on all evidence is named in the verdict, and
// a new scan proves it.
//
// [Select] chooses the lines of a bundle: those behind the findings of a run, what findings
// count but do not list, the starts of the processes above (lineage.go) and the lines around
// (neighbours.go). [Selection.Write] writes them in the order of their origin with a map of
// where each came from; [Selection.Check] scans what was written, and holds its findings
// against those of the run.
//
// Everything is filed in sorters that spill: memory is bounded for any number of findings
// and lines. The package looks at evidence as a run does, by package scanner's own means,
// and knows no other rules than those it is given.
package proof
