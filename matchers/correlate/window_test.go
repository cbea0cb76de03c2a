package correlate

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/query"
)

// story is a timeline of a threshold, new_terms or suppression rule:
//
//	threshold fields=host value=3 window=9m interval=5m distinct=file:2
//	event a 0s x v=1,2         the first event, at 0 s; its key is x, its values 1 and 2
//	event b 1s x,y             two keys: one record for each
//	----
//	x: a b 0s..1s count=2 ...  key, evidence, first and last, what the type says
//
// "new_terms fields=F window=7d", "suppression fields=F window=1h lookback=9m"; a key
// of several fields is x/y, "." the key of no field. An event may have seq=N, in=INPUT,
// id=ID, same=EVENT (its content), on=HOST, baseline, notime. "history HOST 0s" says
// since when a host is known. The line in the file is the line in the input.
type story struct {
	rule    *rules.Rule
	history map[string]int64
	records []*Record
	want    string
}

func readStory(text string) (*story, error) {
	body, want, ok := strings.Cut(text, "----\n")
	if !ok {
		return nil, errors.New("no ----")
	}
	s := &story{want: strings.TrimSpace(want)}
	n := int64(0)
	for line := range strings.Lines(body) {
		n++
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		var err error
		switch {
		case len(words) == 0:
		case words[0] == "event" && s.rule != nil && len(words) >= 4:
			err = s.readEvent(n, words[1:])
		case words[0] == "history" && len(words) == 3:
			err = s.readHistory(words[1:])
		case s.rule == nil:
			err = s.readRule(words)
		default:
			err = errors.New("what is this")
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %q: %w", n, line, err)
		}
	}
	return s, nil
}

// options reads words NAME=VALUE; a word without "=" has the value "".
func options(words []string) map[string]string {
	out := map[string]string{}
	for _, w := range words {
		name, value, _ := strings.Cut(w, "=")
		out[name] = value
	}
	return out
}

func (s *story) readRule(words []string) (err error) {
	o := options(words[1:])
	r := &rules.Rule{Program: &query.Program{}, Interval: o["interval"]}
	s.rule = r
	var fields []string
	if o["fields"] != "" {
		fields = strings.Split(o["fields"], "/")
	}
	var window time.Duration
	if o["window"] != "" {
		window, err = shortDuration(o["window"])
	}
	switch words[0] {
	case "threshold":
		r.Type, r.LookBack = rules.KindThreshold, window
		r.Threshold = &rules.Threshold{Fields: fields}
		if field, n, ok := strings.Cut(o["distinct"], ":"); ok {
			c := rules.Cardinality{Field: field}
			c.Value, err = strconv.Atoi(n)
			r.Threshold.Cardinality = append(r.Threshold.Cardinality, c)
		}
		if err == nil {
			r.Threshold.Value, err = strconv.Atoi(o["value"])
		}
	case "new_terms":
		r.Type, r.NewTerms = rules.KindNewTerms, &rules.NewTerms{Fields: fields, Window: window}
	case "suppression":
		r.Type, r.Suppression = rules.KindQuery, &rules.Suppression{GroupBy: fields, Duration: window}
		if err == nil && o["lookback"] != "" {
			r.LookBack, err = shortDuration(o["lookback"])
		}
	default:
		err = errors.New("what rule is this")
	}
	return err
}

// shortDuration also reads days.
func shortDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(s)
}

func (s *story) readHistory(words []string) error {
	d, err := shortDuration(words[1])
	if s.history == nil {
		s.history = map[string]int64{}
	}
	s.history[words[0]] = int64(d)
	return err
}

func (s *story) readEvent(line int64, words []string) error {
	at, err := shortDuration(words[1])
	o := options(words[3:])
	r := Record{ID: words[0], Time: int64(at), Sequence: math.MaxInt64, Origin: event.Origin{Line: line}, HostKey: o["on"]}
	content := words[0]
	for name, value := range o {
		n, nerr := strconv.Atoi(value)
		switch {
		case name == "seq" && nerr == nil:
			r.Sequence = int64(n)
		case name == "in" && nerr == nil:
			r.Origin.Input = int32(n)
		case name == "v":
			r.Values = strings.Split(value, ",")
		case name == "id":
			copy(r.IDHash[:], value)
		case name == "same":
			content = value
		case name == "baseline":
			r.Baseline = true
		case name == "notime":
			r.NoTime, r.Time = true, 0
		case name != "on":
			err = fmt.Errorf("what is %q", name)
		}
	}
	copy(r.Content[:], content)
	for key := range strings.SplitSeq(words[2], ",") {
		c := r
		c.Key = storyKey(key)
		s.records = append(s.records, &c)
	}
	return err
}

func storyKey(key string) string {
	var out []byte
	if key != "." {
		for part := range strings.SplitSeq(key, "/") {
			out = event.AppendKey(out, event.KeyText, []byte(part))
		}
	}
	return string(out)
}

// run deals the records at random to n collectors and returns the findings as text.
func (s *story) run(t testing.TB, n, budget int) (string, Stats) {
	t.Helper()
	dir := t.TempDir()
	cs := make([]*Collector, n)
	for i := range cs {
		cs[i] = NewCollector(dir, budget)
		defer cs[i].Close()
	}
	for _, i := range rand.Perm(len(s.records)) {
		if err := cs[rand.IntN(n)].Emit(s.records[i]); err != nil {
			t.Fatal(err)
		}
	}
	rd := &Reduction{Rules: []*rules.Rule{s.rule}, Dir: dir, Budget: budget}
	if s.history != nil {
		rd.History = func(r *Record, _ time.Duration) (int64, bool) {
			start, ok := s.history[r.HostKey]
			return start, ok
		}
	}
	var out []string
	err := rd.Run(cs, func(f *Finding) error {
		out = append(out, storyText(t, f))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n"), rd.Stats
}

// storyText writes a finding as stories do.
func storyText(t testing.TB, f *Finding) string {
	var words []string
	for _, v := range event.SplitKey(f.Records[0].Key) {
		words = append(words, fmt.Sprint(v))
	}
	key := strings.Join(words, "/")
	if key == "" {
		key = "."
	}
	words = []string{key + ":"}
	for _, r := range f.Records {
		words = append(words, r.ID)
	}
	words = append(words, fmt.Sprintf("%v..%v", time.Duration(f.First), time.Duration(f.Last)))
	var detail struct {
		Threshold *struct {
			Count, Peak int64
			Live        string
			Cardinality *struct{ Distinct int64 }
		}
		Terms *struct {
			Baseline float64 `json:"baseline_days"`
			Window   float64 `json:"window_days"`
		} `json:"new_terms"`
		Suppression *struct{ Suppressed int64 }
	}
	if err := json.Unmarshal(f.Detail, &detail); err != nil {
		t.Fatal(err)
	}
	switch d := detail; {
	case d.Threshold != nil:
		if d.Threshold.Count != f.Count {
			t.Errorf("the detail counts %d, the finding %d", d.Threshold.Count, f.Count)
		}
		words = append(words, fmt.Sprintf("count=%d peak=%d", f.Count, d.Threshold.Peak))
		if d.Threshold.Cardinality != nil {
			words = append(words, fmt.Sprintf("distinct=%d", d.Threshold.Cardinality.Distinct))
		}
		words = append(words, d.Threshold.Live)
	case d.Terms != nil:
		words = append(words, fmt.Sprintf("baseline=%vd/%vd scale=%.2f", d.Terms.Baseline, d.Terms.Window, f.Scale))
	case d.Suppression != nil:
		words = append(words, fmt.Sprintf("count=%d suppressed=%d", f.Count, d.Suppression.Suppressed))
	}
	return strings.Join(words, " ")
}

// TestStories runs each story in every way that must not matter.
func TestStories(t *testing.T) {
	for _, kind := range []string{"threshold", "newterms", "suppress"} {
		names, err := filepath.Glob(filepath.Join("testdata", kind, "*.txt"))
		if err != nil || len(names) == 0 {
			t.Fatalf("no %s stories: %v", kind, err)
		}
		for _, name := range names {
			t.Run(kind+"/"+strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				s, err := readStory(string(text))
				if err != nil {
					t.Fatal(err)
				}
				for _, n := range []int{1, 2, 7} {
					for _, budget := range []int{1, 1 << 20} {
						if got, _ := s.run(t, n, budget); got != s.want {
							t.Errorf("%d collectors, budget %d: got\n%s\nwant\n%s", n, budget, got, s.want)
						}
					}
				}
			})
		}
	}
}
