package report

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"

	"coldcase/scanner"
)

// Markdown writes a summary for a ticket, in the dialect that GitHub, GitLab and most
// trackers read. What comes from evidence or rules stands in code spans, or is plain
// words: it makes no link, no mention, no image and no row of a table.
func Markdown(w io.Writer, res *scanner.Result, opt Options) error {
	m := &markdown{res: res}
	for _, part := range []func(){m.head, m.groups, m.candidates, m.entities, m.attack, m.evidence, m.coverage, m.notes} {
		part()
	}
	_, err := w.Write(m.buf.Bytes())
	return err
}

// Rows of each table of a ticket; what is left out is counted.
const (
	markdownGroups   = 50
	markdownEntities = 20
	markdownInputs   = 50
	markdownCell     = 160 // bytes of a text in a table
)

type markdown struct {
	buf bytes.Buffer
	res *scanner.Result
}

func (m *markdown) line(format string, args ...any) {
	fmt.Fprintf(&m.buf, format, args...)
	m.buf.WriteByte('\n')
}

func (m *markdown) head() {
	c := &m.res.Counts
	m.line("# Findings of coldcase %s", mdText(m.res.Tool.Version))
	m.line("")
	m.line("%s", summarySentence(m.res))
	m.line("")
	for _, s := range caveats(m.res) {
		m.line("- **%s**", mdEscape(s))
	}
	if c.Findings > 0 {
		m.line("")
		m.line("| Severity | Findings |")
		m.line("| --- | ---: |")
		for _, s := range severitiesDown() {
			m.line("| %s | %s |", s, number(c.BySeverity[s]))
		}
	}
	m.line("")
}

func (m *markdown) groups() {
	if len(m.res.Groups) == 0 {
		return
	}
	m.line("## Findings by rule, host and user")
	m.line("")
	m.groupTable(m.res.Groups, "Findings")
	m.more(m.res.Counts.Groups-markdownGroups, "group")
}

// groupTable lists the first groups; what is the heading of their counts.
func (m *markdown) groupTable(groups []scanner.Group, what string) {
	m.line("| Score | Severity | Rule | ATT&CK | Host | User | %s | First (UTC) | What |", what)
	m.line("| ---: | --- | --- | --- | --- | --- | ---: | --- | --- |")
	for i := range groups[:min(len(groups), markdownGroups)] {
		g := &groups[i]
		r := g.Rule
		if r == nil {
			r = noRule
		}
		m.line("| %s | %s | %s | %s | %s | %s | %s | %s | %s |", score(g.Score), mdText(g.Severity), mdText(r.Name),
			mdText(strings.Join(attackIDs(r, true), " ")), mdCode(g.Host), mdCode(g.User),
			number(g.Count), second(g.First), mdCode(g.Sample))
	}
}

// more counts what a table leaves out.
func (m *markdown) more(n int64, noun string) {
	m.line("")
	if n > 0 {
		m.line("And %s of lower score.", plural(n, noun))
		m.line("")
	}
}

func (m *markdown) entities() {
	for _, kind := range []string{"host", "user"} {
		var rows []*scanner.Entity
		for i := range m.res.Entities {
			if e := &m.res.Entities[i]; e.Kind == kind {
				rows = append(rows, e)
			}
		}
		if len(rows) == 0 {
			continue
		}
		m.line("## %ss", strings.ToUpper(kind[:1])+kind[1:])
		m.line("")
		m.line("| Score | Band | Name | Rules | Findings | Tactics |")
		m.line("| ---: | --- | --- | ---: | ---: | --- |")
		for _, e := range rows[:min(len(rows), markdownEntities)] {
			m.line("| %s | %s | %s | %s | %s | %s |", score(e.Score), mdText(e.Band), mdCode(e.Name),
				number(int64(e.Rules)), number(e.Findings), mdText(strings.Join(e.Tactics, ", ")))
		}
		m.more(int64(len(rows)-markdownEntities), kind)
	}
}

func (m *markdown) attack() {
	if len(m.res.Tactics) == 0 {
		return
	}
	m.line("## ATT&CK")
	m.line("")
	for i := range m.res.Tactics {
		t := &m.res.Tactics[i]
		m.line("- **%s %s**: %s", mdText(t.ID), mdText(t.Name), plural(t.Count, "finding"))
		for j := range t.Techniques {
			m.technique(&t.Techniques[j], "  ")
		}
	}
	m.line("")
}

func (m *markdown) technique(t *scanner.TechniqueResult, indent string) {
	m.line("%s- %s %s: %s", indent, mdText(t.ID), mdText(t.Name), number(t.Count))
	for i := range t.Subtechniques {
		m.technique(&t.Subtechniques[i], indent+"  ")
	}
}

func (m *markdown) evidence() {
	m.line("## Evidence")
	m.line("")
	m.line("| File | Status | Lines | Bad | SHA-256 |")
	m.line("| --- | --- | ---: | ---: | --- |")
	left := int64(markdownInputs)
	for i := range m.res.Inputs {
		in := &m.res.Inputs[i]
		// What was not read whole is always listed.
		if left--; left < 0 && in.Status == scanner.StatusOK && in.BadLines == 0 {
			continue
		}
		m.line("| %s | %s | %s | %s | %s |", mdCode(in.File), mdText(inputState(in)), number(in.Lines),
			number(in.BadLines), mdCode(in.SHA256))
	}
	m.line("")
	if n := int64(len(m.res.Inputs)) - markdownInputs; n > 0 {
		m.line("Of %s beyond the first %d, only those with a problem are listed.", plural(n, "input"), markdownInputs)
		m.line("")
	}
}

func (m *markdown) coverage() {
	m.line("## What could not have been found")
	m.line("")
	for _, s := range blindSpots(&m.res.Coverage) {
		m.line("- %s", mdEscape(s))
	}
	m.line("")
}

func (m *markdown) notes() {
	if len(m.res.Notes) == 0 {
		return
	}
	m.line("## Notes")
	m.line("")
	for _, n := range m.res.Notes {
		m.line("- %s", mdText(n))
	}
	m.line("")
}

// plainWords is text that no Markdown dialect makes anything of: no character of its
// syntax, nothing that becomes a link or a mention.
var plainWords = regexp.MustCompile(`^[\pL\pN]([\pL\pN ,;.'’()/+-]*[\pL\pN.)])?$`)

// linkish is what renderers turn into links without being asked.
var linkish = regexp.MustCompile(`(?i)www\.|//`)

// mdText writes a text of rules: as it is when it is plain words, else as code.
func mdText(s string) string {
	if len(s) <= markdownCell && plainWords.MatchString(s) && !linkish.MatchString(s) {
		return s
	}
	return mdCode(s)
}

// mdCode writes a text as a code span that also keeps within a cell of a table. The
// fence is longer than any run of backticks in the text. A backslash before a pipe is
// how tables hold one (GFM 4.10), also within code.
func mdCode(s string) string {
	if s == "" {
		return "-"
	}
	s = Safe(clipped(s, markdownCell))
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	s = strings.ReplaceAll(s, "|", `\|`)
	// A reader takes one space off both ends, unless there is nothing else.
	if strings.Trim(s, " ") != "" && strings.ContainsAny(s[:1]+s[len(s)-1:], "` ") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// mdEscape writes our own words, in which a name may stand, with what Markdown and
// HTML would make something of written out. No address becomes a link.
func mdEscape(s string) string {
	var b strings.Builder
	before := ' '
	for _, r := range Safe(s) {
		if strings.ContainsRune("\\`*_{}[]#+!<>~@&", r) || r == '.' && (before == 'w' || before == 'W') {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
		before = r
	}
	return strings.ReplaceAll(b.String(), "://", "&#58;//")
}
