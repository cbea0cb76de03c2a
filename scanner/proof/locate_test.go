package proof

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"coldcase/scanner/input"
)

// Members of archives are found in their archive, and by their hash in another.
func TestLocatorFindsMembers(t *testing.T) {
	dir, away := t.TempDir(), t.TempDir()
	line := ev{name: "one"}.String() + "\n"
	archive := writeBytes(t, dir, "t.tar", tarOf(t, map[string]string{"x/a.ndjson": line, "b.ndjson": line + line}))
	inputs, _, err := input.Walk([]string{archive}, input.WalkOptions{})
	if err != nil || len(inputs) != 2 {
		t.Fatalf("%d inputs, %v", len(inputs), err)
	}
	cfg := withRules(t, kqlRule(t, "one", "process.name:one"))
	res := scan(t, cfg, archive)
	sums := map[string]string{}
	for _, in := range res.Inputs {
		sums[in.File] = in.SHA256
	}
	l := NewLocator([]string{away}, input.Limits{})
	for name, sum := range sums {
		if at, err := l.Find(name, sum); err != nil || at.Moved || at.Input.Name != name || at.SHA256 != sum {
			t.Errorf("%s: %+v, %v", name, at, err)
		}
	}
	if _, err := l.Find(archive+"!none", ""); !errors.Is(err, errNotFound) {
		t.Errorf("no such member: %v", err)
	}
	if err := os.Rename(archive, filepath.Join(away, "renamed")); err != nil {
		t.Fatal(err)
	}
	l = NewLocator([]string{away}, input.Limits{})
	for name, sum := range sums {
		if at, err := l.Find(name, sum); err != nil || !at.Moved || at.Input.Name != name {
			t.Errorf("%s elsewhere: %+v, %v", name, at, err)
		}
	}
}

// What has changed in its place is returned as it is; the true one elsewhere is taken
// instead.
func TestLocatorPrefersTheTrueFile(t *testing.T) {
	dir, away := t.TempDir(), t.TempDir()
	path := write(t, dir, "a.ndjson", "{}")
	l := NewLocator(nil, input.Limits{})
	was, err := l.Find(path, "")
	if err != nil || was.SHA256 != "" {
		t.Fatalf("%+v, %v", was, err)
	}
	sum, err := l.FileSum(was.Input)
	if err != nil {
		t.Fatal(err)
	}
	write(t, away, "b.ndjson", "{}")
	write(t, dir, "a.ndjson", `{"a":1}`)
	if at, err := l.Find(path, sum); err != nil || at.Moved || at.SHA256 == sum || at.SHA256 == "" {
		t.Errorf("changed: %+v, %v", at, err)
	}
	l = NewLocator([]string{away}, input.Limits{})
	if at, err := l.Find(path, sum); err != nil || !at.Moved || at.Input.Name != path || filepath.Base(at.Input.Path) != "b.ndjson" {
		t.Errorf("the true one: %+v, %v", at, err)
	}
	done := make(chan struct{})
	close(done)
	if _, err := NewLocator(nil, input.Limits{Done: done}).Find(path, sum); !errors.Is(err, input.ErrStopped) {
		t.Errorf("stopped: %v", err)
	}
}
