// Package load turns rule files into rules. Text comes in, a *rules.Set goes out:
//
//	paths --walk--> files --sniff--> format --read--> drafts --understand--> rules --order--> Set
//
// A format is recognised by what stands in a file, never by its name: detection-rules
// TOML (toml.go), Kibana's export as NDJSON (kibana.go), a rule of the Fleet package
// or of the API as JSON (fleet.go), and the documentation page (page.go). The
// structured formats say the same things under the same keys, so they share one
// reader of keys (draft.go); a page has its own.
//
// Nothing is lost silently. A rule that parses but cannot be run exactly carries its
// reason in Rule.NotRun. A file or a rule that cannot be read is a rules.Problem with
// its place, and the rest go on. A key that nobody knows is a warning. Only what
// holds no rule at all (a licence, a README) is passed over, and only when a whole
// directory was named.
//
// Beside rules stand exceptions ([Exceptions]: Kibana's lists, or TOML) and indicators
// of compromise ([Indicators]: ECS documents, STIX, CSV, plain lists). Both are lowered
// here; what becomes of them is for matchers.
//
// Files are hostile: they are bounded in size, depth and length of keys before any
// other code sees them.
//
// To add a format, write one file with a format value and list it in load.go.
package load
