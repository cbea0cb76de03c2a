// Package diff compares two findings files, or a findings file with the alerts of a stack.
//
//	file A, file B -> items, by number (a finding, a candidate or an alert each)
//	findings and findings: by finding_id -> what is left by rule and evidence -> differences
//	findings and alerts:   by the keys that both have -> what the stack has missed + why
//	differences, by rule, host and time -> rows
//
// Every arrow is a sorter that spills: memory is bounded for files of any size. What is
// neither finding nor alert is counted and named with its line; a result says whether both
// files were read whole. The package compares what files say, and proves none of it: that
// is package proof's.
package diff
