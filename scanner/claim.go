package scanner

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// FindingSchema names the schema of a line of a findings file (product.md, JSONL).
const FindingSchema = "coldcase/finding/1"

// Bounds of a findings file, which may come from anywhere.
const (
	maxClaimLine     = 64 << 20 // bytes
	maxClaimEvidence = 10_000   // evidence lines of one finding; a scan writes at most 256 or so
	maxClaimText     = 16 << 10 // bytes of one text that is kept
)

// claim is what one line of a findings file says.
type claim struct {
	Schema string      `json:"schema"`
	ID     string      `json:"finding_id"`
	Rule   claimRule   `json:"rule"`
	Time   *string     `json:"time"`
	Last   *string     `json:"last"`
	Host   *string     `json:"host"`
	User   *string     `json:"user"`
	Detail claimDetail `json:"detail"`
	// Evidence is emptied once the lines have been filed; Lines says how many there were.
	Evidence []claimEvidence `json:"evidence,omitempty"`
	Lines    int             `json:"lines,omitempty"`
	// RowSums are made of Detail.Row, which is emptied then.
	RowSums []byte `json:"row_sums,omitempty"`
}

type claimRule struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Version  *int   `json:"version"`
	Severity string `json:"severity"`
	Type     string `json:"type"`
	File     string `json:"file"`
}

// version is 0 where none is stated, as in rules.Rule.
func (r claimRule) version() int {
	if r.Version == nil {
		return 0
	}
	return *r.Version
}

type claimDetail struct {
	Threshold struct {
		Count int64 `json:"count"`
	} `json:"threshold"`
	Rows struct {
		Sources int64 `json:"sources"`
	} `json:"rows"`
	Row json.RawMessage `json:"row,omitempty"`
}

type claimEvidence struct {
	File       string          `json:"file"`
	FileSHA256 *string         `json:"file_sha256"`
	Line       int64           `json:"line"`
	Offset     int64           `json:"offset"`
	Length     int32           `json:"length"`
	LineSHA256 string          `json:"line_sha256"`
	Step       int16           `json:"step"`
	Event      json.RawMessage `json:"event"`
}

// claimReader reads a findings file line by line. Memory is bounded by maxClaimLine.
type claimReader struct {
	r    *bufio.Reader
	buf  []byte
	line int64 // 1-based number of the line last read
}

func newClaimReader(r io.Reader) *claimReader {
	return &claimReader{r: bufio.NewReaderSize(r, 64<<10)}
}

var (
	errClaimLong   = fmt.Errorf("longer than %d MiB (a limit)", maxClaimLine>>20)
	errClaimSchema = errors.New("no finding: its schema is not " + FindingSchema)
)

// next returns the next finding; blank lines are passed over. io.EOF is the end. A
// *claimError is of the one line: the reader goes on.
func (c *claimReader) next() (*claim, error) {
	for {
		line, err := c.readLine()
		if err == errClaimLong {
			return nil, &claimError{c.line, err}
		}
		if err != nil {
			return nil, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		x, err := parseClaim(line)
		if err != nil {
			return nil, &claimError{c.line, err}
		}
		return x, nil
	}
}

// claimError says why a line of a findings file is no finding that can be proven.
type claimError struct {
	line int64
	err  error
}

func (e *claimError) Error() string { return e.err.Error() }

// readLine returns the next line, valid until the next call.
func (c *claimReader) readLine() ([]byte, error) {
	c.buf = c.buf[:0]
	c.line++
	long := false
	for {
		part, err := c.r.ReadSlice('\n')
		if long = long || len(c.buf)+len(part) > maxClaimLine; !long {
			c.buf = append(c.buf, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && (len(c.buf) > 0 || long):
		case err != nil:
			return nil, err
		}
		if long {
			return nil, errClaimLong
		}
		return c.buf, nil
	}
}

func parseClaim(line []byte) (*claim, error) {
	x := &claim{}
	if err := json.Unmarshal(line, x); err != nil {
		return nil, fmt.Errorf("no finding: %w", err)
	}
	if err := x.sumRow(); err != nil {
		return nil, err
	}
	return x, x.check()
}

// sumRow puts hashes in the place of the row of a finding in ES|QL.
func (x *claim) sumRow() error {
	row := x.Detail.Row
	x.Detail.Row, x.RowSums = nil, nil
	if len(row) == 0 {
		return nil
	}
	sums, err := rowSums(row)
	x.RowSums = appendRowSums(nil, sums)
	return err
}

// check refuses what no scan writes.
func (x *claim) check() error {
	switch {
	case x.Schema != FindingSchema:
		return errClaimSchema
	case x.ID == "" || x.Rule.ID == "":
		return errors.New("no finding: finding_id or rule.id is missing")
	case len(x.Evidence) == 0:
		return errors.New("no finding: there is no evidence")
	case len(x.Evidence) > maxClaimEvidence:
		return fmt.Errorf("more than %d evidence lines (a limit)", maxClaimEvidence)
	}
	for _, s := range []string{x.ID, x.Rule.ID, x.Rule.Name, x.Rule.File, x.Rule.Severity, deref(x.Host), deref(x.User), deref(x.Time), deref(x.Last)} {
		if len(s) > maxClaimText {
			return fmt.Errorf("a text longer than %d KiB (a limit)", maxClaimText>>10)
		}
	}
	for i := range x.Evidence {
		if e := &x.Evidence[i]; e.File == "" || e.LineSHA256 == "" || len(e.File) > maxClaimText {
			return fmt.Errorf("evidence %d names no file or no line_sha256", i+1)
		}
	}
	x.Lines = len(x.Evidence)
	return nil
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// sameTime says whether a time of a findings file is t; zero is null.
func sameTime(s *string, t time.Time) bool {
	if s == nil || t.IsZero() {
		return s == nil && t.IsZero()
	}
	c, err := time.Parse(time.RFC3339Nano, *s)
	return err == nil && c.Equal(t)
}

// EventJSON returns an event as valid, compact JSON, as a findings file holds it.
// Numbers, key order, duplicate keys and escapes stay as they are. What encoding/json
// will not take (the engine's parser is more lenient, for instance with control
// characters inside a string) is given as one JSON string: the line stays
// machine-readable and nothing is lost.
func EventJSON(ev []byte) json.RawMessage {
	if len(ev) == 0 {
		return json.RawMessage("null")
	}
	ev = bytes.ToValidUTF8(ev, []byte("\uFFFD"))
	var b bytes.Buffer
	if err := json.Compact(&b, ev); err == nil {
		return b.Bytes()
	}
	b.Reset()
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	// A string always encodes, and a bytes.Buffer takes every write.
	_ = enc.Encode(string(ev))
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// eventSum hashes an event as a findings file holds it, whatever white space was put
// between its tokens.
func eventSum(raw json.RawMessage) [32]byte {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return [32]byte{} // json.Unmarshal has checked it; this is nobody's hash
	}
	return sha256.Sum256(b.Bytes())
}
