package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"coldcase/rules"
	"coldcase/scanner"
)

// Explained is one rule held against one event, for people.
type Explained struct {
	*scanner.Explanation
	File         string
	Line, Offset int64
	Time         string // of the event; "" when it has none that can be read
	Host, User   string
	// Above are lines that stand above the tree, such as the time since the event before.
	Above []string
	// Steps are the places in Explanation.Steps that are drawn; none means all.
	Steps []int
}

// ExplainTree draws the whole tree of a rule's query with a verdict on every clause, and
// says what follows.
func ExplainTree(w io.Writer, x *Explained, opt Options) error {
	s := &screen{opt: opt}
	e := x.Explanation
	s.explainHead(x)
	s.explainIndex(e)
	for i := range e.Steps {
		if len(x.Steps) == 0 || slices.Contains(x.Steps, i) {
			s.explainStep(&e.Steps[i])
		}
	}
	s.explainIndicator(e)
	s.explainExceptions(e)
	s.line("%s  %s", painted(e.Hit, map[bool]string{true: "HIT", false: "NO HIT"}[e.Hit], opt), conclusion(e))
	s.line("")
	_, err := w.Write(s.buf.Bytes())
	return err
}

func (s *screen) explainHead(x *Explained) {
	r := x.Rule
	version := ""
	if r.Version > 0 {
		version = fmt.Sprintf(", version %d", r.Version)
	}
	s.line("%s  %s", title("RULE", s.opt), Safe(fmt.Sprintf("[%s] %s (%s%s, %s)", r.Severity, clipped(r.Name, maxSentence), clipped(r.ID, maxSentence), version, clipped(r.File, maxSentence))))
	where := Safe(fmt.Sprintf("%s:%d", clipped(x.File, maxSentence), x.Line))
	for _, part := range []struct{ before, text string }{{"", x.Time}, {"on ", x.Host}, {"by ", x.User}} {
		if part.text != "" {
			where += "  " + part.before + Safe(clipped(part.text, maxSentence))
		}
	}
	s.line("%s  %s", title("EVENT", s.opt), where)
	for _, l := range x.Above {
		s.line("  %s", Safe(l))
	}
}

// explainIndex says whether the rule looks at the event's index.
func (s *screen) explainIndex(e *scanner.Explanation) {
	names := "unknown"
	if len(e.Index.Names) > 0 {
		names = strings.Join(e.Index.Names, " or ")
	}
	patterns := "Kibana's default indices"
	if len(e.Index.Patterns) > 0 {
		patterns = strings.Join(e.Index.Patterns, ", ")
	}
	text := fmt.Sprintf("index %s (%s), which the rule looks at: %s", names, e.Index.How, patterns)
	if !e.Index.Looks {
		text = fmt.Sprintf("index %s (%s) is not in the rule's indices: %s", names, e.Index.How, patterns)
	}
	s.line("%s  %s", painted(e.Index.Looks, fmt.Sprintf("%-7v", e.Index.Looks), s.opt), Safe(clipped(text, maxSentence)))
}

// explainStep draws the tree of one step.
func (s *screen) explainStep(st *scanner.ExplainedStep) {
	if st.Name != "" {
		s.line("%s", Safe(st.Name))
	}
	if st.Pipeline {
		s.commands(st.Commands)
	} else {
		s.tree(st.Root, "", "")
	}
	for _, k := range st.Keys {
		s.line("  joined by %s", Safe(keyText(&k)))
	}
	if st.Beyond {
		s.line("  a live stack would have missed it: a value is longer than its mapping's ignore_above")
	}
}

func keyText(k *scanner.ExplainedKey) string {
	switch {
	case len(k.Values) == 0 && k.Optional:
		return k.Field + ": no value, which counts as one"
	case len(k.Values) == 0:
		return k.Field + ": no value: the event is joined with none"
	}
	return k.Field + " = " + listed(k.Values, k.More)
}

// by names the pattern that was met, where the clause has several and the value does not
// say it.
func by(clause, pattern, value string) string {
	if pattern == "" || pattern == value || !strings.HasSuffix(clause, ")") {
		return ""
	}
	return "  by " + pattern
}

// shownText makes an empty text visible.
func shownText(s string) string {
	if s == "" {
		return `""`
	}
	return s
}

func listed(values []string, more int) string {
	shown := make([]string, len(values))
	for i, v := range values {
		shown[i] = shownText(v)
	}
	text := strings.Join(shown, " | ")
	if more > 0 {
		text += fmt.Sprintf(" | … %s more", number(int64(more)))
	}
	return text
}

// tree draws a clause and those below it. first stands before its own line, rest before
// the lines below.
func (s *screen) tree(c *scanner.Clause, first, rest string) {
	s.line("%s%s  %s", first, verdictWord(c, s.opt), Safe(clauseText(c)))
	kids := c.Kids
	switch c.Kind {
	case scanner.ClauseScript:
		kids = kids[0].Kids // whose own line is the script's
	case scanner.ClauseTerm:
		kids = nil // its own line has them
	}
	for i, k := range kids {
		if i == len(kids)-1 {
			s.tree(k, rest+"└─ ", rest+"   ")
		} else {
			s.tree(k, rest+"├─ ", rest+"│  ")
		}
	}
}

// verdictWord is the verdict in its colour, padded; an operand has none.
func verdictWord(c *scanner.Clause, opt Options) string {
	word := fmt.Sprintf("%-7s", c.Verdict.String())
	switch {
	case c.Kind == scanner.ClauseValue:
		return "value  "
	case c.Verdict == scanner.ClauseTrue:
		return paint(word, severityColours["low"], opt)
	case c.Verdict == scanner.ClauseMissing, c.Verdict == scanner.ClauseNull, c.Verdict == scanner.ClauseUntold:
		return paint(word, severityColours["medium"], opt)
	}
	return paint(word, missColour, opt)
}

// missColour is that of what does not hold.
const missColour = "\x1b[31m"

func painted(holds bool, word string, opt Options) string {
	if holds {
		return paint(word, severityColours["low"], opt)
	}
	return paint(word, missColour, opt)
}

func clauseText(c *scanner.Clause) string {
	text := c.Text
	switch c.Kind {
	case scanner.ClauseAnd:
		text = fmt.Sprintf("and: all of %d", len(c.Kids))
	case scanner.ClauseOr:
		text = fmt.Sprintf("or: any of %d", len(c.Kids))
	case scanner.ClauseNot:
		text = "not"
	case scanner.ClauseNested:
		text = "one element of " + c.Text
	case scanner.ClauseValue:
		text += "  =  " + c.Result
	case scanner.ClauseTerm:
		return termText(c)
	case scanner.ClauseScript:
	default:
		text += actual(c)
	}
	if c.Note != "" {
		text += "  (" + c.Note + ")"
	}
	return text
}

// actual says what the field of a leaf is: what met, or what it has instead.
func actual(c *scanner.Clause) (text string) {
	switch {
	case c.Verdict == scanner.ClauseTrue:
		text = "  =  " + shownText(c.Value) + by(c.Text, c.Pattern, c.Value)
		if n := len(c.Values) + c.More; n > 1 {
			text += fmt.Sprintf("  (of %s values)", number(int64(n)))
		}
	case c.Verdict == scanner.ClauseMissing:
		text = "  has no value"
	default:
		text = "  is  " + listed(c.Values, c.More)
	}
	if c.Type != "" {
		text += "  [" + c.Type + "]"
	}
	return text
}

func (s *screen) explainIndicator(e *scanner.Explanation) {
	i := e.Indicator
	if i == nil {
		return
	}
	word := painted(i.Found, fmt.Sprintf("%-7v", i.Found), s.opt)
	if i.Found {
		s.line("%s  %s", word, Safe(fmt.Sprintf("%s = %s is an indicator: %s, line %d (%s)", i.Field, i.Value, i.File, i.Line, strings.Join(i.Mapping, " and "))))
		return
	}
	s.line("%s  no indicator for what the event has", word)
	for _, k := range i.Compared {
		text := k.Field + ": no value"
		if len(k.Values) > 0 {
			text = k.Field + " = " + listed(k.Values, k.More)
		}
		s.line("  %s", Safe(text))
	}
}

func (s *screen) explainExceptions(e *scanner.Explanation) {
	for i := range e.Exceptions {
		x := &e.Exceptions[i]
		text := "takes the event from the rule"
		if x.Ended {
			text = "holds, but had ended at the event's time"
		}
		s.line("%s  %s", title("EXCEPTION", s.opt), Safe(fmt.Sprintf("%s (%s, line %d) %s", clipped(x.Item.Name, maxSentence), x.Item.File, x.Item.Line, text)))
		s.tree(x.Root, "", "")
	}
}

// conclusion says what follows for the rule.
func conclusion(e *scanner.Explanation) string {
	if e.Hit {
		switch n := len(e.Steps); {
		case e.Rule.Candidates:
			return "the rule would ask a language model about it, alone or with other events; that step is skipped: a candidate"
		case n == 1 && e.Steps[0].Pipeline:
			return pipelineHolds(&e.Steps[0])
		case n > 1 || n == 1 && len(e.Steps[0].Keys) > 0 || e.Rule.Type == rules.KindThreshold:
			return "the event is one of those that the rule joins; whether it fires rests on the others, too"
		default:
			return "the rule fires on the event"
		}
	}
	var why []string
	if !e.Index.Looks {
		why = append(why, "the event's index is not one of the rule's")
	}
	if text := queryFails(e); text != "" {
		why = append(why, text)
	}
	if e.Indicator != nil && !e.Indicator.Found {
		why = append(why, "no indicator is in the event")
	}
	for i := range e.Exceptions {
		if !e.Exceptions[i].Ended {
			why = append(why, "an exception takes the event away")
			break
		}
	}
	return strings.Join(why, "; ")
}

// queryFails says what of the query does not hold, "" when it does.
func queryFails(e *scanner.Explanation) string {
	for i := range e.Steps {
		switch st := &e.Steps[i]; {
		case st.Pipeline && st.Rows == 0:
			return pipelineFails(st.Commands)
		case st.Root.Verdict == scanner.ClauseTrue:
			return ""
		}
	}
	step, _, _ := e.NearestStep()
	return "the query does not hold" + short(&e.Steps[step], len(e.Steps))
}

// maxWrong bounds the clauses that a conclusion names.
const maxWrong = 3

// short names the clauses that would have to be otherwise.
func short(st *scanner.ExplainedStep, steps int) string {
	all := st.Root.Wrong()
	if len(all) == 0 {
		return ""
	}
	var out []string
	for _, d := range all[:min(len(all), maxWrong)] {
		text := d.Text
		if d.Not {
			text = "not " + text
		}
		out = append(out, text+actual(d.Clause))
	}
	if n := len(all) - len(out); n > 0 {
		out = append(out, "and "+number(int64(n))+" more")
	}
	text := fmt.Sprintf(": %s short", plural(int64(len(all)), "clause"))
	if steps > 1 {
		text += " of " + st.Name
	}
	return Safe(text + ": " + strings.Join(out, "; "))
}

// ExplainedRest is what the rules amount to that were not asked for by name.
type ExplainedRest struct {
	File                    string
	Line                    int64
	Hits, Misses, Elsewhere int // rules: that match, that look at the index and do not, that do not look at it
	Near                    []*scanner.Explanation
}

// ExplainRest counts the rules and lists those that are nearest to matching.
func ExplainRest(w io.Writer, x *ExplainedRest, opt Options) error {
	s := &screen{opt: opt}
	text := fmt.Sprintf("%s hold on %s:%d; %s look at its index and do not, %s look at other indices",
		number(int64(x.Hits)), Safe(clipped(x.File, maxSentence)), x.Line, number(int64(x.Misses)), number(int64(x.Elsewhere)))
	if len(x.Near) > 0 {
		text += "; the nearest that do not:"
	}
	s.headed("RULES", text)
	for _, e := range x.Near {
		s.wrapped(fmt.Sprintf("  %s (%s): %s", Safe(clipped(e.Rule.Name, maxSentence)), Safe(clipped(e.Rule.ID, maxSentence)), conclusion(e)), 6)
	}
	s.line("")
	_, err := w.Write(s.buf.Bytes())
	return err
}

// ExplainFinding writes the head of a finding that is to be explained: what it is, and
// what its type has to say.
func ExplainFinding(w io.Writer, x *scanner.RecordedFinding, opt Options) error {
	s := &screen{opt: opt}
	text := fmt.Sprintf("%s  [%s] %s", x.ID, x.Severity, x.RuleName)
	for _, part := range []struct{ before, text string }{{"", x.Time}, {"on ", x.Host}, {"by ", x.User}} {
		if part.text != "" {
			text += "  " + part.before + part.text
		}
	}
	what := "FINDING"
	if x.Candidate {
		what = "CANDIDATE"
	}
	s.headed(what, Safe(clipped(text, maxSentence)))
	for _, l := range reasonsOf(&scanner.Finding{Detail: x.Detail}) {
		s.wrapped("  "+l, 4)
	}
	s.line("")
	_, err := w.Write(s.buf.Bytes())
	return err
}
