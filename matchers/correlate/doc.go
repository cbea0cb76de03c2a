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
//
// What does not fit the memory budget is sorted and spilled to a temporary
// directory, so that memory is bounded whatever the evidence holds. Every order is
// total and made of what the records hold: the number of workers, the size of
// batches and the budget leave no trace in the result.
package correlate
