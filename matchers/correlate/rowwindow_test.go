package correlate_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
	"coldcase/matchers/rows"
	"coldcase/rules"
	"coldcase/rules/esql"
	"coldcase/rules/query"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

// rowStory is a rule in ES|QL over a few events of one day, each "10:01 user=a host=x".
type rowStory struct {
	query              string
	lookBack, interval string
	events             []string
}

func (s rowStory) rule(t testing.TB) *rules.Rule {
	t.Helper()
	q, err := esql.Parse(source.Text{Path: "story", Body: s.query}, esql.FromSchema(schema.Builtin()))
	if err != nil {
		t.Fatal(err)
	}
	d, err := time.ParseDuration(s.lookBack)
	if err != nil {
		t.Fatal(err)
	}
	x, _ := esql.Prefilter(q)
	return &rules.Rule{ID: "story", Type: rules.KindESQL, ESQL: q, Program: &query.Program{Event: x}, LookBack: d, Interval: s.interval}
}

// storyFields are the short names of fields.
var storyFields = map[string]string{"user": "user.name", "host": "host.name", "pid": "process.pid", "args": "process.args"}

func storyLine(text string) string {
	words := strings.Fields(text)
	day := "2024-01-01"
	if len(words[0]) > 5 {
		day, words[0] = words[0][:10], words[0][11:]
	}
	doc := map[string]any{"@timestamp": day + "T" + words[0] + ":00Z"}
	for _, w := range words[1:] {
		name, value, _ := strings.Cut(w, "=")
		doc[storyFields[name]] = value
		if strings.Contains(value, "+") {
			doc[storyFields[name]] = strings.Split(value, "+")
		}
	}
	b, err := json.Marshal(doc)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// run deals the events at random to n collectors, and returns the findings as text, one a
// line: row, numbers of the events behind it, how many there are, windows.
func (s rowStory) run(t testing.TB, n, budget int) (string, correlate.Stats) {
	t.Helper()
	return s.reduce(t, n, budget, func(*correlate.Reduction) {})
}

// reduce is run with a reduction that is set up otherwise.
func (s rowStory) reduce(t testing.TB, n, budget int, setUp func(*correlate.Reduction)) (string, correlate.Stats) {
	t.Helper()
	rule := s.rule(t)
	m, err := matchers.Compile([]*rules.Rule{rule}, matchers.Options{AnyIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	rd := &correlate.Reduction{Rules: []*rules.Rule{rule}, Dir: dir, Budget: budget,
		Rows: func(int32) *rows.Program { return m.RowProgram(0) }, Jobs: n}
	setUp(rd)
	// Collectors share tallies in two parts, and some leave rows out that are emitted later.
	tallies := [2]*correlate.Tallies{correlate.NewTallies(rd.Rules, rd.Rows), correlate.NewTallies(rd.Rules, rd.Rows)}
	cs := make([]*correlate.Collector, n+1)
	for i := range cs {
		cs[i] = correlate.NewCollector(dir, budget)
		defer cs[i].Close()
		if rd.NearMiss == nil && i < n {
			cs[i].Share(tallies[i%2], rand.IntN(4)-1)
		}
	}
	w := m.NewWorker(false)
	for _, i := range rand.Perm(len(s.events)) {
		storyRecords(t, w, s.events, i, cs[rand.IntN(n)])
	}
	if rd.NearMiss == nil {
		tallies[0].Merge(tallies[1])
		rd.Tallies = tallies[0]
		late := correlate.NewSorter(dir, budget)
		defer late.Close()
		for _, c := range cs[:n] {
			if err := c.LateRows(rd.Tallies, late); err != nil {
				t.Fatal(err)
			}
		}
		err := correlate.Merge([]*correlate.Sorter{late}, func(_, entry []byte) error {
			l, err := correlate.CutLate(entry)
			storyRecords(t, w, s.events, int(l.Line)-1, cs[n])
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var out []string
	err = rd.Run(cs, func(f *correlate.Finding) error {
		out = append(out, findingText(t, f))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return strings.Join(out, "\n"), rd.Stats
}

// storyRecords emits what an event of a story makes.
func storyRecords(t testing.TB, w *matchers.Worker, events []string, i int, c *correlate.Collector) {
	t.Helper()
	hits, err := w.Match([]byte(storyLine(events[i])))
	if err != nil {
		t.Fatal(err)
	}
	f, _ := w.Facts()
	for _, h := range hits {
		r := correlate.Record{Rule: 0, Time: f.Time, Sequence: f.Sequence, Origin: event.Origin{Line: int64(i + 1)},
			Host: string(f.Host), HostKey: string(f.HostKey), User: string(f.User)}
		r.Content[0], r.Content[1] = byte(i), byte(i>>8)
		made := w.Rows(h)
		if len(made) == 1 {
			left, err := c.Leave(0, made[0], r.Origin)
			if err != nil {
				t.Fatal(err)
			}
			if left {
				continue
			}
		}
		for k, row := range made {
			r.Step, r.Key, r.Row = int16(k), row.Key, row.Row
			if err := c.Emit(&r); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func findingText(t testing.TB, f *correlate.Finding) string {
	var detail struct {
		Row  json.RawMessage
		Rows struct{ Sources, Windows int64 }
	}
	if err := json.Unmarshal(f.Detail, &detail); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, r := range f.Records {
		lines = append(lines, fmt.Sprint(r.Origin.Line))
	}
	return fmt.Sprintf("%s from %s, %d in %d windows", detail.Row, strings.Join(lines, " "), f.Count, detail.Rows.Windows)
}

func TestRowWindows(t *testing.T) {
	f := func(name string, s rowStory, want ...string) {
		t.Helper()
		slices.Sort(want)
		for _, budget := range []int{1 << 20, 600} {
			got, _ := s.run(t, 3, budget)
			if got != strings.Join(want, "\n") {
				t.Errorf("%s with %d bytes:\n got %s\nwant %s", name, budget, got, strings.Join(want, "\n"))
			}
		}
	}
	// Windows of 10 minutes end each 5 minutes: 10:05, 10:10, 10:15 for events of 10:01 to
	// 10:12. The count is that of the window that has most; the events are those of both.
	f("episode", rowStory{"FROM a | STATS n = COUNT(*), u = VALUES(user.name) BY host.name | WHERE n > 2 | KEEP host.name, n, u", "10m", "5m",
		[]string{"10:01 host=x user=a", "10:03 host=x user=b", "10:08 host=x user=a", "10:12 host=x user=c", "10:02 host=y user=d", "11:40 host=x"}},
		`{"host.name":"x","n":3,"u":["a","b"]} from 1 2 3, 3 in 1 windows`)
	f("overlap", rowStory{"FROM a | STATS n = COUNT(*), u = VALUES(user.name) BY host.name | WHERE n > 1", "10m", "5m",
		[]string{"10:01 host=x user=a", "10:03 host=x user=b", "10:08 host=x user=a", "10:12 host=x user=c"}},
		`{"host.name":"x","n":3,"u":["a","b","c"]} from 1 2 3 4, 4 in 3 windows`)
	// Windows that do not overlap are findings of their own: those that end at 10:05 and
	// 10:30.
	f("apart", rowStory{"FROM a | STATS n = COUNT(*) BY host.name", "10m", "5m", []string{"10:01 host=x", "10:26 host=x"}},
		`{"host.name":"x","n":1} from 1, 1 in 1 windows`, `{"host.name":"x","n":1} from 2, 1 in 1 windows`)
	// A window's end does not belong to it.
	f("edge", rowStory{"FROM a | STATS n = COUNT(*) | WHERE n == 2", "5m", "5m", []string{"10:04 host=x", "10:05 host=x", "10:09 host=x"}},
		`{"n":2} from 2 3, 2 in 1 windows`)
	// Buckets are keys: that of 10:04 is in the window that ends at 10:10 too, which has
	// no new row of it.
	f("buckets", rowStory{"FROM a | STATS n = COUNT(*) BY t = DATE_TRUNC(1 minute, @timestamp) | WHERE n > 1 | KEEP n, t", "9m", "5m",
		[]string{"10:04 user=a", "10:04 user=b", "10:05 user=c", "10:06 user=d"}},
		`{"n":2,"t":"2024-01-01T10:04:00.000Z"} from 1 2, 2 in 1 windows`)
	// A list puts the event into several groups, which tell nothing of each other.
	f("lists", rowStory{"FROM a | STATS n = COUNT(*) BY user.name | WHERE n > 1", "5m", "5m",
		[]string{"10:01 user=a+b", "10:02 user=b+c", "10:03 user=c"}},
		`{"n":2,"user.name":"b"} from 1 2, 2 in 1 windows`, `{"n":2,"user.name":"c"} from 2 3, 2 in 1 windows`)
	// Rows that MV_EXPAND makes of one event are one event.
	f("expanded", rowStory{"FROM a | MV_EXPAND args | STATS n = COUNT(*)", "5m", "5m", []string{"10:01 user=a"}},
		`{"n":1} from 1, 1 in 1 windows`)
	f("expanded list", rowStory{"FROM a | MV_EXPAND process.args | STATS n = COUNT(*) BY user.name", "5m", "5m", []string{"10:01 user=a args=x+y+z", "10:02 user=a args=x"}},
		`{"n":4,"user.name":"a"} from 1 2, 2 in 1 windows`)
	// Each row that MV_EXPAND makes of a group is a finding, the same in both windows.
	f("expanded group", rowStory{"FROM a | STATS u = VALUES(user.name) BY host.name | MV_EXPAND u | WHERE u != \"a\" | KEEP u", "10m", "5m",
		[]string{"10:01 host=x user=a", "10:02 host=x user=b", "10:06 host=x user=c"}},
		`{"u":"b"} from 1 2 3, 3 in 2 windows`, `{"u":"c"} from 1 2 3, 3 in 1 windows`)
	// Groups of groups: hosts on which two users were seen, by how many there are.
	f("two", rowStory{"FROM a | STATS u = COUNT_DISTINCT(user.name) BY host.name | STATS hosts = COUNT(*) BY u | WHERE u == 2", "5m", "5m",
		[]string{"10:01 host=x user=a", "10:02 host=x user=b", "10:03 host=y user=a", "10:03 host=y user=b", "10:04 host=z user=a"}},
		`{"hosts":2,"u":2} from 1 2 3 4, 4 in 1 windows`)
	// In windows of other keys' rows a key counts too, also when it has no new one: the
	// window that ends at 10:10 holds x of 10:01.
	f("two, later", rowStory{"FROM a | STATS n = COUNT(*) BY host.name | STATS hosts = COUNT(*) | WHERE hosts == 2", "10m", "5m",
		[]string{"10:01 host=x", "10:07 host=y"}},
		`{"hosts":2} from 1 2, 2 in 1 windows`)
	// INLINE STATS gives the count to each row; the finding is the row's event.
	f("inline", rowStory{"FROM a | INLINE STATS n = COUNT_DISTINCT(user.name) BY host.name | WHERE n > 1 AND user.name == \"a\" | KEEP n, host.name", "10m", "10m",
		[]string{"10:01 host=x user=a", "10:02 host=x user=b", "10:03 host=y user=a", "10:03 user=a+b host=x"}},
		`{"host.name":"x","n":2} from 1, 1 in 1 windows`)
	f("inline without keys", rowStory{"FROM a | INLINE STATS m = MAX(process.pid) | WHERE process.pid == m | KEEP m", "10m", "10m",
		[]string{"10:01 pid=4", "10:02 pid=7", "10:03 pid=7", "10:04 user=a"}},
		`{"m":7} from 2, 1 in 1 windows`, `{"m":7} from 3, 1 in 1 windows`)
	// A key that is a list joins the groups of all its values.
	f("inline list", rowStory{"FROM a | INLINE STATS n = COUNT(*) BY user.name | WHERE MV_COUNT(n) == 2 | KEEP n", "10m", "10m",
		[]string{"10:01 user=a+b", "10:02 user=a"}},
		`{"n":[2,1]} from 1, 1 in 1 windows`)
	// LIMIT holds in each window, by the order that SORT makes.
	f("first", rowStory{"FROM a | SORT process.pid DESC | LIMIT 1 | KEEP process.pid", "5m", "5m",
		[]string{"10:01 pid=1", "10:02 pid=3", "10:03 pid=2", "10:06 pid=0"}},
		`{"process.pid":0} from 4, 1 in 1 windows`, `{"process.pid":3} from 2, 1 in 1 windows`)
	f("groups in order", rowStory{"FROM a | STATS n = COUNT(*) BY user.name | SORT n DESC | LIMIT 1", "5m", "5m",
		[]string{"10:01 user=a", "10:02 user=b", "10:03 user=b"}},
		`{"n":2,"user.name":"b"} from 2 3, 2 in 1 windows`)
	// NOW() is the window's end: 10:05, 10:10, and, with no row since, 10:15.
	f("now", rowStory{"FROM a | STATS m = MAX(@timestamp) BY user.name | EVAL age = DATE_DIFF(\"minute\", m, NOW()) | WHERE age >= 3 | KEEP age, user.name", "10m", "5m",
		[]string{"10:01 user=a", "10:03 user=b", "10:08 user=b"}},
		`{"age":9,"user.name":"a"} from 1, 1 in 2 windows`, `{"age":7,"user.name":"b"} from 3, 1 in 1 windows`)
	f("silence", rowStory{"FROM a | INLINE STATS n = COUNT(*) BY host.name | WHERE n == 1 AND @timestamp < NOW() - 5 minutes | KEEP host.name", "10m", "5m",
		[]string{"10:01 host=x", "10:02 host=y", "10:07 host=y"}},
		`{"host.name":"x"} from 1, 1 in 1 windows`, `{"host.name":"y"} from 3, 1 in 1 windows`)
	f("now in front", rowStory{"FROM a | WHERE @timestamp > NOW() - 3 minutes AND user.name == \"a\" | STATS n = COUNT(*)", "10m", "5m",
		[]string{"10:01 user=a", "10:03 user=a", "10:04 user=b"}},
		`{"n":1} from 2, 1 in 1 windows`)
	// What no event stands behind is no finding.
	f("nothing", rowStory{"FROM a | INLINE STATS n = COUNT(*) | WHERE n > 5 | STATS c = COUNT(*)", "5m", "5m", []string{"10:01 user=a"}})
}

// The shape "first seen": a user is new when not seen for the window's five days. Days
// after each other are known; after a gap of more than the window it is new again.
func TestRowWindowsFirstSeen(t *testing.T) {
	for _, condition := range []string{
		"| WHERE first >= NOW() - 10 minutes",
		`| EVAL age = DATE_DIFF("minute", first, NOW()) | WHERE age <= 10 | DROP age`,
	} {
		s := rowStory{"FROM a | STATS first = MIN(@timestamp) BY user.name " + condition + " | KEEP user.name", "120h5m", "5m", nil}
		for day := 1; day <= 20; day++ {
			if day < 10 || day > 16 {
				s.events = append(s.events, fmt.Sprintf("2024-01-%02d/10:01 user=a", day))
			}
		}
		s.events = append(s.events, "2024-01-07/12:00 user=b", "2024-01-07/12:03 user=b", "2024-01-07/15:00 user=b")
		got, _ := s.run(t, 2, 1<<20)
		want := `{"user.name":"a"} from 1, 1 in 1 windows
{"user.name":"a"} from 10, 1 in 1 windows
{"user.name":"b"} from 14 15, 2 in 1 windows`
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", condition, got, want)
		}
	}
}

// A finding lists the first hundred events and says how many there were, however many
// collectors, and however little memory.
func TestRowWindowsAreDeterministic(t *testing.T) {
	s := rowStory{"FROM a | STATS n = COUNT(*), d = COUNT_DISTINCT(process.pid), u = VALUES(user.name) BY host.name | WHERE n > 20", "30m", "5m", nil}
	g := rand.New(rand.NewPCG(3, 4))
	for i := range 700 {
		s.events = append(s.events, fmt.Sprintf("%02d:%02d host=h%d user=u%d pid=%d", 10+i/350, i%350*60/350, g.IntN(3), g.IntN(4), g.IntN(50)))
	}
	want, _ := s.run(t, 1, 1<<20)
	if strings.Count(want, "\n") != 2 || !strings.Contains(want, ", 2") {
		t.Fatalf("got %s", want)
	}
	for _, n := range []int{1, 4} {
		for _, budget := range []int{1 << 20, 2000} {
			if got, _ := s.run(t, n, budget); got != want {
				t.Errorf("%d collectors, %d bytes:\n got %s\nwant %s", n, budget, got, want)
			}
		}
	}
	for line := range strings.Lines(want) {
		_, behind, _ := strings.Cut(line, " from ")
		numbers, _, _ := strings.Cut(behind, ",")
		if n := len(strings.Fields(numbers)); n != 100 {
			t.Errorf("%d events are listed: %.80s", n, line)
		}
	}
}
