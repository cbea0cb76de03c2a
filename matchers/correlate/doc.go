// Package correlate is the reduce side: hits become findings. It is the only place
// that remembers anything between events.
//
// Workers write small [Record] values to a [Collector] each; nothing else crosses
// from the parallel side. [Reduce] merges the collectors' sorted records and runs
// them through a detector for each type of rule:
//
//	records by (rule, step, identity, origin) -> duplicates folded
//	  -> plain event rules: one finding a record
//	  -> event rules with head or tail: records by (rule, time, sequence, origin)
//	  -> rules in ES|QL that look at rows together: windows of the look-back (rowwindow.go)
//
// Rows of ES|QL are run by a pipe of stages (rowpipe.go, rowgroup.go): each command that
// needs all rows sorts them, so that one group at a time is in memory. The same pipe
// answers a query over all evidence at once ([Tabulate]).
//
// What the sources leave open of such rules: windows end at multiples of the interval
// since 1970, and count when their last interval has a row, or when what follows looks at
// NOW(). A look-back of more than 2,048 cells is widened to whole intervals; where rows
// cannot be grouped first, windows are at most 256 deep. What windows that overlap see of
// the same keys is one finding. A row that no event stands behind is none. Alert
// suppression is left to rules whose rows are findings by themselves: windows have folded
// theirs.
//
// What does not fit the memory budget is sorted and spilled to a temporary
// directory, so that memory is bounded whatever the evidence holds. Every order is
// total and made of what the records hold: the number of workers, the size of
// batches and the budget leave no trace in the result.
package correlate
