package rules

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"coldcase/rules/query"
	"coldcase/rules/source"
)

// print shows a set, a line an entry: id version file status reason.
func print(s *Set) string {
	var b strings.Builder
	for _, e := range s.Entries {
		line := fmt.Sprintf("%s v%d %s %s %s", e.Rule.ID, e.Rule.Version, e.Rule.File, e.Status, e.Reason)
		b.WriteString(strings.TrimSpace(line) + "\n")
	}
	return b.String()
}

func check(t *testing.T, s *Set, want ...string) {
	t.Helper()
	if got := print(s); got != strings.Join(want, "\n")+"\n" {
		t.Errorf("set is\n%swant\n%s", got, strings.Join(want, "\n"))
	}
}

// rule makes a rule; its text, hence its hash, is its file and query.
func rule(id string, version int, file, q string) *Rule {
	return &Rule{ID: id, Name: "Rule " + id, Version: version, File: file, Line: 1, Query: q, Hash: file + q,
		Type: KindQuery, Language: "kuery",
		Program: &query.Program{Event: &query.Exists{Field: query.Field{Name: q}}}}
}

func TestNewestKnownVersionRuns(t *testing.T) {
	rs := []*Rule{
		rule("b", 4, "old.md", "x"), rule("b", 104, "new.json", "y"), rule("b", 9, "mid.md", "z"),
		rule("a", 1, "a.md", "x"),
	}
	want := []string{
		"a v1 a.md runs",
		"b v104 new.json runs",
		"b v9 mid.md superseded version 104 in new.json is newer",
		"b v4 old.md superseded version 104 in new.json is newer",
	}
	for range 20 {
		rand.Shuffle(len(rs), func(i, j int) { rs[i], rs[j] = rs[j], rs[i] })
		before := slices.Clone(rs)
		check(t, NewSet(rs, nil), want...)
		if !slices.Equal(before, rs) {
			t.Fatal("NewSet reordered its argument")
		}
	}
}

func TestUnknownVersionRunsBesideKnown(t *testing.T) {
	check(t, NewSet([]*Rule{
		rule("a", 0, "a.toml", "x"), rule("a", 0, "b.toml", "y"), rule("a", 7, "a.json", "z"), rule("a", 6, "b.json", "z"),
	}, nil),
		"a v7 a.json runs",
		"a v6 b.json superseded version 7 in a.json is newer",
		"a v0 a.toml runs",
		"a v0 b.toml runs")
}

func TestSameTextIsOneRule(t *testing.T) {
	twice := rule("a", 0, "dir/a.toml", "x")
	again := *twice
	again.File = "dir/../dir/a.toml"
	check(t, NewSet([]*Rule{&again, twice}, nil), "a v0 dir/../dir/a.toml runs")

	noHash := rule("a", 0, "x", "x")
	noHash.Hash = ""
	check(t, NewSet([]*Rule{noHash, noHash}, nil), "a v0 x runs", "a v0 x runs")
}

func TestSameVersionOfOtherText(t *testing.T) {
	copied, edited := rule("a", 3, "b.json", "x"), rule("a", 3, "c.json", "other")
	page := rule("a", 3, "a.md", "x")
	page.Query = "\n  x\n"
	check(t, NewSet([]*Rule{copied, edited, page}, nil),
		"a v3 a.md runs",
		"a v3 b.json superseded same as version 3 in a.md",
		"a v3 c.json runs")

	filtered := rule("a", 3, "b.json", "x")
	filtered.Program = &query.Program{Event: &query.Const{Value: true}}
	check(t, NewSet([]*Rule{rule("a", 3, "a.md", "x"), filtered}, nil), "a v3 a.md runs", "a v3 b.json runs")
}

func TestNewestThatCannotRunStillSupersedes(t *testing.T) {
	newest := rule("a", 2, "new", "x")
	newest.NotRun = ReasonESQL
	check(t, NewSet([]*Rule{newest, rule("a", 1, "old", "x")}, nil),
		"a v2 new not_run ES|QL",
		"a v1 old superseded version 2 in new is newer")
}

func TestSelect(t *testing.T) {
	deprecated, esql := rule("c", 2, "c", "x"), rule("d", 0, "d", "x")
	deprecated.Deprecated, esql.Deprecated = true, true
	esql.NotRun = ReasonESQL
	s := NewSet([]*Rule{rule("a", 0, "a", "x"), rule("b", 0, "b", "x"), deprecated, rule("c", 1, "c1", "x"), esql}, nil)
	loaded := print(s)
	f := func(sel Selection, want ...string) {
		t.Helper()
		check(t, s.Select(sel), want...)
		if print(s) != loaded {
			t.Fatal("Select changed its receiver")
		}
	}
	const older = "c v1 c1 superseded version 2 in c is newer"
	f(Selection{}, "a v0 a runs", "b v0 b runs", "c v2 c not_run deprecated", older, "d v0 d not_run ES|QL")
	f(Selection{Deprecated: true}, "a v0 a runs", "b v0 b runs", "c v2 c runs", older, "d v0 d not_run ES|QL")
	f(Selection{Only: []string{"a", "Rule c"}},
		"a v0 a runs", "b v0 b excluded not named by --rule", "c v2 c not_run deprecated", older,
		"d v0 d excluded not named by --rule")
	f(Selection{Only: []string{"a"}, Exclude: []string{"Rule a", "b"}},
		`a v0 a excluded --exclude-rule "Rule a"`, "b v0 b excluded --exclude-rule b",
		"c v2 c excluded not named by --rule", older, "d v0 d excluded not named by --rule")

	var ids []string
	for _, r := range s.Select(Selection{Exclude: []string{"b"}}).Runnable() {
		ids = append(ids, r.ID)
	}
	if !slices.Equal(ids, []string{"a"}) {
		t.Errorf("Runnable = %q, want a alone", ids)
	}
}

func TestProblemsAreSortedAndOnce(t *testing.T) {
	at := func(path string, line, col int) Problem {
		return Problem{Path: path, Err: &source.Error{Path: path, Line: line, Col: col, Msg: "bad"}}
	}
	plain := Problem{Path: "a", Err: errors.New("unreadable")}
	got := NewSet(nil, []Problem{at("b", 1, 1), at("a", 10, 2), at("a", 9, 1), at("a", 10, 1), plain, at("a", 9, 1)}).Problems
	var lines []string
	for _, p := range got {
		lines = append(lines, p.Path+"|"+p.Err.Error())
	}
	want := []string{"a|unreadable", "a|a:9:1: bad", "a|a:10:1: bad", "a|a:10:2: bad", "b|b:1:1: bad"}
	if !slices.Equal(lines, want) {
		t.Errorf("problems are %q, want %q", lines, want)
	}
}
