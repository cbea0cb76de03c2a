package scanner

import (
	"bufio"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Verdicts on an input that is held against expected hashes.
const (
	HashMatches    = "match"      // its hash is on the list
	HashDiffers    = "mismatch"   // its name is on the list with another hash
	HashUnexpected = "unexpected" // neither is on the list
)

// Expectation is one entry of a list of expected hashes.
type Expectation struct {
	Name   string // "" where the list gives only hashes; with '/'
	SHA256 string // hex, lower case
}

// Bounds of a list of expected hashes.
const (
	maxExpectLine = 64 << 10
	maxExpected   = 1 << 20
)

// ReadExpected reads a list of expected SHA-256 hashes: what sha256sum writes (with
// --tag, too), what hashdeep writes, or a table of names and hashes with commas,
// semicolons or tabs between them, with or without a heading. Blank lines and lines
// that begin with # are passed over. A line that is none of this is an error, with its
// number: a list that is half understood proves nothing.
func ReadExpected(r io.Reader) ([]Expectation, error) {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 4<<10), maxExpectLine)
	l := expectReader{}
	n := 0
	for s.Scan() {
		n++
		if err := l.take(strings.TrimPrefix(s.Text(), "\ufeff"), n); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := s.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d: longer than %d KiB (a limit)", n+1, maxExpectLine>>10)
	} else if err != nil {
		return nil, err
	}
	if len(l.out) == 0 {
		return nil, errors.New("there is no SHA-256 in it")
	}
	return l.out, nil
}

// expectReader is a list under way.
type expectReader struct {
	out     []Expectation
	columns []string // of a hashdeep file
}

var (
	tagged      = regexp.MustCompile(`^SHA256 ?\((.*)\) = ([0-9a-fA-F]{64})$`)
	sumLine     = regexp.MustCompile(`^(\\?)([0-9a-fA-F]{64})(?: [ *](.*))?$`)
	separators  = []rune{',', ';', '\t'}
	errNoSHA256 = errors.New("no SHA-256 with a name in it: a list as sha256sum or hashdeep write it, or name,hash is expected")
)

func (l *expectReader) take(line string, n int) error {
	line = strings.TrimRight(line, "\r")
	switch {
	case strings.TrimSpace(line) == "", strings.HasPrefix(line, "#"):
		return nil
	case strings.HasPrefix(line, "%%%%"):
		return l.heading(line)
	case l.columns != nil:
		return l.hashdeep(line)
	}
	if m := tagged.FindStringSubmatch(line); m != nil {
		return l.add(m[1], m[2])
	}
	if m := sumLine.FindStringSubmatch(line); m != nil {
		name := m[3]
		if m[1] != "" {
			name = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r").Replace(name)
		}
		return l.add(name, m[2])
	}
	name, sum, ok := cells(line)
	switch {
	case ok:
		return l.add(name, sum)
	case n == 1 && isHeading(line):
		return nil
	}
	return errNoSHA256
}

func (l *expectReader) add(name, sum string) error {
	if len(l.out) == maxExpected {
		return fmt.Errorf("more than %d hashes (a limit)", maxExpected)
	}
	l.out = append(l.out, Expectation{Name: strings.ReplaceAll(name, `\`, "/"), SHA256: strings.ToLower(sum)})
	return nil
}

// heading reads a line of a hashdeep file's head: its version, or its columns.
func (l *expectReader) heading(line string) error {
	text := strings.TrimSpace(strings.TrimPrefix(line, "%%%%"))
	if strings.HasPrefix(text, "HASHDEEP") {
		return nil
	}
	l.columns = strings.Split(text, ",")
	if !slices.Contains(l.columns, "sha256") {
		return errors.New("this hashdeep file has no sha256 column")
	}
	return nil
}

// hashdeep reads a row; the name is the last column and may hold commas.
func (l *expectReader) hashdeep(line string) error {
	row := strings.SplitN(line, ",", len(l.columns))
	at := slices.Index(l.columns, "sha256")
	if len(row) != len(l.columns) || !isSHA256(row[at]) {
		return errors.New("not a row of this hashdeep file")
	}
	return l.add(row[len(row)-1], row[at])
}

func isSHA256(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 32
}

// cells finds the hash in a row of a table, and the name: the first other cell that is
// neither a number nor another hash.
func cells(line string) (name, sum string, ok bool) {
	for _, sep := range separators {
		r := csv.NewReader(strings.NewReader(line))
		r.Comma, r.LazyQuotes, r.FieldsPerRecord = sep, true, -1
		row, err := r.Read()
		if err != nil || len(row) < 2 {
			continue
		}
		for _, c := range row {
			switch c = strings.TrimSpace(c); {
			case isSHA256(c):
				sum = c
			case name == "" && !isHexOnly(c):
				name = c
			}
		}
		if sum != "" && name != "" {
			return name, sum, true
		}
		name, sum = "", ""
	}
	return "", "", false
}

// isHexOnly says whether a cell is a number or a hash of some kind, or empty.
func isHexOnly(s string) bool {
	if strings.Trim(s, "0123456789") == "" {
		return true
	}
	return len(s) >= 32 && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// isHeading says whether a first line without a hash names columns.
func isHeading(line string) bool {
	low := strings.ToLower(line)
	return strings.ContainsAny(line, ",;\t") && (strings.Contains(low, "sha256") || strings.Contains(low, "sha-256") || strings.Contains(low, "hash"))
}

// Held is what became of the inputs of a run when they were held against a list of
// expected hashes.
type Held struct {
	Inputs  []HeldInput   // one for each input of the run, in its order
	Missing []Expectation // entries that no input has, in the order of the list
	Counts  map[string]int
}

// HeldInput is one input with its verdict.
type HeldInput struct {
	File    string
	Verdict string // HashMatches, HashDiffers or HashUnexpected
	Wanted  string // the hash on the list for its name, when it differs
}

// Failed says whether an input has another hash than expected, or one is not there.
func (h *Held) Failed() bool { return h.Counts[HashDiffers] > 0 || len(h.Missing) > 0 }

// HoldExpected holds inputs against a list. sum returns the SHA-256 of the file that an
// input is, or stands in; "" when it could not be read whole.
func HoldExpected(list []Expectation, inputs []InputResult, sum func(in InputResult) string) *Held {
	h := &holding{list: list, used: make([]bool, len(list)), byHash: map[string][]int{}, byBase: map[string][]int{}}
	for i, e := range list {
		h.byHash[e.SHA256] = append(h.byHash[e.SHA256], i)
		if e.Name != "" {
			base := path.Base(e.Name)
			h.byBase[base] = append(h.byBase[base], i)
		}
	}
	out := &Held{Counts: map[string]int{}}
	for _, in := range inputs {
		x := h.hold(in.File, sum(in))
		out.Counts[x.Verdict]++
		out.Inputs = append(out.Inputs, x)
	}
	for i, used := range h.used {
		if !used {
			out.Missing = append(out.Missing, list[i])
		}
	}
	return out
}

// holding is a list while inputs are held against it.
type holding struct {
	list           []Expectation
	used           []bool
	byHash, byBase map[string][]int
}

// hold judges one input. A hash on the list is enough, under whatever name: of entries
// with that hash those of the input's name are used up, else the first that is left.
func (h *holding) hold(file, sum string) HeldInput {
	container, _, _ := strings.Cut(file, "!")
	if same := h.byHash[sum]; len(same) > 0 {
		pick := same[0]
		for _, i := range slices.Backward(same) {
			if !h.used[i] {
				pick = i
			}
		}
		for _, i := range same {
			if sameFile(h.list[i].Name, container) {
				pick = i
			}
		}
		h.used[pick] = true
		return HeldInput{File: file, Verdict: HashMatches}
	}
	for _, i := range h.byBase[path.Base(container)] {
		if sameFile(h.list[i].Name, container) {
			h.used[i] = true
			return HeldInput{File: file, Verdict: HashDiffers, Wanted: h.list[i].SHA256}
		}
	}
	return HeldInput{File: file, Verdict: HashUnexpected}
}

// sameFile says whether two paths may name one file: one ends in the other, so that a
// list made in the evidence's own folder fits.
func sameFile(a, b string) bool {
	a, b = path.Clean("/"+a), path.Clean("/"+b)
	if len(a) < len(b) {
		a, b = b, a
	}
	return strings.HasSuffix(a, b)
}
