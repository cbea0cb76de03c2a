// Package query is the one typed predicate tree that all rule languages lower to.
//
// Front ends (kql, eql, lucene, and the filters of a rule) translate text into
// the nodes of this package; matchers compile the nodes against a schema and
// evaluate them on events. What a missing field, an array, an upper-case letter
// or a number means is said here, once, and nowhere else.
//
// # What a field is
//
// An event is a bag of fields. {"process":{"name":"x"}} and {"process.name":"x"}
// are the same field. Arrays are flattened: a field has a list of values. null,
// [], [null] and absence are all "missing"; "" is a value. (Elasticsearch indexes
// documents this way; query-semantics 0.1, 0.2.)
//
// # Two kinds of evaluation
//
// Predicates that Elasticsearch pushes down to its index are two-valued: a
// predicate on a missing field is false and [Not] of it is true. On a field with
// several values a predicate is true when any value satisfies it, and Not is true
// when no value does. [Term], [Wildcard], [Regexp], [Range], [CIDR] and [Exists]
// are such predicates; [And], [Or], [Not], [Const] and [Nested] combine them.
//
// Predicates over computed values run as scripts in Elasticsearch and are
// three-valued: a function of null is null, a comparison with null is null, and
// null at the top counts as false. On several values the whole script is run once
// for each combination of values, and one true run is enough. [Script] holds such
// a predicate; its operands are the [Value] nodes. A Not directly over a script
// belongs inside it (as [LogicNot]); [Script] under any other Not is two-valued.
//
// # Types
//
// Nodes name fields and hold literals; they do not know types. The matcher
// resolves each field through rules/schema when it compiles the tree: a keyword
// compares bytes, a long compares numbers, a date literal is rounded to its
// period, an ip literal may be a network. A literal that cannot be of the field's
// type matches nothing (Decision 4). An unknown field takes the type of the JSON
// value at hand, as Elasticsearch's dynamic mapping would.
//
// Case folding, where a node asks for it, is ASCII only (trap 7); inside scripts
// it is Unicode lower-casing, as Java does.
package query
