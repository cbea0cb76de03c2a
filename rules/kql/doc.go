// Package kql reads the Kibana Query Language, as Kibana's own grammar has it, and
// lowers it to rules/query.
//
//	source.Text --scan.go, parse.go--> tree (tree.go) --lower.go--> query.Expr
//
// Elasticsearch has a KQL parser of its own that differs (no precedence between
// "and" and "or", no nested value lists); detection rules are parsed by Kibana's,
// and so are they here (query-semantics 1.9).
//
// What surprises in this language, and is on purpose here:
//
//   - An unquoted value swallows spaces: process.name:foo bar is the one value
//     "foo bar" (trap 11). It ends at " and ", " or " and "not ", the last even
//     inside of a word: "cannot open" is an error.
//   - '*' is wild unquoted and plain inside quotes; '?' is always plain (trap 5).
//   - "not" binds tightest, then "and", then "or"; field:(a and not b) distributes
//     the field over the list (trap 12).
//   - Values are strings, but for unquoted true, false and null.
//
// The package refuses, as unsupported and by name, what Kibana's parser accepts but
// Elasticsearch then rejects or cannot mean: a null value, free text inside
// path:{...}, a wildcard in a nested path; and a plain '*' beside a wild one in a
// field name, which rules/query cannot hold.
package kql
