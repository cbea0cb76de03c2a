package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"coldcase/matchers"
	"coldcase/rules"
	"coldcase/scanner"
	"coldcase/scanner/input"
)

// eventFile is a file of events that stands beside a rule's file.
type eventFile struct {
	path  string
	match bool // its events must match
}

// eventFiles are the endings of such files, in place of the rule file's own.
var eventFiles = []struct {
	ending string
	match  bool
}{{".positive.ndjson", true}, {".negative.ndjson", false}}

// beside lists the files of events beside a rule's file.
func (t *tester) beside(r *rules.Rule) []eventFile {
	if strings.HasPrefix(r.File, builtinName+"/") {
		return nil
	}
	stem := strings.TrimSuffix(filepath.FromSlash(r.File), filepath.Ext(r.File))
	var out []eventFile
	for _, f := range eventFiles {
		path := stem + f.ending
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			t.used[filepath.Clean(path)] = true
			out = append(out, eventFile{path, f.match})
		}
	}
	return out
}

// file tests a rule on a file of events: a rule of single events on each line, any other
// on the file as a whole, which must, or must not, hold a finding.
func (t *tester) file(index int, r *rules.Rule, f eventFile, fail func(why string)) {
	if joins(r) {
		t.whole(r, f, fail)
		return
	}
	lines, err := os.Open(f.path)
	if err != nil {
		fail(fmt.Sprintf("%s: %v", f.path, plain(err)))
		return
	}
	defer lines.Close()
	s := bufio.NewScanner(lines)
	s.Buffer(nil, maxEventLine)
	n, seen := 0, 0
	for s.Scan() {
		n++
		if len(bytes.TrimSpace(s.Bytes())) == 0 {
			continue
		}
		seen++
		t.events++
		matched, err := t.m.Test(index, s.Bytes())
		switch {
		case err != nil:
			fail(fmt.Sprintf("%s:%d: %v", f.path, n, err))
		case matched && !f.match:
			fail(fmt.Sprintf("%s:%d: matches, and should not", f.path, n))
		case !matched && f.match:
			fail(fmt.Sprintf("%s:%d: does not match, and should", f.path, n))
		}
	}
	switch {
	case s.Err() != nil:
		fail(fmt.Sprintf("%s:%d: %v", f.path, n+1, s.Err()))
	case seen == 0:
		fail(f.path + ": holds no event")
	}
}

// maxEventLine bounds a line of a file of events, in bytes.
const maxEventLine = 16 << 20

// joins says whether a finding of the rule may take several events.
func joins(r *rules.Rule) bool {
	return r.Type == rules.KindThreshold || r.Type == rules.KindNewTerms || r.Type == rules.KindESQL ||
		r.Program != nil && (r.Program.Sequence != nil || r.Program.Sample != nil || len(r.Program.Pipes) > 0)
}

// whole scans a file with one rule.
func (t *tester) whole(r *rules.Rule, f eventFile, fail func(why string)) {
	inputs, _, err := input.Walk([]string{f.path}, input.WalkOptions{})
	if err == nil && len(inputs) == 0 {
		err = errors.New("holds no event")
	}
	if err != nil {
		fail(fmt.Sprintf("%s: %v", f.path, err))
		return
	}
	t.scan(r, scanner.Config{Inputs: inputs}, f.match, func(why string) { fail(f.path + ": " + why) })
}

// together scans the events of a test with its rule. One in ES|QL looks at the rows of all
// of them: a test of it holds an event a line.
func (t *tester) together(r *rules.Rule, test rules.Test, fail func(why string)) {
	cfg := scanner.Config{Inputs: []input.Input{{Name: stdStream}}, Stdin: strings.NewReader(test.Event)}
	t.scan(r, cfg, test.Match, func(why string) { fail(fmt.Sprintf("events %q: %s", test.Name, why)) })
}

// scan scans the inputs of cfg with one rule, which must find something in them, or must
// not.
func (t *tester) scan(r *rules.Rule, cfg scanner.Config, match bool, fail func(why string)) {
	m, err := matchers.Compile([]*rules.Rule{r}, t.opt)
	if err != nil {
		fail(err.Error())
		return
	}
	cfg.Tool, cfg.Matcher, cfg.Jobs = tool(), m, 1
	cfg.Rules = &rules.Set{Entries: []rules.Entry{{Rule: r, Status: rules.Runs}}}
	res, err := scanner.Run(context.Background(), cfg)
	if err != nil {
		fail(err.Error())
		return
	}
	t.events += int(res.Counts.Events)
	if why := wholeVerdict(res, match); why != "" {
		fail(why)
	}
	if err := res.Close(); err != nil {
		fail(err.Error())
	}
}

// wholeVerdict says what is wrong with the outcome of a scan, "" for nothing.
func wholeVerdict(res *scanner.Result, match bool) string {
	found := res.Counts.Findings + res.Counts.Candidates
	switch {
	case !res.Complete:
		return unreadPart(res)
	case res.Counts.Events == 0:
		return "holds no event"
	case match && found == 0:
		return "holds no finding, and should"
	case !match && found > 0:
		return fmt.Sprintf("holds %d findings, and should hold none", found)
	}
	return ""
}

// unreadPart says what of a file could not be read.
func unreadPart(res *scanner.Result) string {
	for _, in := range res.Inputs {
		if in.Problem != "" {
			return in.Problem
		}
		for _, b := range in.Bad {
			return fmt.Sprintf("line %d: %s", b.Line, b.Kind)
		}
	}
	return "not read whole"
}

// orphans fails for files of events in the directories given that no rule has: what
// they test is not tested.
func (t *tester) orphans(args []string) {
	for _, dir := range args {
		info, err := os.Stat(dir)
		if dir == builtinName || err != nil || !info.IsDir() {
			continue
		}
		for _, path := range eventFilesBelow(dir) {
			if t.used[path] {
				continue
			}
			t.used[path] = true
			t.failed++
			t.say(testFailed, &rules.Rule{Name: "-", File: filepath.ToSlash(path)}, "no rule of this name that could be read stands beside it")
		}
	}
}

// eventFilesBelow lists the files of events in a directory, in the order of the walk,
// which loading the rules has made before.
func eventFilesBelow(dir string) []string {
	var out []string
	// What cannot be listed was told when the rules were loaded.
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path != dir && strings.HasPrefix(d.Name(), ".") {
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		for _, f := range eventFiles {
			if strings.HasSuffix(path, f.ending) && !d.IsDir() {
				out = append(out, filepath.Clean(path))
			}
		}
		return nil
	})
	slices.Sort(out)
	return out
}
