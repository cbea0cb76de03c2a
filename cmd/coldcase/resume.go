package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"coldcase/scanner/journal"
)

// notKept are flags that a run which goes on does not take from its state: what may be
// written over is said each time, and the others are of one process.
var notKept = []string{"force", "cpuprofile", "config"}

// resume opens the state of the run that goes on, and returns the flags and paths of that
// run; the caller closes the state. Flags that change no result may be given anew.
func (p *program) resume(o *options, paths []string) (ro *options, was []string, err error) {
	s, err := p.openState(o.resume)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if err = s.sameProgram(); err != nil {
		return nil, nil, err
	}
	if ro, err = s.options(o.given); err != nil {
		return nil, nil, err
	}
	if len(paths) > 0 && !slices.Equal(paths, s.head.Command.Paths) {
		return nil, nil, usage("--resume: the paths are those of the run that goes on: %s", safe(strings.Join(s.head.Command.Paths, " ")))
	}
	if err = errors.Join(s.sameManifest(ro), ro.check()); err != nil {
		return nil, nil, err
	}
	s.force, ro.state = ro.force, s
	return ro, s.head.Command.Paths, nil
}

// openState opens the state beside a manifest.
func (p *program) openState(manifest string) (*runState, error) {
	s := &runState{p: p, path: manifest + stateSuffix, manifest: manifest, again: true}
	if info, err := os.Lstat(s.path); err == nil && !info.Mode().IsRegular() {
		return nil, usage("--resume %s: %s is no regular file", safe(manifest), safe(s.path))
	}
	j, err := journal.Open(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, usage("--resume %s: there is no %s: the run was finished, or had finished no input, or was begun without --manifest %s",
			safe(manifest), safe(s.path), safe(manifest))
	case err != nil:
		return nil, usage("--resume %s: %s: %w", safe(manifest), safe(s.path), plain(err))
	}
	if err := s.read(j); err != nil {
		return nil, errors.Join(usage("--resume %s: %s: %w", safe(manifest), safe(s.path), err), j.Close())
	}
	s.journal = j
	return s, nil
}

// read reads what a journal says of its run.
func (s *runState) read(j *journal.Journal) error {
	if err := json.Unmarshal(j.Head(), &s.head); err != nil || s.head.Schema != stateSchema {
		return fmt.Errorf("no state of a run: its schema is not %s", stateSchema)
	}
	for _, b := range j.Begins() {
		var session stateSession
		if err := json.Unmarshal(b, &session); err != nil {
			return errors.New("no state of a run: a session means nothing")
		}
		s.resumed = append(s.resumed, session.Started)
	}
	return nil
}

// sameProgram refuses to go on with another build, or elsewhere: what is kept means the
// same to one build only, and paths may lead from the working directory.
func (s *runState) sameProgram() error {
	if s.head.Build != buildSum() {
		return usage("--resume: the run was begun by another build of coldcase (%s): go on with that one, or begin anew", safe(toolText(s.head.Tool)))
	}
	dir, _ := os.Getwd()
	was, err := os.Stat(s.head.Directory)
	is, isErr := os.Stat(dir)
	if dir != s.head.Directory && (err != nil || isErr != nil || !os.SameFile(was, is)) {
		return usage("--resume: the run was begun in %s: go on there", safe(s.head.Directory))
	}
	return nil
}

// sameManifest holds that the state is of the manifest that the run writes.
func (s *runState) sameManifest(o *options) error {
	was, err := os.Stat(o.manifest + stateSuffix)
	is, isErr := os.Stat(s.path)
	if o.manifest == "" || err != nil || isErr != nil || !os.SameFile(was, is) {
		return usage("--resume %s: %s is of a run with the manifest %s", safe(s.manifest), safe(s.path), safe(o.manifest))
	}
	return nil
}

// options are the flags of the run, checked as those of a command line are, with those of
// its own that this command line has.
func (s *runState) options(given []manifestFlag) (*options, error) {
	given = slices.DeleteFunc(slices.Clone(given), func(g manifestFlag) bool { return g.Name == "resume" })
	if err := s.contradiction(given); err != nil {
		return nil, err
	}
	flags := slices.Clone(s.head.Command.Flags)
	for _, g := range flags {
		if slices.Contains(running, g.Name) || g.Name == "resume" {
			return nil, usage("--resume: %s: the run cannot have had --%s among the flags that change results", safe(s.path), safe(g.Name))
		}
	}
	isNew := func(g manifestFlag) bool { return slices.Contains(running, g.Name) }
	for _, g := range s.head.Run {
		again := slices.ContainsFunc(given, func(x manifestFlag) bool { return x.Name == g.Name })
		if isNew(g) && !again && !slices.Contains(notKept, g.Name) {
			flags = append(flags, g)
		}
	}
	for _, g := range given {
		if isNew(g) {
			flags = append(flags, g)
		}
	}
	return (&manifest{Command: manifestCommand{Flags: flags}}).options()
}

// contradiction refuses flags that the run has not, or has otherwise.
func (s *runState) contradiction(given []manifestFlag) error {
	for _, g := range given {
		if slices.Contains(running, g.Name) {
			continue
		}
		is, was := valuesOf(given, g.Name), valuesOf(s.head.Command.Flags, g.Name)
		switch {
		case len(was) == 0:
			return usage("--resume: the run that goes on has no --%s", g.Name)
		case !slices.Equal(is, was):
			return usage("--resume: the run that goes on has --%s %s, not %s", g.Name, safe(strings.Join(was, ", ")), safe(strings.Join(is, ", ")))
		}
	}
	return nil
}

func valuesOf(flags []manifestFlag, name string) (out []string) {
	for _, f := range flags {
		if f.Name == name {
			out = append(out, f.Value)
		}
	}
	return out
}

// checkState looks, before anything is written, whether a run that goes on is still the
// same, and whether another has left what it could go on with.
func (j *job) checkState(ev evidence) error {
	s := j.state
	if s == nil {
		if _, err := os.Lstat(j.o.manifest + stateSuffix); j.o.manifest != "" && !j.o.force && err == nil {
			return stateLeft(j.o.manifest)
		}
		return nil
	}
	if err := ev.refuse(s.path); err != nil {
		return usage("--resume: %w", err)
	}
	if rulesSum(j.set) != s.head.Rules {
		return s.otherRules()
	}
	if name := sameGiven(s.head.Given, givenFiles(j.o)); name != "" {
		return usage("--resume: %s is not what the run began with: begin anew with --force", safe(name))
	}
	return nil
}

func (s *runState) otherRules() error {
	return usage("--resume: the rules are not those that the run began with: begin anew with --force")
}

// goOn begins another session, and says so.
func (s *runState) goOn(j *job) error {
	if n := s.journal.Torn(); n > 0 {
		s.say("%s: the last %d bytes are not whole and are left out", safe(s.path), n)
	}
	now := utc(time.Now())
	s.resumed = append(s.resumed, now)
	b, err := json.Marshal(stateSession{now})
	if err == nil {
		err = s.journal.Append(journal.Frame{Kind: journal.Begin, Data: b})
	}
	if err != nil {
		return &exitError{exitOutput, fmt.Errorf("%s: %w", safe(s.path), plain(err))}
	}
	if !j.o.quiet {
		s.say("going on with the run of %s: %d of %d inputs are finished", safe(s.head.Started),
			min(s.journal.Done(), len(j.found.inputs)+len(j.baseline)), len(j.found.inputs)+len(j.baseline))
	}
	return nil
}
