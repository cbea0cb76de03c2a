package input

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
)

// WalkOptions says what Walk leaves out. The zero value leaves out nothing but what
// is no evidence.
type WalkOptions struct {
	// Exclude lists files that are never inputs, such as the run's own outputs.
	Exclude []string
	// MaxMembers is how many members of one archive file are looked at; 0 means
	// DefaultMaxMembers.
	MaxMembers int
	// HashArchives has every archive file read to its end for its SHA-256. A compressed
	// tar archive is in any case.
	HashArchives bool
	// Done, when closed, ends the walk; nil means never.
	Done <-chan struct{}
}

// Walk finds the inputs at paths: files, directories, globs, and "-" for standard
// input.
//
// A file that is named, by itself or by a glob, is an input whatever it holds. Below
// a directory only what looks like evidence is one; the rest is in skipped. What
// cannot be looked into becomes an input that fails when it is opened. A file that
// is reached on two ways is one input, by the first.
//
// Of an archive, ZIP or tar, compressed or not, the members are inputs instead, those
// that look like evidence, in the order of their bytes. An archive among them is looked
// into as well, one in that is not. Members that may be evidence and cannot be read,
// and an archive of which a part is lost, are inputs that fail when they are opened, with
// the reason. A compressed archive is decoded once to find its members.
//
// Inputs stand in the order of paths, and by name below each. err lists the paths
// that do not exist and the globs that match nothing; inputs and skipped are
// whole for the others. No file is kept open.
func Walk(paths []string, opt WalkOptions) (inputs []Input, skipped []Skipped, err error) {
	w := &walker{opt: opt, seen: map[string]bool{}, excluded: map[string]bool{}}
	for _, p := range opt.Exclude {
		w.excluded[canonical(p)] = true
	}
	var missing []error
	for _, p := range paths {
		if err := w.path(p); err != nil {
			missing = append(missing, err)
		}
	}
	if w.stopped {
		missing = append(missing, ErrStopped)
	}
	return w.inputs, w.skipped, errors.Join(missing...)
}

// walker collects what Walk finds.
type walker struct {
	opt      WalkOptions
	stopped  bool
	inputs   []Input
	skipped  []Skipped
	seen     map[string]bool // real paths of inputs and directories
	excluded map[string]bool // real paths
}

// canonical returns the one name under which a file is known: absolute, without
// links. What cannot be resolved keeps its absolute name.
func canonical(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	return abs
}

// path takes one path as given.
func (w *walker) path(p string) error {
	if p == "-" {
		w.input(Input{Name: "-"}, "-")
		return nil
	}
	info, err := os.Stat(p)
	switch {
	case err == nil:
		w.named(p, info)
		return nil
	case !absent(err):
		w.named(p, nil)
		return nil
	case !strings.ContainsAny(p, "*?["):
		return fmt.Errorf("%s: no such file or directory", p)
	}
	return w.glob(p)
}

// absent reports that a path leads nowhere, as against one that cannot be read.
func absent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

func (w *walker) glob(pattern string) error {
	found, err := filepath.Glob(pattern)
	if err != nil {
		return fmt.Errorf("%s: %w", pattern, err)
	}
	if len(found) == 0 {
		return fmt.Errorf("%s: matches no file", pattern)
	}
	sort.Strings(found)
	hidden := strings.HasPrefix(filepath.Base(pattern), ".")
	for _, p := range found {
		if !hidden && strings.HasPrefix(filepath.Base(p), ".") {
			w.skip(filepath.ToSlash(p), whyDot)
			continue
		}
		info, err := os.Stat(p)
		if err != nil {
			info = nil
		}
		w.named(p, info)
	}
	return nil
}

// named takes a path that exists; info is nil when it cannot be looked at.
func (w *walker) named(p string, info fs.FileInfo) {
	name := filepath.ToSlash(p)
	if info != nil && info.IsDir() {
		w.dir(tree{root: p, name: strings.TrimRight(name, "/"), real: canonical(p)})
		return
	}
	in, real := Input{Name: name, Path: p}, canonical(p)
	if info == nil || !info.Mode().IsRegular() {
		w.input(in, real)
		return
	}
	size, k, err := sniffFile(p)
	if in.Size = size; err == nil && k.format != "" && w.fresh(in, real) {
		w.archive(in, k)
		return
	}
	w.input(in, real)
}

// input adds an input unless it is there already or excluded.
func (w *walker) input(in Input, real string) {
	if w.fresh(in, real) {
		w.inputs = append(w.inputs, in)
	} else if w.excluded[real] {
		w.skip(in.Name, whyOutput)
	}
}

// fresh reports whether a file is neither there already nor excluded. It is there from
// then on.
func (w *walker) fresh(in Input, real string) bool {
	if w.excluded[real] || w.seen[real] {
		return false
	}
	w.seen[real] = true
	return true
}

func (w *walker) skip(name, why string) {
	w.skipped = append(w.skipped, Skipped{Path: name, Why: why})
}

// Why something below a directory is no input.
const (
	whyDot     = "name begins with a dot"
	whyOutput  = "an output of this run"
	whyLinkOut = "link out of the directory, not followed"
	whyLinkDir = "link to a directory, not followed"
	whyLink    = "link to nothing"
	whySpecial = "not a regular file"
)

// tree is a directory given by the user: where it is, how it is named, and its real
// path, which everything read below it must be within.
type tree struct{ root, name, real string }

// at returns the three names of the entry rel below t.
func (t tree) at(rel string) tree {
	return tree{filepath.Join(t.root, rel), t.name + "/" + filepath.ToSlash(rel), filepath.Join(t.real, rel)}
}

// dir takes what is below a directory. Links to files within it are looked at last,
// so that a file keeps its own name and not that of a link to it.
func (w *walker) dir(t tree) {
	first, firstSkipped := len(w.inputs), len(w.skipped)
	var links []string
	// Directories still to be read, by their path below t. A list and not recursion:
	// the depth is the evidence's choice. Links are not entered, so there are no
	// cycles.
	for todo := []string{"."}; len(todo) > 0; {
		d := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if at := t.at(d); !w.enter(at) {
			continue
		}
		subs, subLinks := w.entries(t, d)
		todo, links = append(todo, subs...), append(links, subLinks...)
	}
	for _, rel := range links {
		w.link(t, rel)
	}
	added, skipped := w.inputs[first:], w.skipped[firstSkipped:]
	sort.SliceStable(added, func(i, j int) bool { return added[i].order() < added[j].order() })
	sort.SliceStable(skipped, func(i, j int) bool { return skipped[i].Path < skipped[j].Path })
}

// enter reports whether a directory was not read before.
func (w *walker) enter(at tree) bool {
	key := at.real + "/" // never the key of a file
	if w.seen[key] {
		return false
	}
	w.seen[key] = true
	return true
}

// entries takes the files in the directory d of t and returns the directories and
// the links in it, by their paths below t.
func (w *walker) entries(t tree, d string) (dirs, links []string) {
	list, err := os.ReadDir(filepath.Join(t.root, d))
	if err != nil {
		at := t.at(d)
		w.input(Input{Name: strings.TrimSuffix(at.name, "/."), Path: at.root}, at.real)
	}
	for _, e := range list {
		rel := filepath.Join(d, e.Name())
		switch at := t.at(rel); {
		case strings.HasPrefix(e.Name(), "."):
			w.skip(at.name, whyDot)
		case e.IsDir():
			dirs = append(dirs, rel)
		case e.Type()&fs.ModeSymlink != 0:
			links = append(links, rel)
		case !e.Type().IsRegular():
			w.skip(at.name, whySpecial)
		default:
			w.found(at)
		}
	}
	return dirs, links
}

// link takes a symbolic link below t.
func (w *walker) link(t tree, rel string) {
	at := t.at(rel)
	real, err := filepath.EvalSymlinks(at.root)
	if err != nil {
		w.skip(at.name, whyLink)
		return
	}
	if real, err = filepath.Abs(real); err != nil || !within(t.real, real) {
		w.skip(at.name, whyLinkOut)
		return
	}
	info, err := os.Stat(real)
	switch {
	case err != nil:
		w.skip(at.name, whyLink)
	case info.IsDir():
		w.skip(at.name, whyLinkDir)
	case !info.Mode().IsRegular():
		w.skip(at.name, whySpecial)
	default:
		at.real = real
		w.found(at)
	}
}

// within reports whether path is below dir; both are real paths.
func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// found takes a regular file below a directory, by its content.
func (w *walker) found(at tree) {
	if w.seen[at.real] || w.excluded[at.real] {
		w.input(Input{Name: at.name}, at.real)
		return
	}
	size, k, err := sniffFile(at.root)
	in := Input{Name: at.name, Path: at.root, Size: size}
	switch {
	case err == nil && k.format != "":
		if w.fresh(in, at.real) {
			w.archive(in, k)
		}
	case err == nil && k.why != "":
		w.skip(at.name, k.why)
	default:
		w.input(in, at.real)
	}
}
