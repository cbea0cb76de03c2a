package load

import (
	"regexp"
	"strconv"
	"strings"

	"coldcase/rules"
	"coldcase/rules/source"
)

// pageFormat is a page of Elastic's documentation as Markdown, as the AsciiDoc it was
// made from, or as the text of the HTML (rule-formats.md section 4). Several pages may
// stand in one file.
var pageFormat = format{name: "page", sniff: looksPage, read: readPage}

// ruleTypeLabel is the label that every page has; severityLabel one that no other text
// has beside it.
var (
	ruleTypeLabel = regexp.MustCompile(`(?m)^[ \t]*\**Rule type:?\**[ \t]*:?\**[ \t]`)
	severityLabel = regexp.MustCompile(`(?m)^[ \t]*\**(Severity|Risk score):?\**[ \t]*:?\**[ \t]`)
)

func looksPage(data []byte) bool {
	return ruleTypeLabel.Match(data) && severityLabel.Match(data)
}

func readPage(path string, data []byte) ([]*rules.Rule, []rules.Problem) {
	var rs []*rules.Rule
	var problems []rules.Problem
	for _, lines := range splitPages(pageLines(string(data))) {
		p := page{path: path, lines: lines}
		r, err := p.rule()
		if err != nil {
			problems = append(problems, rules.Problem{Path: path, Name: p.name, Err: err})
		} else {
			rs = append(rs, r)
		}
	}
	return rs, problems
}

// page is one page while it is read.
type page struct {
	path  string
	lines []pageLine

	name, slug  string
	titleLine   pageLine
	bold        bool // labels are bold, so that a plain word and colon are none
	glued       bool // headings have "edit" glued on, as the text of the HTML has
	description []string
	labels      map[string]value
	guide       []string
	setup       []string
	query       []pageLine
	queryIndent int // columns that the fence's own indent takes
	queryFence  fenceState
	threat      threatList
	log         notes
}

// value is what follows a label.
type value struct {
	text  string
	items []string
	line  pageLine
}

func (p *page) rule() (*rules.Rule, error) {
	p.parse()
	if n := p.lines[len(p.lines)-1].unclosed; n > 0 {
		return nil, p.errorAt(p.lines[n-p.lines[0].number], "the code fence is never closed")
	}
	if p.name == "" {
		return nil, p.errorAt(p.lines[0], "the page has no title")
	}
	text := p.text()
	if len(text) > maxRule {
		return nil, p.errorAt(p.titleLine, "%v", tooLarge("rule", maxRule))
	}
	r := &rules.Rule{
		ID:     slugID(p.slug),
		IDKind: rules.FromSlug,
		Name:   p.name,
		File:   p.path,
		Line:   p.titleLine.number,
		Hash:   hashOf(text),
		Type:   rules.Kind(strings.ToLower(p.labels["rule type"].text)),
	}
	p.describe(r)
	if err := p.numbers(r); err != nil {
		return nil, err
	}
	setSchedule(r, &p.log)
	setScore(r, &p.log)
	r.Threat = p.threat.tactics(&p.log)
	if err := p.compile(r); err != nil {
		return nil, err
	}
	r.Warnings = p.log.warnings
	return r, nil
}

// text is the page as stored but for its line ends and the blank lines below it, which
// differ when it stands among others.
func (p *page) text() string {
	var b strings.Builder
	for _, l := range p.lines {
		b.WriteString(l.text + "\n")
	}
	return strings.TrimSpace(b.String())
}

func (p *page) errorAt(l pageLine, format string, args ...any) error {
	return source.Text{Path: p.path, Body: l.text, Line: l.number}.Errorf(source.Span{}, format, args...)
}

func (p *page) describe(r *rules.Rule) {
	r.Indices = p.items("rule indices")
	for i, pattern := range r.Indices {
		r.Indices[i] = p.restore(pattern)
	}
	r.Severity = strings.ToLower(p.labels["severity"].text)
	r.Interval = p.labels["runs every"].text
	// A parenthesis that explains date math follows the value.
	r.From, _, _ = strings.Cut(p.labels["searches indices from"].text, "(")
	r.From = strings.TrimSpace(r.From)
	r.References = p.items("references")
	r.Tags = p.items("tags")
	r.Authors = p.items("rule authors")
	r.License = p.labels["rule license"].text
	r.Description = paragraph(p.description)
	r.Note = paragraph(p.guide)
	r.Setup = paragraph(p.setup)
}

// numbers reads the labels whose value is a whole number; one that is there and is
// none is a mistake.
func (p *page) numbers(r *rules.Rule) error {
	for _, n := range []struct {
		label  string
		dst    *int
		absent int
	}{
		{"risk score", &r.RiskScore, -1},
		{"maximum alerts per execution", &r.MaxSignals, 100},
		{"version", &r.Version, 0},
	} {
		*n.dst = n.absent
		v := p.labels[n.label]
		if v.text == "" {
			continue
		}
		i, err := strconv.Atoi(v.text)
		if err != nil || i < 0 || n.label == "risk score" && i > 100 {
			return p.errorAt(v.line, "%s: expected a whole number, found %q", n.label, v.text)
		}
		*n.dst = i
	}
	return nil
}

// items returns the items below a label. The word None means that there are none.
func (p *page) items(label string) []string {
	v := p.labels[label]
	if v.text != "" && len(v.items) == 0 {
		v.items = strings.Split(v.text, ", ")
	}
	var out []string
	for _, item := range v.items {
		if item = plainItem(item); item != "" && item != "None" {
			out = append(out, item)
		}
	}
	return out
}

// eaten are the patterns from which AsciiDoc's text loses its asterisks, because two
// of them on a line make bold type.
var eaten = map[string]string{
	"apm--transaction":      "apm-*-transaction*",
	"-elastic-cloud-logs-":  "-*elastic-cloud-logs-*",
	"--elastic-cloud-logs-": "-*elastic-cloud-logs-*",
}

// restore puts back asterisks that AsciiDoc has eaten, where it is known which.
func (p *page) restore(pattern string) string {
	if whole, ok := eaten[pattern]; ok {
		p.log.warn("index pattern %q is read as %q: the page has lost its asterisks", pattern, whole)
		return whole
	}
	if strings.Contains(pattern, "--") {
		p.log.warn("index pattern %q seems to have lost its asterisks", pattern)
	}
	return pattern
}

// lost are the facts that a page does not render and without which a type of rule
// cannot run (rule-formats.md section 4, "Lost in pages").
var lost = map[rules.Kind][]string{
	rules.KindThreshold:   {"threshold"},
	rules.KindNewTerms:    {"new_terms_fields", "history_window_start"},
	rules.KindThreatMatch: {"threat_mapping", "threat_index", "threat_query"},
	rules.KindML:          {"machine_learning_job_id"},
}

func (p *page) compile(r *rules.Rule) error {
	if r.Type == "" {
		return p.errorAt(p.titleLine, "the page does not say the rule's type")
	}
	if facts := lost[r.Type]; r.Type != rules.KindML && len(facts) > 0 {
		r.Incomplete = append(r.Incomplete, facts...)
		r.NotRun = incomplete("a page does not hold %s", strings.Join(facts, ", "))
	}
	q := p.queryText()
	r.Query = q.Body
	if r.Type != rules.KindEQL && r.Type != rules.KindESQL && r.Type != rules.KindML {
		r.Language = inferLanguage(q.Body)
	}
	c := compilation{rule: r, query: located{Text: q}, present: q.Body != "", log: &p.log}
	return c.run()
}

// queryText returns the query with its place, without blank lines around it.
func (p *page) queryText() source.Text {
	lines := p.query
	for len(lines) > 0 && strings.TrimSpace(lines[0].text) == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1].text) == "" {
		lines = lines[:len(lines)-1]
	}
	if len(lines) == 0 {
		return source.Text{Path: p.path}
	}
	body := make([]string, len(lines))
	for i, l := range lines {
		body[i] = l.text[min(p.queryIndent, len(l.text)-len(strings.TrimLeft(l.text, " \t"))):]
	}
	return source.Text{
		Path:   p.path,
		Body:   strings.Join(body, "\n"),
		Line:   lines[0].number,
		Col:    1 + p.queryIndent,
		Indent: p.queryIndent,
	}
}

// Marks of Lucene's syntax that KQL does not have: a range in brackets, _exists_, and a
// regular expression between slashes with a metacharacter in it (a path has slashes,
// too).
var (
	luceneRange  = regexp.MustCompile(`[\[{]\s*\S+\s+TO\s+\S+\s*[\]}]`)
	luceneExists = regexp.MustCompile(`(^|[\s(])_exists_:`)
	luceneRegexp = regexp.MustCompile(`[:\s(]/[^/\s]*[\[\]{}+|^$?\\][^/\s]*/([\s)]|$)`)
	quotedText   = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
)

// inferLanguage tells Lucene from KQL, for a page does not say.
func inferLanguage(text string) string {
	bare := quotedText.ReplaceAllString(text, `""`)
	if luceneRange.MatchString(bare) || luceneExists.MatchString(bare) || luceneRegexp.MatchString(bare) {
		return "lucene"
	}
	return "kuery"
}
