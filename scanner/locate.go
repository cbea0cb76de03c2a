package scanner

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"coldcase/scanner/input"
)

// Locator finds inputs of an earlier run again: where they were, else by their SHA-256
// below given paths. It is for one goroutine.
type Locator struct {
	below  []string
	lim    input.Limits
	byHash map[string]input.Input // nil until it is needed

	archive string                 // the last archive that was walked
	members map[string]input.Input // of it, by name
}

// NewLocator returns a locator that looks below paths, which are walked and hashed once
// when something is not where it was. lim bounds and stops the reading.
func NewLocator(paths []string, lim input.Limits) *Locator {
	return &Locator{below: paths, lim: lim}
}

// Located is an input that was found again.
type Located struct {
	// Input has the name that the earlier run gave it.
	Input  input.Input
	SHA256 string // as stored, "" when it was not asked for
	Moved  bool   // it was found by its hash
}

var errNotFound = errors.New("not found")

// Find returns the input that an earlier run called name and whose bytes as stored had
// the SHA-256 sum in hex; "" when that is not known, and then only the place counts.
// The error wraps what is wrong with the place.
//
// A file at the recorded place with another hash is returned, with its own hash, when
// nothing else has the one wanted: it has been changed.
func (l *Locator) Find(name, sum string) (Located, error) {
	at, err := l.recorded(name)
	found := Located{Input: at}
	if err == nil && sum != "" {
		found.SHA256, err = l.hash(at)
	}
	if err == nil && found.SHA256 == sum {
		return found, nil
	}
	if sum != "" && len(l.below) > 0 {
		if herr := l.index(); herr != nil {
			return Located{}, herr
		}
		if in, ok := l.byHash[sum]; ok {
			in.Name = name
			return Located{Input: in, SHA256: sum, Moved: true}, nil
		}
	}
	return found, err
}

// recorded is the input where its name says. A findings file can name anything: only
// what is a regular file is opened.
func (l *Locator) recorded(name string) (input.Input, error) {
	if name == "-" {
		return input.Input{}, fmt.Errorf("standard input is not kept: %w", errNotFound)
	}
	path := filepath.FromSlash(name)
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return input.Input{}, errors.New("not a regular file")
		}
		return input.Input{Name: name, Path: path, Size: info.Size()}, nil
	}
	return l.recordedMember(name)
}

// recordedMember finds a member of an archive by walking the archive. The members of
// the last one are kept: findings name one after the other.
func (l *Locator) recordedMember(name string) (input.Input, error) {
	for i := range len(name) {
		if name[i] != '!' {
			continue
		}
		archive := filepath.FromSlash(name[:i])
		if info, err := os.Stat(archive); err != nil || !info.Mode().IsRegular() {
			continue
		}
		if err := l.walkArchive(archive); err != nil {
			return input.Input{}, err
		}
		if in, ok := l.members[name]; ok {
			return in, nil
		}
		return input.Input{}, fmt.Errorf("the archive has no such member: %w", errNotFound)
	}
	return input.Input{}, errNotFound
}

func (l *Locator) walkArchive(path string) error {
	if l.archive == path {
		return nil
	}
	inputs, _, err := input.Walk([]string{path}, input.WalkOptions{})
	if err != nil {
		return err
	}
	l.archive, l.members = path, make(map[string]input.Input, len(inputs))
	for _, in := range inputs {
		l.members[in.Name] = in
	}
	return nil
}

// index hashes everything below the paths given, once.
func (l *Locator) index() error {
	if l.byHash != nil {
		return nil
	}
	l.byHash = map[string]input.Input{}
	inputs, _, err := input.Walk(l.below, input.WalkOptions{})
	if err != nil {
		return err
	}
	for _, in := range inputs {
		sum, err := l.hash(in)
		if errors.Is(err, input.ErrStopped) {
			return err
		}
		if _, ok := l.byHash[sum]; err == nil && !ok {
			l.byHash[sum] = in
		}
	}
	return nil
}

// hash returns the SHA-256 of an input as stored, in hex. A file is not decoded for it.
func (l *Locator) hash(in input.Input) (string, error) {
	if isMember(in) {
		return l.hashMember(in)
	}
	f, err := os.Open(in.Path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	buf := make([]byte, 1<<20)
	for {
		select {
		case <-l.lim.Done:
			return "", input.ErrStopped
		default:
		}
		n, err := f.Read(buf)
		h.Write(buf[:n])
		if l.lim.Stored != nil {
			l.lim.Stored.Add(int64(n))
		}
		if err == io.EOF {
			return hex.EncodeToString(h.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}

// isMember says whether an input is something other than the whole file at its path.
func isMember(in input.Input) bool {
	archive, _ := in.Archive()
	return archive != ""
}

// FileSum returns the SHA-256 of the file that an input is, or is a member of, in hex.
func (l *Locator) FileSum(in input.Input) (string, error) {
	archive, sum := in.Archive()
	if sum != "" {
		return sum, nil
	}
	return l.hash(input.Input{Name: cmp.Or(archive, in.Name), Path: in.Path})
}

// hashMember decodes a member to its end, which is what makes its hash known.
func (l *Locator) hashMember(in input.Input) (string, error) {
	s, err := input.Open(in, nil, l.lim)
	if err != nil {
		return "", err
	}
	defer s.Close()
	if err := drain(s); err != nil {
		return "", err
	}
	sum, ok := s.Sum()
	if !ok {
		return "", errors.New("could not be read to its end")
	}
	return sum, nil
}

// drain reads a stream to its end, over all damage.
func drain(s *input.Stream) error {
	buf := make([]byte, 256<<10)
	for {
		_, err := s.Read(buf)
		switch {
		case err == nil, isGap(err):
		case errors.Is(err, input.ErrStopped):
			return err
		default:
			return nil
		}
	}
}

// isGap says whether err is itself a gap, after which reading goes on, and not the
// damage that ends a stream and wraps its first gap.
func isGap(err error) bool {
	_, ok := err.(*input.Gap)
	return ok
}
