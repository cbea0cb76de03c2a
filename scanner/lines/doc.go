// Package lines frames decoded bytes: it cuts a stream into batches of whole lines, or of
// the elements of whatever else events come in, that workers parse.
//
//	input.Stream --Reader.Next--> Batch (about 256 KiB of whole lines) --> a worker --Release--> Budget
//	                 |                       |
//	                 text.go  lines          Bytes: the event     Pieces: what else is on a
//	                 json.go  elements       Raw: its proof       line that is no event
//	                 csv.go   rows
//
// # Shapes
//
// The shape is told by content, never by name, and may change within an input:
//
//   - Lines: whatever is not one of the others. A line that begins with a brace is framed
//     as a JSON text first; when its object ends with the line, lines follow, and are no
//     longer looked into: NDJSON costs a search for line ends. A line that is but a brace
//     or bracket is looked at in any case.
//   - JSON texts: arrays (in arrays), objects over several lines, several on one line,
//     with commas or without. An object at the top or in an array whose first keys are
//     those of a search response, and lead to hits that look like hits, is a response:
//     each hit is an element, the rest is passed over (wrap.go lists the keys: _search,
//     scroll, _msearch, _async_search, EQL, _mget, and Kibana's wrappers). One whose
//     columns have names is an ES|QL or SQL response: each row is an element. Any other
//     object is an event, or an envelope of one, which is for package event.
//   - CSV: a first line of two names or more, with @timestamp, _source or two dotted
//     names among them, separated by commas, semicolons or tabs.
//   - UTF-16, by its mark or a zero beside a first brace or bracket, in any shape.
//
// An input in which no object is seen at first is of unknown shape: its first line is
// named as that, with what it begins with.
//
// # Events from rows
//
// A row becomes an event of dotted names; the columns _id and _index make it a hit, a
// column _source the event itself. A null of ES|QL is no value. In CSV an empty cell or
// a dash is no value, as Discover writes it; a cell of a field that mostly holds several
// values (isList) is cut at each comma and space, unless it is a JSON array; a time as
// Kibana shows it ("Mar 1, 2026 @ 10:00:00.000") is taken for UTC, since the export does
// not say its zone; the commas of a number ("1,234") are dropped. Every other cell is its
// text, and numbers are text too.
//
// # Origin
//
// The number of a line counts all physical lines of the input from 1; an element has that
// of the line on which it begins. Offsets count decoded bytes from 0, before UTF-16 is
// transcoded. [Batch.Raw] is what stands there. Behind a gap both count what is seen.
//
// # What is lost, and where it is said
//
// Blank lines are counted. Lines and elements that are too long, cut off or broken, and
// NUL bytes beside them, are counted by kind as [Bad], with the first position:
//
//   - A last line without its end is whole; after damage only when it is an object or
//     array that is closed. What stands before a gap is treated like that.
//   - The line behind a gap is one only when it is whole; the rest of a row, or of an
//     object over several lines, is counted with its beginning. Where responses or arrays
//     were framed, the next element that begins like theirs is looked for, since the gap
//     may have taken the beginning of the next response.
//   - A JSON text that breaks in its first line is taken for lines. An object over several
//     lines is lost up to a line that begins with a brace; an element of an array or
//     response up to one that begins with the same key, or to a line that begins with a
//     brace, where something else is taken to begin. Parts of a broken object are never
//     taken for events.
//   - A line that the parser of events refuses may hold several objects, a response, or
//     one object behind the header of a log or behind the first half of another:
//     [Batch.Pieces].
//
// # Memory
//
// Memory is bounded by the [Budget] that all readers share: every batch comes from it,
// and longer lines than a batch wait for one of few larger buffers. A response is never
// held as a whole. Nesting is followed to 256 levels. To add a shape, add a value of
// shape, its state and its scan function.
package lines
