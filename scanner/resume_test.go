package scanner

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coldcase/matchers"
	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/scanner/input"
	"coldcase/scanner/journal"
)

// everyType is rules of every type, each of which finds something in resumable evidence.
func everyType(t testing.TB) Config {
	t.Helper()
	hour := func(r *rules.Rule) { r.LookBack = time.Hour }
	set := rules.NewSet([]*rules.Rule{
		kqlRule(t, "single", `process.name: tool and user.name: u1`, tactic(2, "TA0002", "Execution")),
		eqlRule(t, "sequence", `sequence by host.name with maxspan=1h [any where process.name == "first"] [any where process.name == "second"]`),
		eqlRule(t, "sample", `sample by host.name [any where process.name == "first"] [any where process.name == "third"]`, hour),
		eqlRule(t, "missing", `sequence by host.name with maxspan=1h [any where process.name == "second"] ![any where process.name == "never"]`),
		eqlRule(t, "piped", `any where process.name == "third" | tail 3`),
		kqlRule(t, "threshold", `process.name: tool`, hour, func(r *rules.Rule) {
			r.Type, r.Threshold = rules.KindThreshold, &rules.Threshold{Fields: []string{"user.name"}, Value: 20,
				Cardinality: []rules.Cardinality{{Field: "host.name", Value: 2}}}
		}),
		kqlRule(t, "new", `process.name: *`, func(r *rules.Rule) {
			r.Type, r.NewTerms = rules.KindNewTerms, &rules.NewTerms{Fields: []string{"user.name"}, Window: 24 * time.Hour}
		}),
		kqlRule(t, "folded", `process.name: third`, func(r *rules.Rule) {
			r.Suppression = &rules.Suppression{GroupBy: []string{"host.name"}, Duration: time.Hour}
		}),
		kqlRule(t, "alerts", `kibana.alert.rule.name : single`, func(r *rules.Rule) { r.Indices = []string{".alerts-security.*"} }),
		rowRule(t, "rows", `from logs-* metadata _id, _version, _index | where process.name == "third" and user.name == "u2" | keep user.name, host.name`),
		rowRule(t, "windows", `from logs-* | where process.name == "second" | stats n = count(*), hosts = values(host.name) by user.name | where n > 1`, hour),
	}, nil)
	except := kqlRule(t, "known", `user.name: u1 and host.name: h3`).Program.Event
	m, err := matchers.Compile(set.Runnable(), matchers.Options{Exceptions: []*rules.ExceptionItem{{ID: "x", Name: "known", X: except, Rules: []string{"*"}}}})
	if err != nil {
		t.Fatal(err)
	}
	return Config{Tool: Tool{Name: "coldcase", Version: "test"}, Matcher: m, Rules: set, TempDir: t.TempDir(), Jobs: 2, Rejects: true, Audit: 50}
}

// resumable is evidence of every kind of storage, with damage, bad lines and duplicates.
func resumable(t testing.TB, dir string) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	part := func(n int) []byte {
		var b strings.Builder
		for i := range n {
			e := ev{time: at(r.IntN(7200)), host: fmt.Sprintf("h%d", r.IntN(5)), user: fmt.Sprintf("u%d", r.IntN(4)),
				name: [...]string{"tool", "first", "second", "third", "quiet", "quiet"}[r.IntN(6)]}
			e.more = fmt.Sprintf(`"process.pid":%d,"process.parent.pid":%d,"event.type":"start"`, r.IntN(300), r.IntN(300))
			if r.IntN(4) == 0 {
				e.id = fmt.Sprintf("id%d", r.IntN(1000))
			}
			b.WriteString(e.String() + "\n")
			if i%40 == 7 {
				b.WriteString("{broken\n")
			}
		}
		return []byte(b.String())
	}
	plain := part(150)
	writeBytes(t, dir, "a.ndjson", plain)
	writeBytes(t, dir, "b.ndjson.gz", gz(t, part(150), 3))
	writeBytes(t, dir, "c.ndjson.zst", zst(t, part(150), 2))
	var z bytes.Buffer
	w := zip.NewWriter(&z)
	for _, name := range []string{"one.ndjson", "two.ndjson"} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(part(60)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	writeBytes(t, dir, "d.zip", z.Bytes())
	writeBytes(t, dir, "e.tar.gz", gz(t, tarOf(t, map[string]string{"x.ndjson": string(part(60)), "y.ndjson": string(part(60))}), 1))
	cut := gz(t, part(150), 1)
	writeBytes(t, dir, "f.ndjson.gz", cut[:len(cut)*2/3])
	writeBytes(t, dir, "g.ndjson", plain[:len(plain)/2]) // seen before
}

// resumed runs cfg with the journal, from which it goes on, and returns all that comes out.
func resumed(t testing.TB, cfg Config, j *journal.Journal) string {
	t.Helper()
	cfg.Journal = j
	res, err := Run(context.Background(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := res.Close(); err != nil {
			t.Error(err)
		}
	}()
	if j != nil && j.Err() != nil {
		t.Fatal(j.Err())
	}
	return everything(t, res)
}

// everything is all that a result tells.
func everything(t testing.TB, res *Result) string {
	t.Helper()
	audit := fmt.Sprintf("%+v", res.Audit)
	res.Audit = nil // a pointer: the others are written alike
	return whole(t, res) + "\n" + rejectsText(t, res) + audit
}

// goOn opens a journal as it would be found, by a process with another secret.
func goOn(t testing.TB, path string) *journal.Journal {
	t.Helper()
	var secret [32]byte
	for i := range secret {
		secret[i] = byte(rand.Uint32())
	}
	event.SetSecret(secret)
	j, err := journal.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Append(journal.Frame{Kind: journal.Begin}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() }) // closed before where it matters
	return j
}

// frames lists where the frames of a journal end, and of which kind they are.
func frames(t testing.TB, b []byte) (ends []int, kinds string) {
	t.Helper()
	for at := bytes.IndexByte(b, '\n') + 1; at < len(b); {
		kinds += string(b[at] & 0x7f)
		at += 13 + int(binary.LittleEndian.Uint32(b[at+5:]))
		ends = append(ends, at)
	}
	return ends, kinds
}

// begun runs cfg with a new journal and returns what came out and the journal's bytes.
func begun(t testing.TB, cfg Config) (all string, b []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state")
	j, err := journal.Create(path, []byte("head"))
	if err != nil {
		t.Fatal(err)
	}
	all = resumed(t, cfg, j)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if b, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	return all, b
}

func resumableConfig(t testing.TB) (cfg Config, dir string) {
	t.Helper()
	secret := event.Secret()
	t.Cleanup(func() { event.SetSecret(secret) })
	dir = t.TempDir()
	resumable(t, dir)
	cfg = over(t, everyType(t), dir)
	old := write(t, t.TempDir(), "old.ndjson", ev{user: "u3", time: "2026-02-28T20:00:00Z"}.String())
	base, _, err := input.Walk([]string{old}, input.WalkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Baseline = base
	return cfg, dir
}

// A run that was cut off anywhere goes on to what an uninterrupted one amounts to: at each
// end of a frame and at bytes within, whoever was at work then and is now.
func TestResumeAfterEachFrame(t *testing.T) {
	cfg, _ := resumableConfig(t)
	want := resumed(t, cfg, nil)
	for _, name := range everyTypeNames(cfg) {
		if !strings.Contains(want, "RuleName:"+name) {
			t.Errorf("the rule %s finds nothing: the evidence proves too little", name)
		}
	}
	inputs := len(cfg.Inputs) + len(cfg.Baseline)
	r := rand.New(rand.NewPCG(5, 6))
	for _, jobs := range []int{1, 4} {
		cfg.Jobs = jobs
		all, b := begun(t, cfg)
		same(t, "with a journal", all, want)
		ends, kinds := frames(t, b)
		if n := strings.Count(kinds, "D"); n != inputs || kinds[:2] != "HK" {
			t.Fatalf("%d inputs, and the frames %s", inputs, kinds)
		}
		for i, end := range ends {
			for _, cut := range []int{end, end + r.IntN(20)} {
				cfg.Jobs = [...]int{1, 4}[(i+jobs)%2]
				path := writeBytes(t, t.TempDir(), "state", b[:min(cut, len(b))])
				j := goOn(t, path)
				same(t, fmt.Sprintf("cut at %d of %d", cut, len(b)), resumed(t, cfg, j), want)
				done := strings.Count(kinds[:i+1], "D")
				checkSessions(t, path, done, inputs)
				j.Close()
			}
			if raceDetector && i > 8 {
				break
			}
		}
	}
}

func everyTypeNames(cfg Config) (names []string) {
	for _, r := range cfg.Matcher.Rules() {
		names = append(names, r.Name)
	}
	return names
}

// checkSessions holds that what was done was not read again, but for the members of an
// archive of which some were missing.
func checkSessions(t *testing.T, path string, done, inputs int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, kinds := frames(t, b)
	before, after, ok := strings.Cut(kinds, "B")
	was, is := strings.Count(before, "D"), strings.Count(after, "D")
	if !ok || was != done || is < inputs-done || is > inputs-done+1 {
		t.Errorf("%s: %d of %d inputs were done, %d are read now", kinds, done, inputs, is)
	}
}

// Many workers on few large inputs turn from one to the other with every batch: each input
// has all that is its own.
func TestResumeWithManyWorkersOnAnInput(t *testing.T) {
	secret := event.Secret()
	t.Cleanup(func() { event.SetSecret(secret) })
	set, events := varied(t, 9000)
	dir := t.TempDir()
	for i := range 3 {
		write(t, dir, fmt.Sprintf("%d.ndjson", i), events[3000*i:3000*(i+1)]...)
	}
	cfg := over(t, config(t, set), dir)
	cfg.Rejects, cfg.MaxMemory = true, 8<<20
	want := resumed(t, cfg, nil)
	cfg.Jobs = 7
	all, b := begun(t, cfg)
	same(t, "with a journal", all, want)
	ends, kinds := frames(t, b)
	if strings.Count(kinds, "P") < 6 {
		t.Errorf("%s: too few parts to prove much", kinds)
	}
	for i, end := range ends {
		if kinds[i] != 'D' {
			continue
		}
		j := goOn(t, writeBytes(t, t.TempDir(), "state", b[:end]))
		same(t, fmt.Sprintf("%d done", strings.Count(kinds[:i+1], "D")), resumed(t, cfg, j), want)
		if raceDetector {
			break
		}
	}
}

// A run may be interrupted again and again: each goes on from where the one before was.
func TestResumeAgainAndAgain(t *testing.T) {
	cfg, _ := resumableConfig(t)
	want := resumed(t, cfg, nil)
	_, b := begun(t, cfg)
	path := writeBytes(t, t.TempDir(), "state", b)
	for range 4 {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		ends, _ := frames(t, b)
		if err := os.Truncate(path, int64(ends[max(1, len(ends)-5)]-3)); err != nil {
			t.Fatal(err)
		}
		j := goOn(t, path)
		same(t, "once more", resumed(t, cfg, j), want)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// interruptedScan cancels a run when so many inputs are done.
func interruptedScan(t testing.TB, cfg Config, path string, after int) {
	t.Helper()
	j, err := journal.Create(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cfg.Journal = j
	cfg.Inputs = append(append([]input.Input{}, cfg.Inputs[:after]...), input.Input{Name: "-"})
	cfg.Stdin = &endless{text: strings.Repeat(ev{user: "endless"}.String()+"\n", 200), cancel: cancel}
	res, err := Run(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "interrupted", res.Interrupted, true)
	if err := errors.Join(res.Close(), j.Close()); err != nil {
		t.Fatal(err)
	}
}

// A run that is interrupted by its context keeps what it has finished, and nothing of what
// it has not; its own result is partial as ever.
func TestResumeInterrupted(t *testing.T) {
	cfg, _ := resumableConfig(t)
	cfg.Baseline, cfg.MaxMemory = nil, 8<<20
	want := resumed(t, cfg, nil)
	for _, jobs := range []int{1, 4} {
		cfg.Jobs = jobs
		path := filepath.Join(t.TempDir(), "state")
		interruptedScan(t, cfg, path, 3)
		j := goOn(t, path)
		same(t, "after an interruption", resumed(t, cfg, j), want)
		checkSessions(t, path, 3, len(cfg.Inputs))
	}
}

// What has changed since is read again, and what is new as well; a file that only has
// another date is not.
func TestResumeWithChangedEvidence(t *testing.T) {
	cfg, dir := resumableConfig(t)
	_, b := begun(t, cfg)
	inputs := len(cfg.Inputs) + len(cfg.Baseline)
	f := func(what string, reread int, change func(name func(string) string)) {
		t.Helper()
		change(func(s string) string { return filepath.Join(dir, s) })
		cfg := over(t, cfg, dir)
		want := resumed(t, cfg, nil)
		path := writeBytes(t, t.TempDir(), "state", b)
		same(t, what, resumed(t, cfg, goOn(t, path)), want)
		after, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, kinds := frames(t, after)
		equal(t, what+": inputs read", strings.Count(kinds, "D")-inputs, reread)
	}
	f("nothing", 0, func(func(string) string) {})
	f("another date", 0, func(name func(string) string) {
		if err := os.Chtimes(name("b.ndjson.gz"), time.Time{}, time.Unix(1e9, 0)); err != nil {
			t.Fatal(err)
		}
	})
	f("another content of the same length", 1, func(name func(string) string) {
		b, err := os.ReadFile(name("a.ndjson"))
		if err != nil {
			t.Fatal(err)
		}
		writeBytes(t, dir, "a.ndjson", bytes.ReplaceAll(b, []byte(`"u1"`), []byte(`"u7"`)))
		if err := os.Chtimes(name("a.ndjson"), time.Time{}, time.Unix(1e9, 0)); err != nil {
			t.Fatal(err)
		}
	})
	f("a new file in front", 2, func(func(string) string) {
		write(t, dir, "0.ndjson", ev{user: "u1"}.String(), "not JSON")
	})
	f("an archive with another date", 4, func(name func(string) string) {
		if err := os.Chtimes(name("d.zip"), time.Time{}, time.Unix(1e9, 0)); err != nil {
			t.Fatal(err)
		}
	})
	f("a file that is gone", 4, func(name func(string) string) {
		if err := os.Remove(name("c.ndjson.zst")); err != nil {
			t.Fatal(err)
		}
	})
}

// Another set of rules is refused, and so is a journal that says what no run has written.
func TestResumeRefuses(t *testing.T) {
	cfg, _ := resumableConfig(t)
	_, b := begun(t, cfg)
	refused := func(what string, cfg Config, want error, forge func(j *journal.Journal)) {
		t.Helper()
		j := goOn(t, writeBytes(t, t.TempDir(), "state", b))
		forge(j)
		cfg.Journal = j
		res, err := Run(t.Context(), cfg)
		if res != nil || !errors.Is(err, want) {
			t.Errorf("%s: got %v, %v", what, res, err)
		}
		emptyDir(t, cfg.TempDir)
	}
	other := over(t, withRules(t, kqlRule(t, "single", `process.name: tool`)), cfg.Inputs[0].Path)
	refused("other rules", other, ErrOtherRules, func(*journal.Journal) {})
	appended := func(f journal.Frame) func(*journal.Journal) {
		return func(j *journal.Journal) {
			if err := j.Append(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	refused("a second key", cfg, ErrJournal, appended(journal.Frame{Kind: journal.Key, Data: make([]byte, 64)}))
	refused("no meta", cfg, ErrJournal, appended(journal.Frame{Kind: journal.Done, Data: []byte{3, 'a'}}))
	refused("no JSON", cfg, ErrJournal, appended(journal.Frame{Kind: journal.Done, Data: []byte{1, 'a'}}))
	refused("nothing of the kind", cfg, ErrJournal, appended(journal.Frame{Kind: journal.Done}))

	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	cfg.Journal = goOn(t, writeBytes(t, t.TempDir(), "state", b))
	if res, err := Run(canceled, cfg); res != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: got %v, %v", res, err)
	}
}

// closing is a standard input that closes the journal of its run.
type closing struct {
	*strings.Reader
	j *journal.Journal
}

func (r closing) Read(p []byte) (int, error) {
	if r.j != nil && r.Len() > 0 {
		if err := r.j.Close(); err != nil {
			return 0, err
		}
	}
	return r.Reader.Read(p)
}

// A journal that cannot be written any more costs the run nothing but the way back.
func TestJournalFails(t *testing.T) {
	cfg, _ := resumableConfig(t)
	cfg.Inputs = append([]input.Input{{Name: "-"}}, cfg.Inputs...)
	cfg.Jobs = 1
	stdin := func(j *journal.Journal) closing {
		return closing{strings.NewReader(ev{user: "of stdin"}.String() + "\n"), j}
	}
	cfg.Stdin = stdin(nil)
	want := resumed(t, cfg, nil)
	j, err := journal.Create(filepath.Join(t.TempDir(), "state"), nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Journal, cfg.Stdin = j, stdin(j)
	res, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if j.Err() == nil {
		t.Error("the journal says nothing")
	}
	same(t, "without a journal", everything(t, res), want)
}

// tarOf makes an archive of members, each with one line.
func tarOf(t testing.TB, members map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, name := range []string{"x/a.ndjson", "b.ndjson"} {
		text := members[name]
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
