// Package report renders a [scanner.Result] for people and programs: the screen of
// a scan ([Screen]), and files for other programs ([Formats]).
//
// What comes in is a finished result; nothing here decides what is a finding, how
// it is ranked or in which order it stands. What goes out never carries wall-clock
// time, host name or job count, so that the same evidence gives the same bytes.
// Evidence is hostile: whatever reaches a terminal goes through [Safe], whatever
// reaches a spreadsheet through the formula guard, whatever reaches a page or a ticket
// through [Safe] and the escaping of its markup, and JSON is always valid JSON.
//
// Candidates, which only a skipped verdict step would make findings, are kept apart: the
// files with a row for each finding mark theirs, people read them in a part of their own,
// and what others count or act upon (Navigator, STIX) has none.
//
// To add a format: write <name>.go, list it in [Formats].
package report

import (
	"io"

	"coldcase/scanner"
)

// Format is one kind of output file.
type Format struct {
	Name string // "csv", as used in messages
	Flag string // name of the flag that takes the file, without dashes
	Doc  string // one line for the help
	// Rows is set when the file holds one row or line for each finding.
	Rows bool
	// Guides is set when the file has the guides of rules.
	Guides bool
	// Write renders res to w. It reads res only, and returns the first error of w
	// or of reading the findings back.
	Write func(w io.Writer, res *scanner.Result, opt Options) error
}

// Formats lists the output files, in the order in which they are written.
var Formats = []Format{
	{Name: "csv", Flag: "csv", Rows: true, Write: CSV,
		Doc: "write findings as CSV, one row per finding"},
	{Name: "jsonl", Flag: "jsonl", Rows: true, Write: JSONL,
		Doc: "write findings as JSON Lines, one object per finding, lossless"},
	{Name: "summary", Flag: "summary", Write: Summary,
		Doc: "write the whole run as one JSON object: inputs, rules, groups, coverage"},
	{Name: "rejects", Flag: "rejects", Write: Rejects,
		Doc: "write the lines that could not be used, and the ranges that were lost, as JSON Lines"},
	{Name: "html", Flag: "html", Guides: true, Write: HTML,
		Doc: "write a report for people as one HTML file that loads nothing from elsewhere"},
	{Name: "markdown", Flag: "markdown", Write: Markdown,
		Doc: "write a summary as Markdown, for a ticket"},
	{Name: "navigator", Flag: "navigator", Write: Navigator,
		Doc: "write a layer for the ATT&CK Navigator, techniques scored by findings"},
	{Name: "timesketch", Flag: "timesketch", Rows: true, Write: Timesketch,
		Doc: "write a timeline for Timesketch, as CSV where FILE ends in .csv, else as JSON Lines"},
	{Name: "bulk", Flag: "bulk", Rows: true, Guides: true, Write: Bulk,
		Doc: "write alert-like documents for Elasticsearch's _bulk API, index coldcase-findings"},
	{Name: "stix", Flag: "stix", Write: STIX,
		Doc: "write a STIX 2.1 bundle: sightings of ATT&CK techniques on hosts"},
}

// Options say how to render. The zero value is a plain screen of 110 columns with
// everything listed, and CSV with its formula guard on.
type Options struct {
	Width int  // columns of the screen; 0 means 110
	Color bool // severities in colour on the screen
	Full  bool // nothing on the screen is shortened to fit
	// BuildingBlocks lists the groups of building-block rules among the others;
	// otherwise they only count for their hosts and users.
	BuildingBlocks bool
	// Explain says below each group why its earliest finding was found, and every factor
	// of each score.
	Explain bool
	// Terminal says that the screen is one: trees and bars are drawn with characters made
	// for it, else with those of ASCII.
	Terminal bool
	Timeline bool // findings over time on the screen
	// Limit bounds the rows of each part of the screen; what is left out is
	// counted. 0 means no bound.
	Limit  int
	CSVRaw bool // no formula guard in CSV
	// CSVColumns are the columns of CSV in their order, names that [CheckColumns]
	// takes; empty means the fixed ones.
	CSVColumns []string
	File       string    // path of the output, "-" for standard output; some formats go by its ending
	Written    []Written // files to name at the end of the screen
}

// Written is an output file that stands on disk.
type Written struct {
	File   string
	Format string // Format.Name
	Note   string // "197 rows", "partial", or ""
}

// defaultWidth is the width of a screen that is no terminal: the width that the
// product page draws.
const defaultWidth = 110

// fitTo is the width that lines must keep to, 0 when nothing is shortened.
func (o Options) fitTo() int {
	switch {
	case o.Full:
		return 0
	case o.Width <= 0:
		return defaultWidth
	}
	return o.Width
}

// limit returns how many of n rows to print.
func (o Options) limit(n int) int {
	if o.Limit <= 0 || o.Full || n <= o.Limit {
		return n
	}
	return o.Limit
}
