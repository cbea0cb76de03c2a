// Package event turns one line of evidence into the fields that the rules want.
//
//	line ──> Extract ──ok──────────────────────────> Event ──> matchers
//	            │                                      ^
//	            └─"not me"─> Parse: check, unwrap, fastjson, fill
//	                            └──> *BadLine: counted by kind, never guessed at
//
// # Two paths, one result
//
// [Parser.Parse] is the reference: it checks the line strictly against RFC 8259,
// finds the event inside its envelope, lets fastjson build the tree and walks it.
// [Parser.Extract] is the fast path: one pass, no tree, no allocation, values
// sliced from the line. It does the plain cases and says "not me" to the rest:
// escapes in keys, bulk updates, hits that are not plain _index/_id/_source,
// containers, lines above half a MiB and whatever is malformed. A line that
// Extract accepts, Parse accepts, with the same values in the same order within
// each slot (FuzzExtract holds them together).
//
// # What becomes a value
//
// {"a":{"b":1}}, {"a.b":1} and mixtures of both are the field a.b. Arrays, also
// arrays of arrays and of objects, are flattened into the field's list of values,
// in the order of the line. An explicit null is kept as a Null value; [] and {}
// leave nothing. A name that a rule wants and that is an object with anything but
// nulls in it gets one Object value. When a key stands twice, both count: an
// event must not be able to hide a value behind another (query-semantics 0.1, 0.2).
//
// # What is refused, by name
//
// See [BadLine]. Nesting beyond 128 containers, more than 262,144 values on a
// line, and containers of many events (search responses, ES|QL responses, JSON
// arrays) are bad lines, not events: package lines takes them apart. Lone surrogates
// (\ud800) become U+FFFD and bytes that are not UTF-8 stay as they are: neither makes a
// line bad.
//
// # Envelopes
//
// unwrap in envelope.go is the list: search hits as elasticdump and scroll write
// them, hits of the fields API, documents after a bulk action (action.go), Beats'
// @metadata, and bare events. To add one, add a case there and its keys to
// oddKeys, which send a line from Extract to Parse. Events that stand as text in
// message, event.original or log of a shipper's document are unwrapped in wrapped.go;
// a string with a brace under these names sends a line to Parse.
package event
