package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"time"

	"coldcase/scanner/journal"
)

// stateSchema names the schema of the head of a state.
const stateSchema = "coldcase/state/1"

// stateSuffix is what the state of a run has behind the name of its manifest.
const stateSuffix = ".state"

// stateHead says which run a state is of: what it was begun with, and by what.
type stateHead struct {
	Schema    string          `json:"schema"`
	Tool      manifestTool    `json:"tool"`
	Build     string          `json:"build"` // SHA-256 of the program; "" where it cannot be read
	Started   string          `json:"started"`
	Directory string          `json:"directory"`
	Command   manifestCommand `json:"command"`
	Run       []manifestFlag  `json:"run"`   // flags that change no result
	Rules     string          `json:"rules"` // as manifestRules.SHA256
	Given     []manifestFile  `json:"given"`
}

// stateSession is what a state keeps of each time that its run went on.
type stateSession struct {
	Started string `json:"started"`
}

// runState is the journal beside the manifest of a run, by which the run can go on when it
// is cut off. It goes when the run is finished. All methods of a nil one do nothing.
type runState struct {
	p        *program
	path     string
	manifest string // as it was given
	journal  *journal.Journal
	head     stateHead
	resumed  []string // when the run went on
	again    bool     // the run goes on
	force    bool
	scanned  bool
	complete bool
}

// keepState begins the state of a run that has a manifest, or goes on with the one at hand.
// Standard input cannot be read again: there is no state then.
func (j *job) keepState(p *program, ev evidence) error {
	if j.state != nil {
		return j.state.goOn(j)
	}
	if j.manifest == nil || j.manifest.partial == "" || j.found.stdin {
		return nil
	}
	path := j.o.manifest + stateSuffix
	if err := ev.refuse(path); err != nil {
		return usage("--manifest: %w", err)
	}
	for _, out := range j.outs {
		if filepath.Clean(out.path) == filepath.Clean(path) {
			return usage("--%s writes to %s, which is the state of the run while it goes on", out.format.Flag, safe(path))
		}
	}
	s := &runState{p: p, path: path, manifest: j.o.manifest, force: j.o.force, head: headOf(j)}
	if err := s.create(); err != nil {
		return err
	}
	j.state = s
	return nil
}

func headOf(j *job) stateHead {
	command, running := j.o.canonical()
	h := stateHead{Schema: stateSchema, Tool: toolOf(), Build: buildSum(), Started: utc(j.started),
		Command: manifestCommand{command, j.paths}, Run: running, Rules: rulesSum(j.set), Given: givenFiles(j.o)}
	// Where the system does not say, the field stays empty.
	h.Directory, _ = os.Getwd()
	return h
}

// buildSum is the hash of the program: records mean the same to one build only.
var buildSum = sync.OnceValue(func() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	sum, _, _ := fileDigest(path)
	return sum
})

// create makes the file. With --force what an interrupted run has left is removed, unless
// it still runs.
func (s *runState) create() error {
	head, err := json.Marshal(s.head)
	if err != nil {
		return err
	}
	if s.force {
		if err := s.removeOld(); err != nil {
			return err
		}
	}
	s.journal, err = journal.Create(s.path, head)
	if errors.Is(err, fs.ErrExist) {
		return stateLeft(s.manifest)
	}
	if err != nil {
		return &exitError{exitOutput, fmt.Errorf("%s: %w", safe(s.path), plain(err))}
	}
	return nil
}

func stateLeft(manifest string) error {
	return usage("%s is left from an interrupted run: coldcase scan --resume %s goes on with it, --force begins anew",
		safe(manifest+stateSuffix), shellText(manifest))
}

func (s *runState) removeOld() error {
	old, err := journal.Open(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil:
		err = old.Remove()
	}
	if err != nil {
		return usage("%s: %w", safe(s.path), plain(err))
	}
	return nil
}

// kept is the journal, which is filled from then on.
func (s *runState) kept() *journal.Journal {
	if s == nil {
		return nil
	}
	s.scanned = true
	return s.journal
}

// finished says how the run has come to its end. Where an output could not be written, the
// others stand in the way of those to come.
func (s *runState) finished(interrupted bool, failed error) {
	if s != nil {
		s.complete = !interrupted && failed == nil
		s.force = s.force || !interrupted && failed != nil
	}
}

// times says when a run was begun and when it went on.
func (s *runState) times(now time.Time) (started string, resumed []string) {
	if s == nil || !s.again {
		return utc(now), []string{}
	}
	return s.head.Started, s.resumed
}

// close ends the state: of a run that is finished, or has finished no input, nothing is
// left; of another it is said how to go on. A second call does nothing.
func (s *runState) close() {
	if s == nil || s.journal == nil {
		return
	}
	j := s.journal
	s.journal = nil
	if s.complete || !s.again && j.Done() == 0 {
		if err := j.Remove(); err != nil {
			s.say("%s: %v", safe(s.path), plain(err))
		}
		return
	}
	err := j.Err()
	if cerr := j.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		s.say("%s: %v: inputs finished from there on would be read again", safe(s.path), plain(err))
	}
	if s.scanned {
		more := ""
		if s.force {
			more = " --force"
		}
		s.say("to go on with this run: coldcase scan%s --resume %s", more, shellText(s.manifest))
	}
}

func (s *runState) say(format string, args ...any) {
	fmt.Fprintf(s.p.stderr, "coldcase: "+format+"\n", args...)
}

var plainWord = regexp.MustCompile(`^[\w./+:@%,=-]+$`)

// shellText writes a path as a shell takes it, and a terminal.
func shellText(path string) string {
	if text := safe(path); text != path || !plainWord.MatchString(path) {
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	return path
}

// sameGiven names a file given beside rules and evidence that is not as it was, "" when
// all are.
func sameGiven(was, is []manifestFile) string {
	for i, f := range was {
		if i >= len(is) || !reflect.DeepEqual(f, is[i]) {
			return "--" + f.Flag + " " + f.File
		}
	}
	if len(is) > len(was) {
		f := is[len(was)]
		return "--" + f.Flag + " " + f.File
	}
	return ""
}
