package load

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"coldcase/rules"
)

var update = flag.Bool("update", false, "write what is found into the goldens; then read the difference")

// TestFormats reads the files of each archive in testdata and compares what they
// amount to with the archive's last file, "want".
func TestFormats(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			checkArchive(t, path)
		})
	}
}

func checkArchive(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files := archive(string(text))
	want := len(files) - 1
	if want < 1 || files[want].name != "want" {
		t.Fatal("the archive does not end in the file want")
	}
	var got bytes.Buffer
	for _, f := range files[:want] {
		fmt.Fprintf(&got, "== %s\n", f.name)
		rs, problems := Read(f.name, []byte(f.text))
		for _, r := range rs {
			got.WriteString(show(r))
		}
		for _, p := range problems {
			fmt.Fprintf(&got, "problem %q\n%s\n", p.Name, languageMessage.ReplaceAllString(p.Err.Error(), "$1 ..."))
		}
	}
	if *update {
		head := strings.TrimSuffix(string(text), files[want].text)
		if err := os.WriteFile(path, append([]byte(head), got.Bytes()...), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(files[want].text, got.String()); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}

// languageMessage is what a query language says of a mistake. Its words are the
// language's to choose; ours is the place.
var languageMessage = regexp.MustCompile(`(:\d+:\d+: found) .*`)

// member is one file of an archive.
type member struct{ name, text string }

// fileMark opens a file of an archive in the txtar format.
var fileMark = regexp.MustCompile(`(?m)^-- (\S+) --\n`)

// archive cuts a text into its files; what stands above the first is a comment.
func archive(text string) []member {
	var files []member
	marks := fileMark.FindAllStringSubmatchIndex(text, -1)
	for i, m := range marks {
		end := len(text)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		files = append(files, member{name: text[m[2]:m[3]], text: text[m[1]:end]})
	}
	return files
}

// show writes what a rule holds, a fact a line, leaving out what is empty.
func show(r *rules.Rule) string {
	var b strings.Builder
	fact := func(name, format string, args ...any) {
		if text := fmt.Sprintf(format, args...); text != "" && text != "[]" && text != "0" && text != "false" {
			fmt.Fprintf(&b, "%s: %s\n", name, text)
		}
	}
	fmt.Fprintf(&b, "rule %q %s line %d\n", r.Name, r.Format, r.Line)
	if r.IDKind == rules.FromSlug {
		fact("id from slug", "%s", r.ID)
	} else {
		fact("id", "%s", r.ID)
	}
	fact("version", "%d", r.Version)
	fact("type", "%s %s", r.Type, r.Language)
	fact("indices", "%q", r.Indices)
	fact("window", "%s to %s every %s, looks back %s", r.From, r.To, r.Interval, r.LookBack)
	fact("score", "%s %d, at most %d", r.Severity, r.RiskScore, r.MaxSignals)
	for _, m := range r.SeverityMap {
		fact("severity", "%+v", m)
	}
	for _, m := range r.RiskMap {
		fact("risk", "%+v", m)
	}
	fact("overrides", "%s", strings.TrimSpace(r.NameOverride+" "+r.TimeOverride))
	fact("building block", "%v", r.BuildingBlock)
	fact("maturity", "%s", r.Maturity)
	fact("deprecated", "%v", r.Deprecated)
	for _, t := range r.Threat {
		fact("tactic", "%s %s %s (%d)", t.Framework, t.ID, t.Name, t.Order)
		showTechniques(fact, "technique", t.Techniques)
	}
	fact("tags", "%q", r.Tags)
	fact("references", "%q", r.References)
	fact("authors", "%q", r.Authors)
	fact("license", "%s", r.License)
	fact("derived from", "%s", r.DerivedFrom)
	fact("description", "%s", r.Description)
	fact("note", "%s", r.Note)
	fact("setup", "%s", r.Setup)
	fact("false positives", "%q", r.FalsePositives)
	fact("pivots", "%q", r.Pivots)
	showParameters(fact, r)
	for _, x := range r.Tests {
		fact("test", "%+v", x)
	}
	fact("query", "%s", r.Query)
	if p := r.Program; p != nil {
		showProgram(fact, r)
	}
	fact("not run", "%s", r.NotRun)
	fact("incomplete", "%q", r.Incomplete)
	for _, w := range r.Warnings {
		fact("warning", "%s", w)
	}
	return b.String()
}

type factFunc func(name, format string, args ...any)

func showTechniques(fact factFunc, name string, ts []rules.Technique) {
	for _, t := range ts {
		fact(name, "%s %s%s", t.ID, t.Name, strings.TrimSuffix(" was "+t.Was, " was "))
		showTechniques(fact, "  sub-technique", t.Subtechniques)
	}
}

func showParameters(fact factFunc, r *rules.Rule) {
	if r.Threshold != nil {
		fact("threshold", "%+v", *r.Threshold)
	}
	if r.NewTerms != nil {
		fact("new terms", "%+v", *r.NewTerms)
	}
	if m := r.ThreatMatch; m != nil {
		fact("indicators", "%q %s %q below %s", m.Index, m.Language, m.Query, m.IndicatorPath)
		fact("indicator query", "%v", m.QueryX)
		fact("indicator filters", "%v", m.Filters)
		fact("mapping", "%+v", m.Mapping)
	}
	if r.Suppression != nil {
		fact("suppression", "%+v", *r.Suppression)
	}
	fact("jobs", "%q", r.MLJobs)
	fact("exceptions", "%q", r.Exceptions)
}

func showProgram(fact factFunc, r *rules.Rule) {
	p := r.Program
	if r.ESQL != nil {
		fact("rows", "%s", r.ESQL)
		fact("candidates", "%v", r.Candidates)
	}
	if p.Event != nil {
		fact("event", "%s", p.Event)
	}
	if p.Sequence != nil {
		for _, s := range p.Sequence.Steps {
			fact("step", "%s by %v", s.X, s.Keys)
		}
		if u := p.Sequence.Until; u != nil {
			fact("until", "%s by %v", u.X, u.Keys)
		}
	}
	if p.Sample != nil {
		for _, s := range p.Sample.Steps {
			fact("sample", "%s by %v", s.X, s.Keys)
		}
	}
}
