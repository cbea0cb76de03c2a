// Package scanner is the run: it maps inputs to hits on a pool of workers, reduces
// hits to findings, groups and ranks them, and returns a [Result] that reports
// render. It knows bytes and lines, never a rule file or a query language.
package scanner
