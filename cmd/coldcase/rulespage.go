package main

import (
	"fmt"
	"io"
	"strings"

	"coldcase/scanner/report"
)

// page writes labelled facts; what is not known is left out.
type page struct {
	w     io.Writer
	width int // columns that prose keeps to
}

const (
	labelWidth = 14       // columns of a label with the blank behind it
	maxProse   = 64 << 10 // bytes of a text that is broken into lines; a longer one is no prose
)

func (pg page) fact(label, text string) {
	if text == "" {
		return
	}
	lines := []string{safe(text)}
	if len(text) <= maxProse {
		lines = report.Wrap(lines[0], pg.width-labelWidth, 2)
	}
	for i, l := range lines {
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(pg.w, "%-*s%s\n", labelWidth, label, l)
	}
}

func (pg page) list(label string, items []string) {
	for _, it := range items {
		pg.fact(label, it)
		label = ""
	}
}

// text writes a longer text below its label, its own lines kept: what has a layout, such
// as a query.
func (pg page) text(label, text string) {
	pg.below(label, text, func(l string) []string { return []string{l} })
}

// prose is text whose paragraphs are broken anew to fit.
func (pg page) prose(label, text string) {
	if len(text) > maxProse {
		pg.text(label, text)
		return
	}
	pg.below(label, reflowed(text), func(l string) []string { return report.Wrap(l, pg.width-2, hangOf(l)) })
}

// bullets is prose, one item each.
func (pg page) bullets(label string, items []string) {
	var lines []string
	for _, it := range items {
		lines = append(lines, "- "+strings.Join(strings.Fields(it), " "))
	}
	pg.prose(label, strings.Join(lines, "\n"))
}

func (pg page) below(label, text string, broken func(l string) []string) {
	if text = strings.Trim(text, " \t\r\n"); text == "" {
		return
	}
	fmt.Fprintf(pg.w, "\n%s\n", label)
	for l := range strings.SplitSeq(report.SafeLines(text), "\n") {
		for _, part := range broken(strings.TrimRight(l, " ")) {
			fmt.Fprintln(pg.w, strings.TrimRight("  "+part, " "))
		}
	}
}

// hangOf is the indent of the further lines of one that is broken: below its text, which
// may stand behind a bullet.
func hangOf(l string) int {
	text := strings.TrimLeft(l, " ")
	indent := len(l) - len(text)
	for _, bullet := range []string{"- ", "* ", "> "} {
		if strings.HasPrefix(text, bullet) {
			return min(indent+len(bullet), 20)
		}
	}
	return min(indent, 20)
}

// reflowed joins the lines of each paragraph, and of each item of a list, of a text in
// Markdown. What has a layout of its own stays: headings, tables and fenced code.
func reflowed(text string) string {
	var out, par []string // par: what is joined
	fenced := false
	flush := func() {
		if len(par) > 0 {
			out, par = append(out, strings.Join(par, " ")), nil
		}
	}
	for l := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		t := strings.TrimSpace(l)
		fence := strings.HasPrefix(t, "```")
		switch {
		case fenced || fence || t == "" || strings.HasPrefix(t, "#") || strings.HasPrefix(t, "|"):
			flush()
			out = append(out, l)
		case len(par) == 0 || isItem(t):
			flush()
			par = append(par, strings.TrimRight(l, " \t"))
		default:
			par = append(par, t)
		}
		fenced = fenced != fence
	}
	flush()
	return strings.Join(out, "\n")
}

// isItem says whether a line begins an item of a list, or a quotation.
func isItem(t string) bool {
	if strings.HasPrefix(t, "- ") || strings.HasPrefix(t, "* ") || strings.HasPrefix(t, "> ") {
		return true
	}
	digits := strings.TrimLeft(t, "0123456789")
	return len(digits) < len(t) && (strings.HasPrefix(digits, ". ") || strings.HasPrefix(digits, ") "))
}
