package report

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"coldcase/rules"
	"coldcase/scanner"
)

func htmlOf(t testing.TB, res *scanner.Result, fs ...*scanner.Finding) string {
	t.Helper()
	var b bytes.Buffer
	if err := writeHTML(&b, res, findings(fs...)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// nasty is text that would be markup, script, an end of the JSON block, a formula, a
// terminal sequence or invisible, if anything took it for that.
const nasty = `<img class="evil" src=x onerror="pwned=1">"'` + "`" + `</script><script>pwned=1</script><!--<script>` +
	"\x00\x1b[31m\u202egpj.exe\u2066\u2028\u2029\u200b\xff{{.}}&lt;${pwned=1}]]>"

// nastyCase has it in every text of evidence and rules.
func nastyCase() (*scanner.Result, *scanner.Finding) {
	r := &rules.Rule{ID: nasty, Name: nasty, File: nasty, Severity: "high", RiskScore: 73, Type: rules.Kind(nasty), Query: nasty,
		Description: nasty, Note: nasty + "\n" + nasty, References: []string{"javascript:pwned=1", nasty}, FalsePositives: []string{nasty},
		Threat: []rules.Tactic{{ID: nasty, Name: nasty, Techniques: []rules.Technique{{ID: nasty, Name: nasty, Was: nasty + "x"}}}}}
	f := ticketFinding()
	f.ID, f.Rule, f.RuleName, f.Severity, f.Host, f.User, f.Command, f.Process = nasty, r, nasty, nasty, nasty, nasty, nasty+strings.Repeat("x", 1e6), nasty
	f.Detail = map[string]any{"indicator": map[string]any{"field": nasty, "value": nasty, "file": nasty, "line": 1}}
	e := &f.Evidence[0]
	e.File, e.Index, e.ID, e.FileSHA256, e.LineSHA256 = nasty, nasty, nasty, nasty, nasty
	e.Event = fmt.Appendf(nil, `{"<img class=evil src=x>":"</script><img class=evil>\u0000\u202e\u2028","long":%q}`, strings.Repeat("y", 1e6))
	res := caseResult([]*scanner.Finding{f})
	res.Tool = scanner.Tool{Name: nasty, Version: nasty, ATTACK: nasty}
	g := &res.Groups[0]
	g.Sample, g.Factors = nasty, []scanner.Factor{{Name: nasty, Value: 1, Why: nasty}}
	res.Candidates = []scanner.Group{*g, {Severity: nasty, Host: nasty, User: nasty, Sample: nasty}} // one without its rule
	res.Entities = []scanner.Entity{{Kind: "host", Name: nasty, Band: "high", Tactics: []string{nasty}, Parts: []scanner.Part{{Rule: r}}}}
	res.Tactics = []scanner.TacticResult{{ID: nasty, Name: nasty, Count: 1, Techniques: []scanner.TechniqueResult{
		{ID: nasty, Name: nasty, Was: nasty + "x", Count: 1, Rules: []string{nasty}}}}}
	in := &res.Inputs[0]
	in.File, in.Status, in.Problem, in.SHA256 = nasty, nasty, nasty, nasty
	in.Bad, in.Lost = []scanner.BadKind{{Kind: nasty, Count: 2}}, []scanner.Lost{{Why: nasty}}
	res.NotEvidence, res.Notes = []string{nasty}, []string{nasty}
	res.Rules = []scanner.RuleResult{{Rule: r, Status: "ran", Reason: nasty}, {Name: nasty, File: nasty, Status: "unreadable", Reason: nasty}}
	res.Coverage = scanner.Coverage{CouldNotMatch: 1, Reasons: []scanner.ReasonCount{{Reason: nasty, Count: 1}}}
	res.Exceptions = []scanner.ExceptionResult{{Name: nasty, File: nasty, NotApplied: nasty}}
	res.NearMisses = []scanner.NearMiss{{Rule: r, Kind: nasty, Host: nasty, File: nasty}}
	res.Counts.NearMisses = 1
	return res, f
}

// Hostile text stays text in the bytes of the page, before any browser reads them.
func TestHTMLIsSafe(t *testing.T) {
	res, f := nastyCase()
	page := htmlOf(t, res, f)
	for _, tag := range []string{"<script", "</script>", "<style", "<noscript", "<html"} {
		want := map[string]int{"<script": 2, "</script>": 2}[tag]
		if want == 0 {
			want = 1
		}
		if got := strings.Count(page, tag); got != want {
			t.Errorf("%q stands %d times, want %d", tag, got, want)
		}
	}
	if strings.Contains(page, "<img") || strings.Contains(page, "<!--") {
		t.Error("evidence has become markup")
	}
	for _, r := range page {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' || r == '\u200b') {
			t.Fatalf("%U stands in the page as it is", r)
		}
	}
	for _, want := range []string{`\u202egpj.exe`, `(cut: 1,000,`, `\x1b[31m`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	if len(page) > 1<<20 {
		t.Errorf("%d bytes: texts are not cut", len(page))
	}
}

// The page loads nothing: no address but as text, no attribute that fetches.
func TestHTMLLoadsNothing(t *testing.T) {
	fs := caseFindings(50)
	page := htmlOf(t, caseResult(fs), fs...)
	for _, m := range regexp.MustCompile(`(?i)\b(?:src|href|action|data|poster|srcset|background)\s*=\s*"([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(m[1], "#") {
			t.Errorf("the page refers to %q", m[1])
		}
	}
	for _, bad := range []string{"@import", "url(", "<link", "<iframe", "<object", "<embed", "<base", "style=", "onclick=", "fetch(", "XMLHttpRequest"} {
		if strings.Contains(page, bad) {
			t.Errorf("%q in the page", bad)
		}
	}
	for _, want := range []string{"default-src 'none'", "script-src 'sha256-", "style-src 'sha256-"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the policy", want)
		}
	}
}

// The same result gives the same bytes.
func TestHTMLIsDeterministic(t *testing.T) {
	fs := caseFindings(300)
	if a, b := htmlOf(t, caseResult(fs), fs...), htmlOf(t, caseResult(fs), fs...); a != b {
		t.Error("two reports differ")
	}
}

// The table holds the findings of the best scores, and says what it leaves out.
func TestHTMLChoosesTheBest(t *testing.T) {
	s := &survey{}
	for score, n := range map[float64]int64{99: 3, 73: 4, 47: 10} {
		s.tenths[tenth(score)] = n
	}
	f := func(room int64, want string) {
		t.Helper()
		c := s.chooser(room)
		var got []string
		for _, score := range []float64{47, 73, 99, 73, 99, 73, 47, 99, 73} {
			if c.take(score) {
				got = append(got, fmt.Sprint(score))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("room for %d: got %q, want %q", room, got, want)
		}
	}
	f(2, "99 99")
	f(3, "99 99 99")
	f(5, "73 99 73 99 99")
	f(8, "47 73 99 73 99 73 99 73")
	f(100, "47 73 99 73 99 73 47 99 73")
	f(0, "")
}

func TestTenth(t *testing.T) {
	f := func(score float64, want int) {
		t.Helper()
		if got := tenth(score); got != want {
			t.Errorf("tenth(%v) = %d, want %d", score, got, want)
		}
	}
	var nan float64
	f(0, 0)
	f(-1, 0)
	f(nan/nan, 0)
	f(26.14, 261)
	f(100, 1000)
	f(1e300, 1000)
}

// Nothing found: the page says what could not have been found, and has no table.
func TestHTMLNoFinding(t *testing.T) {
	res := someResult()
	res.Groups, res.Entities, res.Tactics = nil, nil, nil
	res.Counts.Findings, res.Counts.Groups, res.First, res.Last = 0, 0, time.Time{}, time.Time{}
	page := htmlOf(t, res)
	for _, want := range []string{"Nothing was found; read below what could not have been found.", "Not everything was read",
		"1 rule ran but could not have fired: no such index 1", "5 rules not run: ES|QL 3, machine learning 2", "gzip: unexpected end at byte 10,000,000"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	if strings.Contains(page, `id="explorer"`) || strings.Contains(page, `id="timeline"`) {
		t.Error("an empty part is drawn")
	}
}

func TestTimelineBars(t *testing.T) {
	f := func(first, last string, bars int, step string) {
		t.Helper()
		tl := newTimeline(at(first), at(last), maxBars)
		if len(tl.bars) != bars || stepName(tl.step) != step {
			t.Errorf("%s to %s: %d bars of %s, want %d of %s", first, last, len(tl.bars), stepName(tl.step), bars, step)
		}
		tl.add(at(first), "high")
		tl.add(at(last), "low")
		tl.add(time.Time{}, "low")
		if got := sum(tl.bars[0]) + sum(tl.bars[bars-1]); bars > 1 && got != 2 || tl.noTime != 1 {
			t.Errorf("%s to %s: %d findings at the ends, %d without time", first, last, got, tl.noTime)
		}
	}
	f("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z", 1, "1 second")
	f("2026-03-01T10:00:00Z", "2026-03-01T10:00:59Z", 60, "1 second")
	f("2026-03-01T10:00:00Z", "2026-03-01T10:01:00Z", 13, "5 seconds")
	f("2026-03-01T08:00:00Z", "2026-03-01T16:05:00Z", 33, "15 minutes")
	f("2026-03-01T00:00:00Z", "2026-04-15T12:00:00Z", 46, "1 day")
	f("1700-01-01T00:00:00Z", "2200-01-01T00:00:00Z", 21, "9,125 days") // 500 years of 365.25 days are 20.01 times 25 of 365
	if len(newTimeline(time.Time{}, time.Time{}, maxBars).bars) != 0 {
		t.Error("bars without a time")
	}
}

// One critical finding among thousands is still seen.
func TestTimelineShowsTheSmall(t *testing.T) {
	tl := newTimeline(at("2026-03-01T10:00:00Z"), at("2026-03-01T10:00:00Z"), maxBars)
	for range 5000 {
		tl.add(at("2026-03-01T10:00:00Z"), "low")
	}
	tl.add(at("2026-03-01T10:00:00Z"), "critical")
	parts := tl.chart().Bars[0].Parts
	if len(parts) != 2 || parts[1].Severity != "critical" || parts[1].H < 2 || parts[1].Y < 0 {
		t.Errorf("got %+v", parts)
	}
}

func TestQueryNamesField(t *testing.T) {
	f := func(query, field string, want bool) {
		t.Helper()
		if got := names(query, field); got != want {
			t.Errorf("names(%q, %q) = %v", query, field, got)
		}
	}
	f(`process.name:"x"`, "process.name", true)
	f(`process.name.caseless : x`, "process.name", true)
	f(`process where process.parent.name == "a"`, "process.name", false)
	f(`process.parent.name == "a" and process.name == "b"`, "process.name", true)
	f(`process.names:x`, "process.name", false)
	f(`not user.id:(0 or 1)`, "user.id", true)
	f(`?process.pid != 1`, "process.pid", true)
	f(`xuser.id:1`, "user.id", false)
	f("", "a", false)
	f("a", "", false)
}

// What the detail of each rule type says is said in words.
func TestReasonsOf(t *testing.T) {
	f := func(want string, detail map[string]any) {
		t.Helper()
		if got := strings.Join(reasonsOf(&scanner.Finding{Detail: detail}), " "); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
	key := []any{map[string]any{"field": "host.id", "value": "h1"}}
	f("A sequence of 3 steps within 1500 ms (allowed: 60000 ms), joined by host.id = h1.",
		map[string]any{"sequence": map[string]any{"steps": 3, "span_ms": 1500, "maxspan_ms": 60000, "keys": key}})
	f("12 events, of which up to 9 in one window of 300 s; the threshold is 5, joined by host.id = h1.",
		map[string]any{"threshold": map[string]any{"count": 12, "peak": 9, "window_s": 300, "value": 5, "fields": key}})
	f("Not seen before: user.name = eve. The evidence holds 2.5 of the 7 days of history that the rule asks for.",
		map[string]any{"new_terms": map[string]any{"fields": []any{"user.name"}, "values": []any{"eve"}, "baseline_days": 2.5, "window_days": 7}})
	f("The indicator 203.0.113.9 from ioc.csv, line 4, by destination.ip.",
		map[string]any{"indicator": map[string]any{"value": "203.0.113.9", "file": "ioc.csv", "line": 4, "field": "destination.ip"}})
	f("4 further alerts of host.id = h1 are folded into this one. The index of the event is assumed from its dataset.",
		map[string]any{"suppression": map[string]any{"fields": []any{"host.id"}, "values": []any{"h1"}, "suppressed": 4}, "index_assumed": true})
	f("", nil)
	f("", map[string]any{"sequence": "odd", "threshold": []any{1}})
}

// Lists stand together, and an event is shown up to its limits only.
func TestPageEvent(t *testing.T) {
	read := func(event string, full bool) pageEvent {
		f := ticketFinding()
		f.Rule = &rules.Rule{Query: "d : *"}
		f.Evidence[0].Event = []byte(event)
		return newPageFinding(f, newFieldReader(), newMarker(), full).Events[0]
	}
	const event = `{"a":{"b":["x","y\n"]},"c":null,"d":1.50}`
	e := read(event, true)
	if got := fmt.Sprint(e.Fields, e.Values, e.Cut); got != "[{a.b x\n"+`y\n false} {d 1.50 true}] 3 false` {
		t.Errorf("got %q", got)
	}
	if e := read("{"+strings.Repeat(`"k":"v",`, 2*maxPageFields)+`"z":1}`, true); e.Values != maxPageFields || !e.Cut {
		t.Errorf("many: %d values, cut %v", e.Values, e.Cut)
	}
	if e := read(event, false); len(e.Fields) != 0 || !e.Cut || e.Line != 17 {
		t.Errorf("without room: %+v", e)
	}
	if e := read(`{"a":`, true); len(e.Fields) != 0 || !e.Cut {
		t.Errorf("what is no event: %+v", e)
	}
	if e := read("", true); e.Cut {
		t.Errorf("no event at all: %+v", e)
	}
}

// More findings than there is room for: the page says how many it has, and rows beyond
// the room for texts are cut, not lost.
func TestHTMLBounds(t *testing.T) {
	fs := make([]*scanner.Finding, maxPageFindings+50)
	for i := range fs {
		// 3 kB of text each that repeats nowhere, in all more than there is room for.
		fs[i] = &scanner.Finding{ID: fmt.Sprint(i), Rule: shellRule, Severity: "medium", Score: 47, Time: at("2026-03-01T10:00:00Z"), Count: 1,
			Host: fmt.Sprint("h", i%3), Command: fmt.Sprint(i, strings.Repeat("é", 1000)), User: fmt.Sprint(i, strings.Repeat("ü", 1000))}
	}
	page := htmlOf(t, caseResult(fs), fs...)
	if !strings.Contains(page, "The 10,000 findings of the best scores, of 10,050") {
		t.Error("the page does not say what it leaves out")
	}
	_, block, _ := strings.Cut(page, `id="data">`)
	block, _, _ = strings.Cut(block, "</script>")
	data := decode[struct {
		Rows    [][]any
		Strings []string
	}](t, []byte(block))
	if len(data.Rows) != maxPageFindings {
		t.Errorf("%d rows", len(data.Rows))
	}
	size := 0
	for _, s := range data.Strings {
		size += len(s)
	}
	if most := maxPageStrings + maxPageFindings*4*2*maxPageShort; size < maxPageStrings || size > most {
		t.Errorf("%d bytes of text, want between %d and %d", size, maxPageStrings, most)
	}
}

func BenchmarkHTML(b *testing.B) {
	fs := caseFindings(10_000)
	res := caseResult(fs)
	var size int
	b.ReportAllocs()
	for b.Loop() {
		var buf bytes.Buffer
		if err := writeHTML(&buf, res, findings(fs...)); err != nil {
			b.Fatal(err)
		}
		size = buf.Len()
	}
	b.SetBytes(int64(size))
	if size < 1<<20 {
		b.Fatalf("%d bytes for 10,000 findings", size)
	}
}

// A writer that fails at any byte ends the report with its error.
func TestHTMLWriteErrors(t *testing.T) {
	fs := caseFindings(100)
	res := caseResult(fs)
	for _, room := range []int{0, 1 << 10, 70 << 10, 150 << 10} {
		w := &fullDisk{room: room}
		if err := writeHTML(w, res, findings(fs...)); err != io.ErrShortWrite {
			t.Errorf("full after %d bytes: %v", room, err)
		}
	}
}

// fullDisk takes room bytes.
type fullDisk struct{ room int }

func (d *fullDisk) Write(p []byte) (int, error) {
	if len(p) > d.room {
		return 0, io.ErrShortWrite
	}
	d.room -= len(p)
	return len(p), nil
}

// Whatever evidence and rules hold, the page has its own two scripts and no other
// markup, and its data can be read.
func FuzzHTML(f *testing.F) {
	f.Add(nasty, []byte(`{"a":"</script>"}`))
	f.Add("", []byte("{"))
	f.Fuzz(func(t *testing.T, text string, ev []byte) {
		x := ticketFinding()
		r := *ticketRule
		r.Name, r.Description, r.Note, r.Query = text, text, text, text
		x.Rule, x.RuleName, x.Host, x.User, x.Command, x.ID = &r, text, text, text, text, text
		x.Evidence[0].Event, x.Evidence[0].File = ev, text
		page := htmlOf(t, caseResult([]*scanner.Finding{x}), x)
		for tag, want := range map[string]int{"<script": 2, "</script": 2, "<style": 1, "<meta": 6, "<img": 0, "<!--": 0} {
			if got := strings.Count(page, tag); got != want {
				t.Errorf("%q stands %d times, want %d", tag, got, want)
			}
		}
		for _, r := range page {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Fatalf("%U stands in the page as it is", r)
			}
		}
		_, block, _ := strings.Cut(page, `id="data">`)
		block, _, _ = strings.Cut(block, "</script>")
		if rows := decode[struct{ Rows [][]any }](t, []byte(block)).Rows; len(rows) != 1 || len(rows[0]) != 14 {
			t.Errorf("%d rows", len(rows))
		}
	})
}
