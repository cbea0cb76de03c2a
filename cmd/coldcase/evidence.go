package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// evidence is where nothing may be written: the directories given, and the files.
type evidence struct {
	dirs  []place
	files []place
}

type place struct {
	given string
	real  string      // absolute, without links
	info  os.FileInfo // of a file, to know it under another name
}

// evidenceOf looks at the paths of the command line. What cannot be looked at is
// left to the walk, which reports it.
func evidenceOf(paths []string) evidence {
	var ev evidence
	for _, p := range paths {
		if p == stdStream {
			continue
		}
		names := []string{p}
		if _, err := os.Lstat(p); err != nil {
			names, _ = filepath.Glob(p)
		}
		for _, n := range names {
			ev.add(n)
		}
	}
	return ev
}

func (ev *evidence) add(path string) {
	info, err := os.Stat(path)
	if err != nil {
		return
	}
	pl := place{given: path, real: realPath(path), info: info}
	if info.IsDir() {
		ev.dirs = append(ev.dirs, pl)
	} else {
		ev.files = append(ev.files, pl)
	}
}

// refuse returns an error when path lies in a directory of evidence, or is a file of
// evidence, under whatever name.
func (ev evidence) refuse(path string) error {
	real := filepath.Join(realPath(filepath.Dir(path)), filepath.Base(path))
	info, err := os.Stat(path)
	for _, f := range ev.files {
		if f.real == real || err == nil && os.SameFile(f.info, info) {
			return fmt.Errorf("%s is evidence; write elsewhere", safe(path))
		}
	}
	return ev.refuseBelow(real, path)
}

func (ev evidence) refuseBelow(real, path string) error {
	for _, d := range ev.dirs {
		rel, err := filepath.Rel(d.real, real)
		if err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			return fmt.Errorf("%s lies in the evidence directory %s, where nothing is written; write elsewhere", safe(path), safe(d.given))
		}
	}
	return nil
}

// realPath is the absolute path without links, as far as it exists.
func realPath(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	return abs
}
