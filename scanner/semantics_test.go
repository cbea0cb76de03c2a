package scanner

import (
	"errors"
	"strings"
	"testing"

	"coldcase/rules"
)

// Head and tail take the first and last findings in the order of events, wherever the
// lines stand and whoever read them.
func TestHeadAndTail(t *testing.T) {
	cfg := withRules(t,
		eqlRule(t, "head", `any where process.name == "tool" | head 2`),
		eqlRule(t, "tail", `any where process.name == "tool" | tail 1`),
		eqlRule(t, "middle", `any where process.name == "tool" | head 3 | tail 1`))
	line := func(seconds int, user string) string { return ev{time: at(seconds), user: user}.String() }
	dir := t.TempDir()
	write(t, dir, "a", line(30, "c"), line(10, "a"), line(50, "e"))
	write(t, dir, "b", line(40, "d"), line(20, "b"), line(10, "a")) // the last one again
	equal(t, "findings", brief(t, scan(t, cfg, dir)), "head h1 a, head h1 b, middle h1 c, tail h1 e")
}

// An event without a readable time matches, is counted, and stands behind the others.
func TestEventsWithoutTime(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "tools", `process.name: tool`))
	res := scan(t, cfg, write(t, t.TempDir(), "a", ev{time: "-", user: "u1"}.String(),
		ev{time: "yesterday", user: "u2"}.String(), ev{user: "u3"}.String(), ev{time: "-", user: "u0"}.String()))
	equal(t, "findings", brief(t, res), "tools h1 u3, tools h1 u1, tools h1 u2, tools h1 u0")
	equal(t, "without time", res.Counts.NoTime, 3)
	fs := findings(t, res)
	equal(t, "time of the others", fs[1].Time.IsZero() && fs[2].Last.IsZero(), true)
	equal(t, "span", res.First.Equal(fs[0].Time) && res.Last.Equal(fs[0].Time), true)
	equal(t, "groups", len(res.Groups), 4)
	equal(t, "the timed group is first", res.Groups[0].User, "u3")
}

var errStop = errors.New("stop")

// Findings of one time stand by rule, then by input and line.
func TestOrderOfFindings(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "a", `process.name: tool`), kqlRule(t, "b", `user.name: *`))
	dir := t.TempDir()
	write(t, dir, "1", ev{user: "x"}.String(), ev{user: "y"}.String())
	write(t, dir, "2", ev{user: "z"}.String(), ev{user: "first", time: at(-1)}.String())
	res := scan(t, cfg, dir)
	equal(t, "findings", brief(t, res), "a h1 first, b h1 first, a h1 x, a h1 y, a h1 z, b h1 x, b h1 y, b h1 z")
	stop := 0
	err := res.Findings(func(*Finding) error {
		if stop++; stop == 3 {
			return errStop
		}
		return nil
	})
	if err != errStop || stop != 3 {
		t.Errorf("the walk ended with %v after %d findings", err, stop)
	}
}

// A finding carries the event as it stands in the line, and where that is.
func TestFindingFacts(t *testing.T) {
	beyond := kqlRule(t, "long", `process.working_directory: *end`, func(r *rules.Rule) { r.MaxSignals = 1 })
	cfg := withRules(t, beyond)
	text := strings.Repeat("é", 1100) + "end"
	long := ev{more: `"process.working_directory":"` + text + `","process.command_line":"` + text + `","message":"m"`}.String()
	other := ev{more: `"process.working_directory":"the end"`, user: "u2"}.String()
	path := write(t, t.TempDir(), "a", ev{name: "quiet"}.String(), " "+long+" ", other)
	res := scan(t, cfg, path)
	fs := findings(t, res)
	if len(fs) != 2 {
		t.Fatalf("%d findings, want 2", len(fs))
	}
	e := fs[0].Evidence[0]
	equal(t, "event", string(e.Event), long)
	equal(t, "length", int(e.Origin.Length), len(long)+2)
	equal(t, "hash of the line", e.LineSHA256, hexSum([]byte(" "+long+" ")))
	equal(t, "file", e.File, path)
	equal(t, "hash of the file", e.FileSHA256, res.Inputs[0].SHA256)
	equal(t, "process", fs[0].Process, "tool")
	equal(t, "message", fs[0].Message, "m")
	equal(t, "beyond ignore_above", fs[0].Detail["beyond_ignore_above"] != nil, true)
	equal(t, "within ignore_above", fs[1].Detail["beyond_ignore_above"] != nil, false)
	equal(t, "counted", res.Counts.BeyondIgnoreAbove, 1)
	if n := len(res.Groups[0].Sample); n > maxSample+len("…") || !strings.HasSuffix(res.Groups[0].Sample, "é…") {
		t.Errorf("the sample of %d bytes is not cut between characters", n)
	}
	for _, note := range []string{
		"findings on a value beyond the mapping's ignore_above: 1; a live stack would have missed them",
		"rules with more findings than their max_signals: 1; a live stack may have cut some",
	} {
		equal(t, note, contains(res.Notes, note), true)
	}
}
