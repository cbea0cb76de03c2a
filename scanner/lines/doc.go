// Package lines frames decoded bytes: it cuts a stream into batches of whole lines
// that workers parse.
//
//	input.Stream --Reader.Next--> Batch (about 256 KiB of whole lines) --> a worker --Release--> Budget
//
// A line is what stands between line ends ('\n', with one '\r' before it, which is
// not part of the line). Its number counts all physical lines of the input from 1,
// its offset all decoded bytes from 0; a byte order mark is before the first line.
// Nothing is known of JSON but this: the first line of a _bulk pair must not be cut
// from the second, and a last line without its end is whole, after damage, only when
// it is valid JSON.
//
// What is lost, and where it is said: blank lines are counted; lines that are too
// long, cut off or UTF-16 are counted by kind as [Bad], with the first position, and
// reading goes on behind them.
//
// Memory is bounded by the [Budget] that all readers share: every batch comes from
// it, and longer lines than a batch wait for one of few larger buffers.
package lines
