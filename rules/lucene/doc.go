// Package lucene reads the query_string language of Lucene's classic parser, as
// Elasticsearch runs it for rules with language "lucene", and lowers it to
// rules/query.
//
//	source.Text --scan.go, parse.go--> tree (tree.go) --lower.go--> query.Expr
//
// What surprises in this language, and is on purpose here:
//
//   - AND and OR do not nest by precedence: they mark the clauses to their sides.
//     "a AND b OR c" is "+a +b c", and a clause that is merely optional beside a
//     required one does not filter. Without required clauses one optional clause
//     must hold. Clauses side by side are optional: the default operator is OR.
//   - Keywords are in upper case; "or" is a word to be found.
//   - Only prohibited clauses, "-a -b", hold for all other events: Elasticsearch
//     adds a match_all to such groups.
//   - '*' and '?' are wild unquoted; a wildcard in a field name is written \*.
//   - "/" begins a regular expression, anchored at both ends.
//   - The empty query matches every event, as Kibana has it.
//
// Words side by side are one clause each (query-semantics 2). Boosts change scores
// only and are ignored. The package refuses, as unsupported and by name, fuzzy and
// proximity search, and regular expressions that rules/query cannot express.
package lucene
