package load

import (
	"regexp"
	"strings"
)

// pageLine is one line of a page file.
type pageLine struct {
	text   string // without its line end
	number int    // 1-based, in the file
	fenced bool   // within a code fence; the fence lines themselves count
	edge   bool   // opens or closes a fence
	// unclosed is the number of the line that opens the fence around this line when
	// nothing closes it, else 0.
	unclosed int
}

// fenceLine opens or closes a block of code: Markdown's, or AsciiDoc's of dashes.
var fenceLine = regexp.MustCompile("^[ \\t]*(`{3,}|~{3,}|-{4,})[ \\t]*([A-Za-z0-9_+-]*)[ \\t]*$")

// pageLines cuts a file into lines and finds its code fences.
func pageLines(body string) []pageLine {
	var lines []pageLine
	mark, opened := "", 0
	for n, text := range strings.Split(body, "\n") {
		l := pageLine{text: strings.TrimSuffix(text, "\r"), number: n + 1, fenced: mark != ""}
		if m := fenceLine.FindStringSubmatch(l.text); m != nil {
			switch {
			case mark == "" && (m[1][0] != '-' || n > 0 && strings.HasPrefix(lines[n-1].text, "[source")):
				mark, opened = m[1], n
				l.fenced, l.edge = true, true
			case mark == "": // dashes by themselves are a line, or the frame of a table
			case m[2] == "" && m[1][0] == mark[0] && len(m[1]) >= len(mark):
				mark, l.edge = "", true
			}
		}
		lines = append(lines, l)
	}
	if mark != "" {
		for i := opened; i < len(lines); i++ {
			lines[i].unclosed = lines[opened].number
		}
	}
	return lines
}

// heading is a title or a section's: Markdown "# x", AsciiDoc "== x".
var heading = regexp.MustCompile(`^(#{1,6}|={1,6})[ \t]+(.+?)[ \t]*$`)

// sections are the headings within a page, in lower case.
var sections = map[string]string{
	"investigation guide": "guide",
	"setup":               "setup",
	"rule query":          "query",
}

// slugSuffix is the bracketed slug behind a heading.
var slugSuffix = regexp.MustCompile(`[ \t]*\[([A-Za-z0-9_-]+)\][ \t]*$`)

// section returns which section a line opens, "" for none. glued tells that the word
// "edit" stood at the end, which the text of the HTML has behind every heading.
func (l pageLine) section() (name string, glued bool) {
	text, marked := l.text, false
	if m := heading.FindStringSubmatch(l.text); m != nil {
		text, marked = m[2], true
	}
	text = strings.ToLower(strings.TrimSpace(slugSuffix.ReplaceAllString(text, "")))
	bare, glued := strings.CutSuffix(text, "edit")
	if glued {
		text = strings.TrimSpace(bare)
	}
	// A word alone on a line is no heading, but for the one that has to be there.
	if !marked && !glued && text != "rule query" {
		return "", false
	}
	return sections[text], glued
}

// isTitle reports whether the line is the heading of a page, by its level: sections
// stand below it.
func (l pageLine) isTitle() bool {
	if l.fenced {
		return false
	}
	m := heading.FindStringSubmatch(l.text)
	if m == nil || (m[1][0] == '#' && len(m[1]) > 1) || len(m[1]) > 3 {
		return false
	}
	name, _ := l.section()
	return name == ""
}

// splitPages cuts the lines of a file into pages: at its titles, or, in the text of
// HTML, which has no marks for headings, at what must be titles.
func splitPages(lines []pageLine) [][]pageLine {
	starts := titledPages(lines)
	if len(starts) == 0 {
		starts = barePages(lines)
	}
	var pages [][]pageLine
	for i, start := range starts {
		end := len(lines)
		if i+1 < len(starts) {
			end = starts[i+1]
		}
		pages = append(pages, lines[start:end])
	}
	return pages
}

// titledPages returns where pages begin: at titles below which, and before the next
// title, a rule type is named. Any other title belongs to the page it stands in.
func titledPages(lines []pageLine) []int {
	var starts []int
	title := -1
	for i, l := range lines {
		switch {
		case l.isTitle():
			title = i
		case title >= 0 && !l.fenced && isLabel(l.text, "rule type"):
			starts = append(starts, withFrontMatter(lines, title))
			title = -1
		}
	}
	return starts
}

// maxFrontMatter bounds the search for the beginning of front matter.
const maxFrontMatter = 60

// withFrontMatter moves the beginning of a page up over what belongs to its title: the
// anchor of AsciiDoc, the block between dashes of Markdown.
func withFrontMatter(lines []pageLine, title int) int {
	i := title - 1
	for i >= 0 && strings.TrimSpace(lines[i].text) == "" {
		i--
	}
	if i >= 0 && strings.HasPrefix(lines[i].text, "[[") {
		return i
	}
	if i < 0 || strings.TrimSpace(lines[i].text) != "---" {
		return title
	}
	known := false
	for n := 0; n < maxFrontMatter; n++ {
		if i--; i < 0 {
			return title
		}
		text := lines[i].text
		known = known || strings.HasPrefix(text, "mapped_pages:") || strings.HasPrefix(text, "applies_to:")
		if strings.TrimSpace(text) == "---" {
			break
		}
	}
	if !known {
		return title
	}
	return i
}

// barePages returns where pages without marked titles begin. A title ends in the word
// "edit"; failing that, it is the line above the paragraph above the first label.
func barePages(lines []pageLine) []int {
	var starts []int
	floor := 0
	for i, l := range lines {
		if l.fenced || !isLabel(l.text, "rule type") {
			continue
		}
		starts = append(starts, bareTitle(lines, floor, i))
		floor = i + 1
	}
	return starts
}

func bareTitle(lines []pageLine, floor, label int) int {
	for i := label - 1; i >= floor; i-- {
		text := strings.TrimSpace(lines[i].text)
		if name, _ := lines[i].section(); name != "" {
			break
		}
		if strings.HasSuffix(text, "edit") && !strings.HasSuffix(text, " edit") {
			return i
		}
	}
	i := above(lines, floor, label, true)             // the description's last line
	i = above(lines, floor, i, false)                 // the blank above its first
	return max(floor, above(lines, floor, i+1, true)) // the title
}

// above returns the nearest line above i, and not above floor, that is text, or that
// is blank; floor when there is none.
func above(lines []pageLine, floor, i int, text bool) int {
	for i--; i > floor; i-- {
		if (strings.TrimSpace(lines[i].text) != "") == text {
			return i
		}
	}
	return floor
}
