// Package esql reads ES|QL: text to a tree of commands and expressions in which every name is
// a column, every expression has a type, and every pattern is compiled.
//
//	text --lex--> tokens --parse--> Query --check against a Mapping--> Query with types
//	                                   |
//	                                   +--> Prefilter: what must be so of a document (rules/query)
//	                                   +--> Blocking, Live, Fields: what may stream, what rows must hold
//	                                   +--> Warnings: what can never be so
//
// The tree is run elsewhere: row by row up to the first command that needs all rows, then on
// what is left. Null logic and the meaning of every function are in esql-semantics.md; what a
// reader of the tree must know is said at its nodes.
//
// # Readings
//
// Where Elasticsearch's public sources are silent, or an offline tool must decide:
//
//   - A column of FROM that no mapping knows is Dynamic, and null where a document lacks it;
//     behind KEEP and STATS an unknown column is an error.
//   - A string literal that cannot be what it is compared with is an error of the query.
//   - Column names are case-sensitive, and block comments nest.
//   - In LIKE a backslash before any character makes it plain; Warnings tells of it.
//   - LIKE "*" and RLIKE ".*" ask for a value, as Elasticsearch's optimiser has it: their
//     negation keeps rows without one, and lists pass.
//   - RLIKE is Lucene's grammar, faithfully, '@' and '&' included. Where a pattern reads
//     otherwise than elsewhere, Warnings tells of it.
//   - GROK's library is ours, by the names of Elastic's. Go's engine has no lookaround: an
//     IPv4 address does not begin or end within a word, where the original only asks that no
//     digit stands beside it.
//   - KQL and MATCH are refused behind STATS, INLINE STATS and LIMIT.
//   - A constant that says how a function works and cannot be run, such as the unit of a
//     DATE_DIFF, is an error of the query (constants.go).
//
// # What is refused
//
// What is ES|QL but cannot be run is an error that names it (source.Error.Unsupported):
// commands over other data (ENRICH, LOOKUP JOIN, ...), functions that are not listed in
// functionlist.go (SAMPLE and CATEGORIZE, that have no one answer; QSTR, MATCH_PHRASE and all
// that asks an index; date_nanos, shapes and vectors), TOP's outputField, options but MATCH's,
// query parameters, subqueries, computed patterns, and what Go's regular expressions lack.
// COMPLETION is read: the commands before it are the query, it and what follows are
// [Query.Skipped].
//
// Input may be hostile: nesting, operators, commands, columns and the size of compiled
// patterns are limited, all else is linear in the length of the text.
//
// To add a function, add its line to functionlist.go; a command, its line in commands.go and
// its cases in check.go, walk.go, live.go and print.go; a GROK pattern, its line in
// groklibrary.go.
package esql
