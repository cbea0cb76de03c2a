package proof

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
// below given paths. It is for one goroutine; the caller closes it.
type Locator struct {
	below  []string
	lim    input.Limits
	opener *input.Opener
	moved  []input.Input  // all below; nil until it is needed
	byHash map[string]int // places in moved

	archive string         // the last archive that was walked
	byName  map[string]int // places in members
	members members        // of it
}

// NewLocator returns a locator that looks below paths, which are walked and hashed once
// when something is not where it was. lim bounds and stops the reading.
func NewLocator(paths []string, lim input.Limits) *Locator {
	return &Locator{below: paths, lim: lim, opener: input.NewOpener(nil, lim)}
}

// Close closes the archive that is open, if one is.
func (l *Locator) Close() error { return l.opener.Close() }

// Located is an input that was found again.
type Located struct {
	// Input has the name that the earlier run gave it.
	Input  input.Input
	SHA256 string // as stored, "" when it was not asked for
	Moved  bool   // it was found by its hash

	order int // its place among the inputs that it was found with
}

var errNotFound = errors.New("not found")

// Find returns the input that an earlier run called name and whose bytes as stored had
// the SHA-256 sum in hex; "" when that is not known, and then only the place counts.
// The error wraps what is wrong with the place.
//
// A file at the recorded place with another hash is returned, with its own hash, when
// nothing else has the one wanted: it has been changed.
func (l *Locator) Find(name, sum string) (Located, error) {
	found, err := l.recorded(name)
	if err == nil && sum != "" {
		found.SHA256, err = l.hashFound(found)
	}
	if err == nil && found.SHA256 == sum {
		return found, nil
	}
	if sum != "" && len(l.below) > 0 {
		if herr := l.index(); herr != nil {
			return Located{}, herr
		}
		if i, ok := l.byHash[sum]; ok {
			return l.movedTo(name, sum, i), nil
		}
	}
	return found, err
}

// movedTo is the input at a place among those below, under the name that it had.
func (l *Locator) movedTo(name, sum string, i int) Located {
	in := l.moved[i]
	in.Name = name
	return Located{Input: in, SHA256: sum, Moved: true, order: i}
}

// again is what Find found, without hashing it another time.
func (l *Locator) again(name, sum string, moved bool, order int) (Located, error) {
	if moved {
		return l.movedTo(name, sum, order), nil
	}
	found, err := l.recorded(name)
	found.SHA256 = sum
	return found, err
}

// recorded is the input where its name says. A findings file can name anything: only
// what is a regular file is opened.
func (l *Locator) recorded(name string) (Located, error) {
	if name == "-" {
		return Located{}, fmt.Errorf("standard input is not kept: %w", errNotFound)
	}
	path := filepath.FromSlash(name)
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return Located{}, errors.New("not a regular file")
		}
		return Located{Input: input.Input{Name: name, Path: path, Size: info.Size()}}, nil
	}
	return l.recordedMember(name)
}

// recordedMember finds a member of an archive by walking the archive. The members of
// the last one are kept: findings name one after the other.
func (l *Locator) recordedMember(name string) (Located, error) {
	for i := range len(name) {
		if name[i] != '!' {
			continue
		}
		archive := filepath.FromSlash(name[:i])
		if info, err := os.Stat(archive); err != nil || !info.Mode().IsRegular() {
			continue
		}
		if err := l.walkArchive(archive); err != nil {
			return Located{}, err
		}
		if i, ok := l.byName[name]; ok {
			return Located{Input: l.members.list[i], order: i}, nil
		}
		return Located{}, fmt.Errorf("the archive has no such member: %w", errNotFound)
	}
	return Located{}, errNotFound
}

func (l *Locator) walkArchive(path string) error {
	if l.archive == path {
		return nil
	}
	inputs, _, err := input.Walk([]string{path}, input.WalkOptions{})
	if err != nil {
		return err
	}
	l.archive, l.byName, l.members = path, make(map[string]int, len(inputs)), newMembers(inputs)
	for i, in := range inputs {
		l.byName[in.Name] = i
	}
	return nil
}

// index hashes everything below the paths given, once.
func (l *Locator) index() error {
	if l.byHash != nil {
		return nil
	}
	l.byHash = map[string]int{}
	inputs, _, err := input.Walk(l.below, input.WalkOptions{})
	if err != nil {
		return err
	}
	l.moved = inputs
	for i, in := range inputs {
		sum, err := l.hash(in)
		if errors.Is(err, input.ErrStopped) {
			return err
		}
		if _, ok := l.byHash[sum]; err == nil && !ok {
			l.byHash[sum] = i
		}
	}
	return nil
}

// hashFound is hash of what recorded returned.
func (l *Locator) hashFound(at Located) (string, error) {
	if isMember(at.Input) {
		return l.members.hash(at.order, l.hash)
	}
	return l.hash(at.Input)
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
	s, err := l.opener.Open(in)
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

// members are those of one archive in their order, and their hashes as far as they were
// asked for. Of a compressed archive, which can be decoded in its order only, those
// before are hashed on the way: whoever asks for all, in any order, has it decoded once.
type members struct {
	list []input.Input
	sums []memberSum
	next int // all before were hashed on the way
}

type memberSum struct {
	sum   string
	err   error
	known bool
}

func newMembers(list []input.Input) members {
	return members{list: list, sums: make([]memberSum, len(list))}
}

// hash returns the hash of member i, which hash makes.
func (m *members) hash(i int, hash func(input.Input) (string, error)) (string, error) {
	for m.list[i].Follows(m.list[i]) && m.next < i {
		m.one(m.next, hash)
		m.next++
	}
	m.one(i, hash)
	return m.sums[i].sum, m.sums[i].err
}

func (m *members) one(i int, hash func(input.Input) (string, error)) {
	s := &m.sums[i]
	if !s.known {
		s.sum, s.err = hash(m.list[i])
		s.known = true
	}
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
