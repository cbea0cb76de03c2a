// Package eql reads Elasticsearch's Event Query Language and lowers it to the
// predicate tree of rules/query.
//
//	text --lex--> tokens --parse--> tree --fold--> tree --lower--> query.Program
//
// What comes in is the text of one rule; what goes out is an event predicate, a
// sequence or a sample, and the pipes head and tail. The language is that of
// Elasticsearch 8 and 9 (query-semantics.md sections 3 and 4). Endgame's older
// dialect (python-eql: "=", single quotes, wildcards in "==", "child of", pipes
// such as unique) is refused by name, never guessed at.
//
// Lowering decides what Elasticsearch pushes down to its index and what it runs as
// a script: a predicate on a bare field with constants becomes a two-valued node,
// everything computed becomes a [query.Script]. The lists of both are in lower.go
// and script.go.
//
// Input may be hostile: nesting, arithmetic chains and the unrolling of runs are
// limited, all else is linear in the length of the text.
package eql
