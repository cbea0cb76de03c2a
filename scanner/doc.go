// Package scanner is the run: it maps inputs to hits on a pool of workers, reduces
// hits to findings, groups and ranks them, and returns a [Result] that reports
// render. It knows bytes and lines, never a rule file or a query language.
//
// What is done with findings afterwards is no part of a run: package claim reads them from
// a file, package proof holds them against their evidence, package diff against others. For
// these, which look at evidence a second time or must say what a run would, it exports
// [Rereader], [RecordsOf] and [FindingOf].
package scanner
