package correlate

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/query"
)

// sharedFile returns the path of shared test material, or skips the test.
func sharedFile(t testing.TB, parts ...string) string {
	t.Helper()
	dir := os.Getenv("COLDCASE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	name := filepath.Join(append([]string{dir}, parts...)...)
	if _, err := os.Stat(name); err != nil {
		t.Skip("shared material absent")
	}
	return name
}

// series is one case of the series specification: a line of events for each stage,
// each event named by a letter and its place in time, after its key if it has one.
type series struct {
	name         string
	stages, want []string
}

// readSeries reads "name, stages, ;, expected sequences, ;" over and over.
func readSeries(text string) (all []series) {
	var s series
	semicolons := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line == ";":
			if semicolons++; semicolons == 2 {
				all, s, semicolons = append(all, s), series{}, 0
			}
		case s.name == "":
			s.name = line
		case semicolons == 0:
			s.stages = append(s.stages, line)
		default:
			s.want = append(s.want, line)
		}
	}
	return all
}

var seriesEvent = regexp.MustCompile(`^(?:(\w+)\|)?([A-Z])(\d+)$`)

// records makes the events of a case: those of one line match that stage.
func (s series) records(t *testing.T) (seq *query.Sequence, records []*Record) {
	t.Helper()
	seq = &query.Sequence{}
	for i, stage := range s.stages {
		seq.Steps = append(seq.Steps, query.Step{X: &query.Term{Field: query.Field{Name: "stage"}, Values: []query.Literal{{Text: strconv.Itoa(i)}}}})
		for token := range strings.FieldsSeq(stage) {
			m := seriesEvent.FindStringSubmatch(token)
			if m == nil {
				t.Fatalf("%s: %q is no event", s.name, token)
			}
			at, _ := strconv.Atoi(m[3])
			r := &Record{Step: int16(i), ID: m[2] + m[3], Time: int64(at), Origin: event.Origin{Line: int64(at)}}
			r.IDHash[0] = byte(at)
			if m[1] != "" {
				r.Key = string(event.AppendKey(nil, event.KeyText, []byte(m[1])))
			}
			records = append(records, r)
		}
	}
	return seq, records
}

func TestSeriesSpecification(t *testing.T) {
	text, err := os.ReadFile(sharedFile(t, "suites", "eql-elasticsearch", "sequences.series-spec"))
	if err != nil {
		t.Fatal(err)
	}
	cases := readSeries(string(text))
	for _, s := range cases {
		seq, records := s.records(t)
		r := &rules.Rule{Program: &query.Program{Sequence: seq, Pipes: []query.Pipe{{N: 1 << 30}}}}
		var want []string
		for _, w := range s.want {
			want = append(want, strings.Replace(w, "|", ": ", 1))
		}
		for _, budget := range []int{1, 1 << 20} {
			if got, _ := reduceAll(t, r, records, 3, budget); !slices.Equal(got, want) {
				t.Errorf("%s: budget %d: got %q, want %q", s.name, budget, got, want)
			}
		}
	}
	if len(cases) != 25 {
		t.Errorf("%d cases were read, the suite has 25", len(cases))
	}
}
