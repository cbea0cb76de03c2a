// Package schema says what a field name means in a query: its Elasticsearch type,
// the JSON name that its values come from, and what its mapping does to them. It
// also says which events a rule looks at, by resolving an event to the names of the
// indices that it would have stood in and holding these against index patterns.
//
//	Builtin()  ECS, Beats, Endpoint and Endgame, embedded as fields.csv
//	   |
//	WithMapping(exported mapping)  overrides the names that the mapping has
//	   |
//	Lookup(name) -> Field
//	MayIgnore(name), Limit(Field, Maker), Malformable(Field): what an index leaves out
//
//	Facts of an event -> Candidates (index names) -> Patterns.Match -> Bits (lists)
//
// What is lost: the mapping of one index is not told from that of another. A name
// has one type; where sources differ the first wins (for the embedded table ECS
// before Endpoint before Beats; for a mapping the first index by name, with a
// warning).
//
// The package refuses to guess: a name that no schema has is Dynamic and not Known.
//
// To add a field, add its line to fields.csv; to add a type, extend typeNames.
package schema
