package input

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const event = `{"@timestamp":"2026-03-01T08:00:00Z","event":{"category":["process"]}}` + "\n"

// walk returns the names of inputs and, as "name: why", what was skipped, both with
// dir cut off.
func walk(t *testing.T, dir string, opt WalkOptions, paths ...string) (names, skips []string, err error) {
	t.Helper()
	inputs, skipped, err := Walk(paths, opt)
	for _, in := range inputs {
		names = append(names, strings.TrimPrefix(in.Name, dir))
	}
	for _, s := range skipped {
		skips = append(skips, strings.TrimPrefix(s.Path, dir)+": "+s.Why)
	}
	return names, skips, err
}

func check(t *testing.T, what string, got, want []string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// story makes a directory with a bit of everything.
func story(t *testing.T) string {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"b.ndjson":         event,
		"a/z.log":          "\n\n" + event,
		"a/y.gz":           string(gz(t, "", []byte(event))),
		"a/x.zst":          string(zst(t, []byte(event))),
		"a.ndjson":         event,
		".hidden":          event,
		".git/objects/x":   event,
		"rules/r.toml":     "[metadata]\nmaturity = \"production\"\n",
		"rules/r.md":       "---\nmapped_pages:\n---\n# Name\n",
		"rules/r.ndjson":   `{"id":"1","name":"n","risk_score":47,"note":"{\"@timestamp\": 1}","rule_id":"x"}` + "\n",
		"rules/fleet.json": `{"attributes":{"note":"n","risk_score":47,"rule_id":"x"},"id":"1","type":"security-rule"}`,
		"empty":            "",
		"shot.png":         "\x89PNG\r\n\x1a\n....",
	} {
		write(t, filepath.Join(dir, name), []byte(content))
	}
	return dir
}

var storyInputs = []string{"/a.ndjson", "/a/x.zst", "/a/y.gz", "/a/z.log", "/b.ndjson"}

func TestWalkDirectory(t *testing.T) {
	dir := story(t)
	names, skips, err := walk(t, dir, WalkOptions{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "inputs", names, storyInputs)
	check(t, "skipped", skips, []string{
		"/.git: name begins with a dot",
		"/.hidden: name begins with a dot",
		"/empty: empty",
		"/rules/fleet.json: a detection rule",
		"/rules/r.md: text, not JSON",
		"/rules/r.ndjson: a detection rule",
		"/rules/r.toml: text, not JSON",
		"/shot.png: PNG picture",
	})
	inputs, _, _ := Walk([]string{dir}, WalkOptions{})
	if got := inputs[0]; got.Size != int64(len(event)) || got.Path != filepath.Join(dir, "a.ndjson") {
		t.Errorf("got %+v", got)
	}
}

func TestWalkNames(t *testing.T) {
	dir := story(t)
	t.Chdir(dir)
	f := func(path string, want ...string) {
		t.Helper()
		names, _, err := walk(t, "", WalkOptions{}, path)
		if err != nil {
			t.Error(err)
		}
		check(t, path, names, want)
	}
	f("a", "a/x.zst", "a/y.gz", "a/z.log")
	f("a//", "a/x.zst", "a/y.gz", "a/z.log")
	f("./a", "./a/x.zst", "./a/y.gz", "./a/z.log")
	f(".", "./a.ndjson", "./a/x.zst", "./a/y.gz", "./a/z.log", "./b.ndjson")
	f("*.ndjson", "a.ndjson", "b.ndjson")
	f("a/*", "a/x.zst", "a/y.gz", "a/z.log")
	f(".hid*", ".hidden")
	f("rules/r.toml", "rules/r.toml") // named: an input whatever it holds
	f("empty", "empty")
	f("-", "-")
}

func TestWalkOverlap(t *testing.T) {
	dir := story(t)
	t.Chdir(dir)
	names, skips, err := walk(t, dir, WalkOptions{}, "-", "a/y.gz", "*.ndjson", dir, dir+"/a", ".", "./a/y.gz", "-")
	if err != nil {
		t.Error(err)
	}
	check(t, "inputs", names, []string{"-", "a/y.gz", "a.ndjson", "b.ndjson", "/a/x.zst", "/a/z.log"})
	if len(skips) != 8 {
		t.Errorf("skipped %q, want 8, each once", skips)
	}
}

func TestWalkExclude(t *testing.T) {
	dir := story(t)
	t.Chdir(dir)
	names, skips, _ := walk(t, dir, WalkOptions{Exclude: []string{"a/z.log", "none"}}, dir, "a/z.log")
	check(t, "inputs", names, []string{"/a.ndjson", "/a/x.zst", "/a/y.gz", "/b.ndjson"})
	if all := strings.Join(skips, "\n"); strings.Count(all, "z.log: an output of this run") != 2 {
		t.Errorf("skipped %q", skips)
	}
}

func TestWalkMissing(t *testing.T) {
	dir := story(t)
	names, _, err := walk(t, dir, WalkOptions{}, dir+"/none", dir+"/b.ndjson", dir+"/*.none", dir+"/b.ndjson/x", dir+"/[")
	check(t, "inputs", names, []string{"/b.ndjson"})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		dir + "/none: no such file or directory",
		dir + "/*.none: matches no file",
		dir + "/b.ndjson/x: no such file or directory",
		dir + "/[: syntax error in pattern",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

// TestWalkLinks covers links out, links in, cycles, and links to nothing.
func TestWalkLinks(t *testing.T) {
	dir, out := story(t), t.TempDir()
	write(t, filepath.Join(out, "secret.ndjson"), []byte(event))
	link := func(target, name string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip(err)
		}
	}
	link(out, "a/out")
	link(filepath.Join(out, "secret.ndjson"), "0out.ndjson")
	link("../..", "a/up")
	link(".", "a/cycle")
	link("loop", "loop")
	link("none", "dangling")
	link("b.ndjson", "0b") // sorts first, but b.ndjson keeps its own name
	link(".hidden", "shown")
	names, skips, err := walk(t, dir, WalkOptions{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	check(t, "inputs", names, append(storyInputs[:len(storyInputs):len(storyInputs)], "/shown"))
	var links []string
	for _, s := range skips {
		if strings.Contains(s, "link") {
			links = append(links, s)
		}
	}
	check(t, "links", links, []string{
		"/0out.ndjson: link out of the directory, not followed",
		"/a/cycle: link to a directory, not followed",
		"/a/out: link out of the directory, not followed",
		"/a/up: link out of the directory, not followed",
		"/dangling: link to nothing",
		"/loop: link to nothing",
	})

	// A link that is named is followed, and what it leads to is one tree.
	link("a", "named")
	names, _, err = walk(t, dir, WalkOptions{}, dir+"/named", dir+"/shown")
	if err != nil {
		t.Fatal(err)
	}
	check(t, "named links", names, []string{"/named/x.zst", "/named/y.gz", "/named/z.log", "/shown"})
}

func TestWalkSpecialFile(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Skip(err)
	}
	defer l.Close()
	want := []string{"/s: not a regular file"}
	if exec.Command("mkfifo", filepath.Join(dir, "p")).Run() == nil {
		want = []string{"/p: not a regular file", "/s: not a regular file"}
	}
	names, skips, _ := walk(t, dir, WalkOptions{}, dir)
	check(t, "inputs", names, nil)
	check(t, "skipped", skips, want)
}

// TestWalkUnreadable: what cannot be looked into is an input that fails.
func TestWalkUnreadable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root reads everything")
	}
	dir := story(t)
	for _, p := range []string{"b.ndjson", "a"} {
		if err := os.Chmod(filepath.Join(dir, p), 0); err != nil {
			t.Fatal(err)
		}
		defer os.Chmod(filepath.Join(dir, p), 0o755)
	}
	inputs, _, err := Walk([]string{dir, filepath.Join(dir, "a/y.gz")}, WalkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	failed := map[string]bool{}
	for _, in := range inputs {
		if s, err := Open(in, nil, Limits{}); err != nil {
			failed[strings.TrimPrefix(in.Name, dir)] = true
		} else {
			s.Close()
		}
	}
	for _, want := range []string{"/b.ndjson", "/a", "/a/y.gz"} {
		if !failed[want] {
			t.Errorf("%s was lost: failed %v", want, failed)
		}
	}
}

// TestWalkNamedLoop: a named path that exists but leads nowhere is not lost either.
func TestWalkNamedLoop(t *testing.T) {
	loop := filepath.Join(t.TempDir(), "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Skip(err)
	}
	for _, p := range []string{loop, loop + "*"} {
		inputs, _, err := Walk([]string{p}, WalkOptions{})
		if err != nil || len(inputs) != 1 || inputs[0].Name != loop {
			t.Fatalf("%s: got %v, %v", p, inputs, err)
		}
		if s, err := Open(inputs[0], nil, Limits{}); err == nil {
			s.Close()
			t.Error("opened")
		}
	}
}

func TestWalkDeepAndMany(t *testing.T) {
	dir := t.TempDir()
	deep := dir + strings.Repeat("/d", 500)
	write(t, deep+"/e.ndjson", []byte(event))
	for i := range 2000 {
		write(t, fmt.Sprintf("%s/many/%04d", dir, i), []byte(event))
	}
	inputs, skipped, err := Walk([]string{dir}, WalkOptions{})
	if err != nil || len(inputs) != 2001 || len(skipped) != 0 {
		t.Errorf("got %d inputs, %d skipped, %v", len(inputs), len(skipped), err)
	}
}
