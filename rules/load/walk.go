package load

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"coldcase/rules"
)

// Paths loads the rules of files and directories. A directory is searched in a
// stable order and by content; names that begin with a dot are skipped, links that
// lead out of it are not followed. Whatever cannot be read is in Set.Problems. An
// error is returned only when a path does not exist.
func Paths(paths []string) (*rules.Set, error) {
	var c collector
	for _, p := range paths {
		info, err := os.Stat(p)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, err
		case err != nil:
			c.fail(p, err)
		case info.IsDir():
			c.directory(p)
		default:
			c.file(p)
		}
	}
	return rules.NewSet(c.rules, c.problems), nil
}

// FS loads all rules of a file system, such as the pack in the binary. The prefix is
// put before the names of files.
func FS(fsys fs.FS, prefix string) (*rules.Set, error) {
	var c collector
	if _, err := fs.Stat(fsys, "."); err != nil {
		return nil, err
	}
	c.walk(fsys, prefix)
	return rules.NewSet(c.rules, c.problems), nil
}

// collector gathers what is found.
type collector struct {
	rules    []*rules.Rule
	problems []rules.Problem
}

func (c *collector) fail(p string, err error) {
	c.problems = append(c.problems, rules.Problem{Path: filepath.ToSlash(p), Err: err})
}

// file reads a file that was named: that it holds no rule is a problem.
func (c *collector) file(p string) {
	f, err := os.Open(p)
	if err != nil {
		c.fail(p, err)
		return
	}
	defer f.Close()
	data, err := readLimited(f)
	if err != nil {
		c.fail(p, err)
		return
	}
	c.add(Read(filepath.ToSlash(p), data))
}

// directory opens the tree so that the system itself refuses links that lead out.
func (c *collector) directory(p string) {
	root, err := os.OpenRoot(p)
	if err != nil {
		c.fail(p, err)
		return
	}
	defer root.Close()
	c.walk(root.FS(), filepath.ToSlash(p))
}

func (c *collector) walk(fsys fs.FS, prefix string) {
	// The function never returns an error of its own, so WalkDir returns none.
	_ = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		full := path.Join(prefix, name)
		switch {
		case err != nil:
			c.fail(full, err)
			if d != nil && d.IsDir() {
				return fs.SkipDir
			}
		case name != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
		case !d.IsDir():
			c.found(fsys, name, full)
		}
		return nil
	})
}

// found reads a file met in a directory. What is not a regular file (a pipe would
// block) and what holds no rule is passed over; a link within the tree is read, for
// the set keeps each rule once.
func (c *collector) found(fsys fs.FS, name, full string) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		c.fail(full, err)
		return
	}
	if !info.Mode().IsRegular() {
		return
	}
	f, err := fsys.Open(name)
	if err != nil {
		c.fail(full, err)
		return
	}
	defer f.Close()
	data, err := readLimited(f)
	switch {
	case errors.Is(err, errTooLarge):
		if looksLikeRule(data) {
			c.fail(full, err)
		}
	case err != nil:
		c.fail(full, err)
	default:
		rs, problems := Read(full, data)
		c.add(rs, slices.DeleteFunc(problems, func(p rules.Problem) bool { return errors.Is(p.Err, errNoRule) }))
	}
}

func (c *collector) add(rs []*rules.Rule, problems []rules.Problem) {
	c.rules = append(c.rules, rs...)
	c.problems = append(c.problems, problems...)
}

// errTooLarge is returned with the beginning of the file.
var errTooLarge = tooLarge("file", maxFile)

func readLimited(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	if len(data) > maxFile {
		return data, errTooLarge
	}
	return data, nil
}

// looksLikeRule sniffs the beginning of a file that is too large to be read: a
// forgotten core dump in a directory of rules is no lost rule.
func looksLikeRule(data []byte) bool {
	head := data[:min(len(data), 1<<20)]
	return slices.ContainsFunc(formats, func(f format) bool { return f.sniff(head) })
}
