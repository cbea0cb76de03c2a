package load

import (
	"regexp"
	"strings"
)

// labelLine is "**Label**: value" in any of its forms: bold by one asterisk or two,
// the colon inside or outside, or plain.
var labelLine = regexp.MustCompile(`^[ \t]*(\*{0,2})([A-Z][A-Za-z ]*[A-Za-z])(:?)(\*{0,2})[ \t]*(:?)[ \t]*(.*)$`)

// labelNames are the labels of a page, in lower case; those with a list below them are
// true.
var labelNames = map[string]bool{
	"rule type":                    false,
	"rule indices":                 true,
	"severity":                     false,
	"risk score":                   false,
	"runs every":                   false,
	"searches indices from":        false,
	"maximum alerts per execution": false,
	"references":                   true,
	"tags":                         true,
	"version":                      false,
	"rule authors":                 true,
	"rule license":                 false,
	"framework":                    false,
	"machine learning job":         true,
	"anomaly score threshold":      false,
	"added":                        false,
	"last modified":                false,
}

// labelled is a line that begins with a known label.
type labelled struct {
	name string // in lower case
	rest string // what follows it
	bold bool
}

func label(text string) (l labelled, ok bool) {
	m := labelLine.FindStringSubmatch(text)
	if m == nil || m[1] != m[4] || m[3]+m[5] == "" {
		return labelled{}, false
	}
	l = labelled{name: strings.ToLower(m[2]), rest: strings.TrimSpace(m[6]), bold: m[1] != ""}
	_, ok = labelNames[l.name]
	return l, ok
}

func isLabel(text, want string) bool {
	l, ok := label(text)
	return ok && l.name == want
}

// parse sorts the lines of a page into its parts.
func (p *page) parse() {
	p.labels = make(map[string]value)
	p.title()
	part, current := "head", ""
	for i, l := range p.lines {
		if l.number <= p.titleLine.number {
			continue
		}
		if !l.fenced {
			if name, _ := l.section(); name != "" {
				part, current = name, ""
				continue
			}
			if p.isFramework(i) {
				part, current = "threat", ""
			}
		}
		switch part {
		case "head":
			current = p.headLine(l, current)
		case "guide":
			p.guide = append(p.guide, l.text)
		case "setup":
			p.setup = append(p.setup, l.text)
		case "query":
			p.queryLine(l)
		case "threat":
			p.threat.add(l.text)
		}
	}
}

// title finds the page's name and slug, and how the page is written.
func (p *page) title() {
	for _, l := range p.lines {
		if l.fenced {
			continue
		}
		if _, glued := l.section(); glued {
			p.glued = true
		}
		if at, ok := label(l.text); ok && at.name == "rule type" {
			p.bold = p.bold || at.bold
		}
	}
	for _, l := range p.lines {
		if l.isTitle() {
			p.titleLine = l
			p.setName(heading.FindStringSubmatch(l.text)[2], p.glued)
			return
		}
	}
	p.titleLine = p.lines[0]
	p.setName(p.lines[0].text, true)
}

// setName strips what a heading carries beside the name: the bracketed slug of
// Markdown, the word "edit" that the text of the HTML glues on.
func (p *page) setName(text string, glued bool) {
	text = strings.TrimSpace(text)
	if m := slugSuffix.FindStringSubmatch(text); m != nil {
		p.slug = slugOf(m[1])
		text = slugSuffix.ReplaceAllString(text, "")
	}
	if glued {
		text = strings.TrimSuffix(text, "edit")
	}
	p.name = unescape(strings.TrimSpace(text))
	if p.slug == "" {
		p.slug = slugOf(p.name)
	}
}

// isFramework reports whether the ATT&CK list begins at line i: the label alone may
// stand in any guide.
func (p *page) isFramework(i int) bool {
	if !isLabel(p.lines[i].text, "framework") {
		return false
	}
	for _, l := range p.lines[i+1:] {
		if strings.TrimSpace(l.text) != "" {
			return threatHeading(bullet(l.text)) == "tactic"
		}
	}
	return false
}

// headLine reads a line between the title and the first section, and returns the label
// that further items belong to. What stands before the first label is the description.
func (p *page) headLine(l pageLine, current string) string {
	at, ok := label(l.text)
	switch {
	case ok && !l.fenced && at.bold == p.bold:
		if at.rest == "None" {
			at.rest = ""
		}
		if _, again := p.labels[at.name]; again {
			p.log.warn("the label %q stands there twice: the first counts", at.name)
			return "again"
		}
		p.labels[at.name] = value{text: at.rest, line: l}
		return at.name
	case current == "":
		p.description = append(p.description, l.text)
	case labelNames[current] && strings.TrimSpace(l.text) != "":
		v := p.labels[current]
		v.items = append(v.items, bullet(l.text))
		p.labels[current] = v
	}
	return current
}

// fenceState says how far the block of the query has been read.
type fenceState uint8

const (
	beforeFence fenceState = iota
	inFence
	afterFence
)

// queryLine takes the first fenced block below the query's heading, or, in a text that
// has lost its fences, all lines.
func (p *page) queryLine(l pageLine) {
	switch {
	case p.queryFence == afterFence:
	case l.edge && p.queryFence == beforeFence:
		p.queryFence, p.query = inFence, nil
		p.queryIndent = len(l.text) - len(strings.TrimLeft(l.text, " \t"))
	case l.edge:
		p.queryFence = afterFence
	case strings.HasPrefix(l.text, "[source"): // AsciiDoc's note above its fence
	default:
		p.query = append(p.query, l)
	}
}

// bullets stand before an item: Markdown's and AsciiDoc's, and that of HTML's text.
var bullets = regexp.MustCompile(`^[ \t]*(?:(?:\*{1,5}|[-+•◦▪])[ \t]+)?`)

// bullet returns the text of an item.
func bullet(text string) string {
	return strings.TrimSpace(text[len(bullets.FindString(text)):])
}

// link is a Markdown link over a whole item, or one of AsciiDoc.
var (
	link       = regexp.MustCompile(`^\[(.*)\]\((.*)\)$`)
	adocLink   = regexp.MustCompile(`^(https?://[^\s\[\]]+)\[(.*)\]$`)
	webAddress = regexp.MustCompile(`^https?://`)
)

// plainItem strips the markup of an item. Of a link the text counts, for the target may
// have been rewritten; a text that is no address is a caption, and the target counts.
func plainItem(item string) string {
	item = strings.TrimSpace(item)
	if m := link.FindStringSubmatch(item); m != nil {
		if item = m[1]; !webAddress.MatchString(item) && webAddress.MatchString(m[2]) {
			item = m[2]
		}
	} else if m := adocLink.FindStringSubmatch(item); m != nil {
		item = m[1]
	} else if strings.HasPrefix(item, "<") && strings.HasSuffix(item, ">") {
		item = item[1 : len(item)-1]
	} else if len(item) > 1 && item[0] == '`' && item[len(item)-1] == '`' {
		item = item[1 : len(item)-1]
	}
	return unescape(item)
}

// escaped is a backslash that Markdown needs before a sign it would take for markup.
var escaped = regexp.MustCompile(`\\([*_\[\]#<>` + "`" + `])`)

func unescape(text string) string { return escaped.ReplaceAllString(text, "$1") }

// paragraph joins prose without the blank lines around it. "[TBC: QUOTE]" is what is
// left of a quotation that the conversion of the pages has lost.
func paragraph(lines []string) string {
	var kept []string
	for _, l := range lines {
		if strings.TrimSpace(l) != "[TBC: QUOTE]" {
			kept = append(kept, l)
		}
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}
