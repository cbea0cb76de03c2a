package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"coldcase/rules"
	"coldcase/scanner"
)

// Screen writes what a person reads after a scan: ranked groups, ATT&CK context,
// hosts and users, evidence health, coverage, and the files written.
func Screen(w io.Writer, res *scanner.Result, opt Options) error {
	s := &screen{res: res, opt: opt}
	parts := []func(){
		s.state, s.findings, s.candidates, s.comparison, s.nearMisses, s.attack,
		func() { s.entities("HOSTS", "host") },
		func() { s.entities("USERS", "user") },
		s.chains, s.timeline,
		s.evidence, s.clock, s.audit, s.coverage, s.exceptions, s.notes, s.written,
	}
	for _, part := range parts {
		part()
	}
	if s.err != nil {
		return s.err
	}
	_, err := w.Write(s.buf.Bytes())
	return err
}

// screen collects the text; err is the first error of laying out.
type screen struct {
	buf bytes.Buffer
	res *scanner.Result
	opt Options
	err error
}

func (s *screen) line(format string, args ...any) {
	fmt.Fprintf(&s.buf, format, args...)
	s.buf.WriteByte('\n')
}

// wrapped writes a paragraph, broken at spaces so that it fits, further lines
// indented by hang.
func (s *screen) wrapped(text string, hang int) {
	for _, l := range wrap(text, s.opt.fitTo(), hang) {
		s.line("%s", l)
	}
}

// headed is wrapped with the first word, the name of a part, set off by colour.
func (s *screen) headed(name, text string) {
	for i, l := range wrap(name+"  "+text, s.opt.fitTo(), 2) {
		if i == 0 {
			l = title(name, s.opt) + strings.TrimPrefix(l, name)
		}
		s.line("%s", l)
	}
}

// state says at the top what makes the rest less than whole.
func (s *screen) state() {
	if s.res.Interrupted {
		s.line("%s", paint("INTERRUPTED", bold, s.opt)+"  what follows is partial: the evidence was not read to its end")
		s.line("")
	}
}

// groupColumns: the order of dropping leaves score, severity, rule, host and count.
var groupColumns = []column{
	{title: "score", right: true},
	{title: "severity"},
	{title: "rule", min: 24, soft: 38},
	{title: "ATT&CK", min: 9, soft: 9, drop: 4},
	{title: "host", min: 8, soft: 10},
	{title: "user", min: 6, soft: 8, drop: 2},
	{title: "events", right: true},
	{title: "first", drop: 3},
	{title: "last", drop: 1},
}

func (s *screen) findings() {
	groups, blocks := s.mainGroups()
	if len(groups) == 0 && blocks == 0 {
		s.noFinding()
		return
	}
	s.headed("FINDINGS", s.headline())
	if blocks > 0 {
		s.wrapped(fmt.Sprintf("  %s of building-block rules not listed here: they count for their hosts and users (--building-blocks)",
			plural(int64(blocks), "group")), 4)
	}
	if len(groups) == 0 {
		s.line("")
		return
	}
	shown := groups[:s.opt.limit(len(groups))]
	s.groupTable(shown)
	s.more(groups[len(shown):])
	s.line("")
}

// groupTable draws a row for each group, with its sample and its explanation below.
func (s *screen) groupTable(shown []scanner.Group) {
	width := s.opt.fitTo()
	rows := make([][]string, len(shown))
	for i := range shown {
		rows[i] = s.groupRow(&shown[i], width)
	}
	lines, err := grid(groupColumns, rows, width)
	if err != nil {
		s.err = err
		return
	}
	s.line("%s", lines[0])
	at := strings.Index(lines[0], "severity")
	whys := s.whys(shown)
	for i := range shown {
		s.line("%s", colourAt(lines[i+1], at, shown[i].Severity, s.opt))
		s.sample(&shown[i], width)
		s.explainGroup(&shown[i], whys[i])
	}
}

// mainGroups returns the groups of the main table, and how many building blocks are
// kept out of it.
func (s *screen) mainGroups() (groups []scanner.Group, blocks int) {
	if s.opt.BuildingBlocks {
		return s.res.Groups, 0
	}
	for _, g := range s.res.Groups {
		if g.Rule.BuildingBlock {
			blocks++
			continue
		}
		groups = append(groups, g)
	}
	return groups, blocks
}

// colourAt colours the severity that stands at byte offset at of a line, where
// everything before it is ASCII.
func colourAt(l string, at int, severity string, opt Options) string {
	if at < 0 || severity == "" || !strings.HasPrefix(l[min(at, len(l)):], severity) {
		return l
	}
	return l[:at] + paint(severity, severityColours[severity], opt) + l[at+len(severity):]
}

func (s *screen) groupRow(g *scanner.Group, width int) []string {
	r := g.Rule
	if r == nil {
		r = noRule
	}
	limit := 0
	if width > 0 {
		limit = 120 // wider than any column becomes; bounds the work on hostile names
	}
	first, last := s.moment(g.First), s.moment(g.Last)
	if last == first {
		last = ""
	}
	return []string{
		score(g.Score), cell(g.Severity, 8), cell(r.Name, limit),
		cell(dash(strings.Join(attackIDs(r, true), " ")), limit),
		cell(dash(g.Host), limit), cell(dash(g.User), limit),
		number(g.Count), first, last,
	}
}

// moment writes a time for the table: without the year where all findings are of
// one year, else without the seconds, so that the column stays narrow.
func (s *screen) moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	if f, l := s.res.First.UTC(), s.res.Last.UTC(); f.Year() == l.Year() && !f.IsZero() {
		return t.UTC().Format("01-02 15:04:05")
	}
	return minute(t)
}

// sampleIndent puts the sample under the rule's name.
const sampleIndent = 8

// narrow is the width below which samples would be stubs.
const narrow = 72

func (s *screen) sample(g *scanner.Group, width int) {
	if g.Sample == "" || width > 0 && width < narrow {
		return
	}
	room := 0
	if width > 0 {
		room = width - sampleIndent
	}
	s.line("%*s%s", sampleIndent, "", cell(g.Sample, room))
}

// headline: "197 in 23 groups on 3 hosts, 2026-03-01 08:12 to 2026-03-02 19:40 UTC".
func (s *screen) headline() string {
	c := &s.res.Counts
	hosts := map[string]bool{}
	for i := range s.res.Groups {
		if h := s.res.Groups[i].Host; h != "" {
			hosts[h] = true
		}
	}
	text := fmt.Sprintf("%s in %s", number(c.Findings), plural(max(c.Groups, int64(len(s.res.Groups))), "group"))
	if len(hosts) > 0 {
		text += " on " + plural(int64(len(hosts)), "host")
	}
	if !s.res.First.IsZero() {
		text += fmt.Sprintf(", %s to %s UTC", minute(s.res.First), minute(s.res.Last))
	}
	if by := bySeverity(c.BySeverity); by != "" {
		text += ": " + by
	}
	return text
}

// bySeverity lists the counts that are not zero, critical first.
func bySeverity(by map[string]int64) string {
	var out []string
	for i := len(rules.Severities) - 1; i >= 0; i-- {
		if n := by[rules.Severities[i]]; n > 0 {
			out = append(out, number(n)+" "+rules.Severities[i])
		}
	}
	return strings.Join(out, ", ")
}

// more counts the groups that a limit left out.
func (s *screen) more(rest []scanner.Group) {
	if len(rest) == 0 {
		return
	}
	by := map[string]int64{}
	for i := range rest {
		by[rest[i].Severity]++
	}
	s.wrapped(fmt.Sprintf("  and %s of lower score (%s); --full lists them, --csv FILE writes every finding",
		plural(int64(len(rest)), "group"), bySeverity(by)), 2)
}

// noFinding never says only "nothing found": it says what was looked at, and what
// could not have been found.
func (s *screen) noFinding() {
	c, cov := &s.res.Counts, &s.res.Coverage
	text := fmt.Sprintf("%s ran over %s", plural(int64(cov.Ran+cov.CouldNotMatch), "rule"), plural(c.Events, "event"))
	var but []string
	add := func(n int64, noun, what string) {
		if n > 0 {
			but = append(but, plural(n, noun)+" "+what)
		}
	}
	if n := cov.CouldNotMatch; n > 0 {
		but = append(but, number(int64(n))+" of them could not have fired on this evidence")
	}
	add(int64(cov.NotRun), "more rule", "not run")
	add(int64(cov.Unreadable), "rule file", "not readable")
	add(c.BadLines, "line", "not readable")
	add(s.unhealthy(), "input", "not read whole")
	if len(but) > 0 {
		text += "; " + strings.Join(but, ", ")
	}
	s.headed("NO FINDING", text)
	s.line("")
}
