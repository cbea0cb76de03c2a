package correlate

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/query"
)

// timeline is a rule over events that are named by what they match:
//
//	sequence by host with maxspan=5s [A] [B]*2 ![C] until [D] | head 1
//	event 1 0s A host=x        the first event, at 0 s, matches A; its key is x
//	event 2 1s BC host=x,-     matches B and C; two keys, x and null
//	----
//	x: 1 2 ...                 key, then the event of each step, "-" for a missing one
//
// "lookback=9m" is the rule's, "sample by host [A] [B]" a sample, "seq=4" the event's
// event.sequence, "in=2" its input. The line in the file is the line in the input.
type timeline struct {
	rule    *rules.Rule
	ids     map[string]int // number of the step with this letter, of the last step so written
	until   string
	records []*Record
	want    []string
}

func readTimeline(text string) (tl *timeline, err error) {
	tl = &timeline{ids: map[string]int{}}
	body, want, ok := strings.Cut(text, "----\n")
	if !ok {
		return nil, errors.New("no ----")
	}
	for line := range strings.Lines(want) {
		if line = strings.TrimSpace(line); line != "" {
			tl.want = append(tl.want, line)
		}
	}
	n := int64(0)
	for line := range strings.Lines(body) {
		n++
		line, _, _ = strings.Cut(strings.TrimSpace(line), "#")
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "sequence" || words[0] == "sample":
			err = tl.readRule(words)
		case words[0] == "event" && tl.rule != nil && len(words) >= 4:
			err = tl.readEvent(n, words[1:])
		default:
			err = errors.New("what is this")
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %q: %w", n, line, err)
		}
	}
	return tl, nil
}

func (tl *timeline) readRule(words []string) error {
	seq := &query.Sequence{}
	tl.rule = &rules.Rule{Program: &query.Program{Sequence: seq}}
	if words[0] == "sample" {
		tl.rule.Program.Sequence = nil
	}
	var keys []query.Field
	var until bool
	for i, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		d, err := time.ParseDuration(value)
		switch {
		case name == "by" || name == "with" || name == "|" || words[i] == "head" || words[i] == "tail":
		case words[i] == "by":
			for f := range strings.SplitSeq(w, ",") {
				keys = append(keys, query.Field{Name: f})
			}
		case name == "maxspan" && err == nil:
			seq.MaxSpan = d
		case name == "lookback" && err == nil:
			tl.rule.LookBack = d
		case w == "until":
			until = true
		case w == "head" || w == "tail":
			n, err := strconv.Atoi(words[i+2])
			if err != nil {
				return err
			}
			tl.rule.Program.Pipes = append(tl.rule.Program.Pipes, query.Pipe{Tail: w == "tail", N: n})
		case strings.HasPrefix(w, "[") || strings.HasPrefix(w, "!["):
			tl.addStep(seq, w, keys, until)
		default:
			return fmt.Errorf("what is %q", w)
		}
	}
	if len(tl.rule.Program.Pipes) == 0 { // keeps all, in the order of results
		tl.rule.Program.Pipes = []query.Pipe{{N: math.MaxInt32}}
	}
	var ids []int
	var u int
	if words[0] == "sample" {
		tl.rule.Program.Sample = &query.Sample{Steps: seq.Steps}
		ids = tl.rule.Program.Sample.IDs()
	} else if ids, u = seq.IDs(); u >= 0 {
		tl.ids[tl.until] = u
	}
	for i, s := range seq.Steps {
		tl.ids[letter(s)] = ids[i]
	}
	return nil
}

// letter names a step: "A", or "!A" for a missing one.
func letter(s query.Step) string {
	name := s.X.(*query.Term).Values[0].Text
	if s.Missing {
		return "!" + name
	}
	return name
}

func (tl *timeline) addStep(seq *query.Sequence, w string, keys []query.Field, until bool) {
	w, runs, _ := strings.Cut(w, "*")
	s := query.Step{Keys: keys, Missing: w[0] == '!'}
	s.X = &query.Term{Field: query.Field{Name: "tag"}, Values: []query.Literal{{Text: strings.Trim(w, "![]")}}}
	if until {
		seq.Until, tl.until = &s, letter(s)
		return
	}
	n, _ := strconv.Atoi(runs)
	for range max(n, 1) {
		seq.Steps = append(seq.Steps, s)
	}
}

func (tl *timeline) readEvent(line int64, words []string) error {
	at, err := time.ParseDuration(words[1])
	if err != nil {
		return err
	}
	r := Record{ID: words[0], Time: int64(at), Sequence: math.MaxInt64, Origin: event.Origin{Line: line}}
	r.Content[0], r.Content[1], r.IDHash[0] = byte(line), byte(line>>8), 1
	keys := []string{""}
	for _, w := range words[3:] {
		name, value, _ := strings.Cut(w, "=")
		switch n, err := strconv.Atoi(value); {
		case name == "seq" && err == nil:
			r.Sequence = int64(n)
		case name == "in" && err == nil:
			r.Origin.Input = int32(n)
		default:
			keys = cartesian(keys, strings.Split(value, ","))
		}
	}
	for name, id := range tl.ids {
		if !strings.Contains(words[2], strings.TrimPrefix(name, "!")) {
			continue
		}
		for _, key := range keys {
			c := r
			c.Step, c.Key = int16(id), key
			tl.records = append(tl.records, &c)
		}
	}
	return nil
}

// cartesian appends each value to each key; "-" is null.
func cartesian(keys, values []string) (out []string) {
	for _, k := range keys {
		for _, v := range values {
			kind := byte(event.KeyText)
			if v == "-" {
				kind, v = event.KeyNull, ""
			}
			out = append(out, string(event.AppendKey([]byte(k), kind, []byte(v))))
		}
	}
	return out
}

// reduceAll deals records at random to n collectors and returns the findings as text.
func reduceAll(t testing.TB, r *rules.Rule, records []*Record, n, budget int) ([]string, Stats) {
	t.Helper()
	dir := ""
	if budget < 1<<20 { // will spill
		dir = t.TempDir()
	}
	cs := make([]*Collector, n)
	for i := range cs {
		cs[i] = NewCollector(dir, budget)
		defer cs[i].Close()
	}
	for _, i := range rand.Perm(len(records)) {
		if err := cs[rand.IntN(n)].Emit(records[i]); err != nil {
			t.Fatal(err)
		}
	}
	rd := &Reduction{Rules: []*rules.Rule{r}, Dir: dir, Budget: budget}
	var out []string
	err := rd.Run(cs, func(f *Finding) error {
		out = append(out, findingText(r, f))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, rd.Stats
}

// findingText writes a finding as timelines do.
func findingText(r *rules.Rule, f *Finding) string {
	steps := 0
	if s := r.Program.Sequence; s != nil {
		steps = len(s.Steps)
	} else {
		steps = len(r.Program.Sample.Steps)
	}
	slots := slices.Repeat([]string{"-"}, steps)
	for _, rec := range f.Records {
		slots[rec.Step] = rec.ID
	}
	text := strings.Join(slots, " ")
	if values := event.SplitKey(f.Records[0].Key); len(values) > 0 {
		return strings.ReplaceAll(fmt.Sprintln(values...), "\n", "") + ": " + text
	}
	return text
}

// check runs a timeline in every way that must not matter.
func (tl *timeline) check(t *testing.T) {
	t.Helper()
	for _, n := range []int{1, 2, 7} {
		for _, budget := range []int{1, 1 << 20} {
			got, _ := reduceAll(t, tl.rule, tl.records, n, budget)
			if !slices.Equal(got, tl.want) {
				t.Errorf("%d collectors, budget %d: got\n%s\nwant\n%s", n, budget, strings.Join(got, "\n"), strings.Join(tl.want, "\n"))
			}
		}
	}
}

func TestTimelines(t *testing.T) {
	for _, kind := range []string{"sequence", "sample"} {
		names, err := filepath.Glob(filepath.Join("testdata", kind, "*.txt"))
		if err != nil || len(names) == 0 {
			t.Fatalf("no %s timelines: %v", kind, err)
		}
		for _, name := range names {
			t.Run(kind+"/"+strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				tl, err := readTimeline(string(text))
				if err != nil {
					t.Fatal(err)
				}
				tl.check(t)
			})
		}
	}
}
