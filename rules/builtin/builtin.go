// Package builtin is the rule pack in the binary: the two rules that the project
// began with, every alert of Elastic Endgame, the vendor alerts of Elastic Endpoint,
// and rules of our own in ES|QL, which count, read texts apart and compare hosts. One
// TOML file is one rule, in the form of Elastic's detection-rules with three additions:
//
//	[rule]
//	version = 4                  # the rule's own version
//	derived_facts_from = "..."   # whose facts these are; all prose is ours
//
//	[[tests]]                    # events that the rule must, or must not, match
//	name = "what the event shows"
//	match = true
//	event = '''{...one JSON object...}'''
//
// A rule in ES|QL looks at the rows of many events together: a test of one holds an
// object a line, which are scanned as a file would be.
//
// To add a rule, add its file, with two tests of each kind at least.
package builtin

import (
	"embed"
	"fmt"
	"io/fs"

	"coldcase/rules"
	"coldcase/rules/load"
)

//go:embed *.toml
var files embed.FS

// prefix stands before the names of the pack's files in every report.
const prefix = "builtin"

// FS returns the files of the pack. It is safe for concurrent use.
func FS() fs.FS { return files }

// Load returns the rules of the pack, freshly read: the caller owns the set. An
// error means that the pack itself is broken, which its tests rule out.
func Load() (*rules.Set, error) {
	set, err := load.FS(files, prefix)
	if err != nil {
		return nil, fmt.Errorf("built-in rules: %w", err)
	}
	if len(set.Problems) > 0 {
		return nil, fmt.Errorf("built-in rules: %s: %w", set.Problems[0].Path, set.Problems[0].Err)
	}
	return set, nil
}
