package claim

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Schema names the schema of a line of a findings file (product.md, JSONL).
const Schema = "coldcase/finding/1"

// Bounds of a findings file.
const (
	MaxLine     = 64 << 20 // bytes
	MaxEvidence = 10_000   // evidence lines of one finding; a scan writes at most 256 or so
	maxText     = 16 << 10 // bytes of one text that is kept
)

// Finding is what one line of a findings file says, as far as it is proven. It belongs to
// the caller.
type Finding struct {
	Schema string  `json:"schema"`
	ID     string  `json:"finding_id"`
	Rule   Rule    `json:"rule"`
	Time   *string `json:"time"`
	Last   *string `json:"last"`
	Host   *string `json:"host"`
	User   *string `json:"user"`
	Detail Detail  `json:"detail"`
	// Evidence is emptied once the lines have been filed; Lines says how many there were.
	Evidence []Evidence `json:"evidence,omitempty"`
	Lines    int        `json:"lines,omitempty"`
	// RowSums are made of Detail.Row, which is emptied then.
	RowSums []byte `json:"row_sums,omitempty"`
}

// Rule is what it says of its rule.
type Rule struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Stated   *int   `json:"version"`
	Severity string `json:"severity"`
	Type     string `json:"type"`
	File     string `json:"file"`
}

// Version is 0 where none is stated, as in rules.Rule.
func (r Rule) Version() int {
	if r.Stated == nil {
		return 0
	}
	return *r.Stated
}

// VersionText is a rule's version in words.
func VersionText(v int) string {
	if v == 0 {
		return "unknown"
	}
	return fmt.Sprint(v)
}

// Detail is what it says beside the evidence, by type of rule.
type Detail struct {
	Threshold struct {
		Count int64 `json:"count"`
	} `json:"threshold"`
	Rows struct {
		Sources int64 `json:"sources"`
	} `json:"rows"`
	Row json.RawMessage `json:"row,omitempty"`
}

// Evidence is one line behind it.
type Evidence struct {
	File       string          `json:"file"`
	FileSHA256 *string         `json:"file_sha256"`
	Line       int64           `json:"line"`
	Offset     int64           `json:"offset"`
	Length     int32           `json:"length"`
	LineSHA256 string          `json:"line_sha256"`
	Step       int16           `json:"step"`
	Event      json.RawMessage `json:"event"`
}

func parse(line []byte) (*Finding, error) {
	x := &Finding{}
	if err := json.Unmarshal(line, x); err != nil {
		return nil, fmt.Errorf("no finding: %w", err)
	}
	if err := x.sumRow(); err != nil {
		return nil, err
	}
	return x, x.check()
}

// sumRow puts hashes in the place of the row of a finding in ES|QL.
func (x *Finding) sumRow() error {
	row := x.Detail.Row
	x.Detail.Row, x.RowSums = nil, nil
	if len(row) == 0 {
		return nil
	}
	var err error
	x.RowSums, err = RowSums(row)
	return err
}

// ErrSchema says that a line is of no findings file.
var ErrSchema = errors.New("no finding: its schema is not " + Schema)

// check refuses what no scan writes.
func (x *Finding) check() error {
	switch {
	case x.Schema != Schema:
		return ErrSchema
	case x.ID == "" || x.Rule.ID == "":
		return errors.New("no finding: finding_id or rule.id is missing")
	case len(x.Evidence) == 0:
		return errors.New("no finding: there is no evidence")
	case len(x.Evidence) > MaxEvidence:
		return fmt.Errorf("more than %d evidence lines (a limit)", MaxEvidence)
	}
	if err := CheckTexts(x.ID, x.Rule.ID, x.Rule.Name, x.Rule.File, x.Rule.Severity, Text(x.Host), Text(x.User), Text(x.Time), Text(x.Last)); err != nil {
		return err
	}
	for i := range x.Evidence {
		if e := &x.Evidence[i]; e.File == "" || e.LineSHA256 == "" || len(e.File) > maxText {
			return fmt.Errorf("evidence %d names no file or no line_sha256", i+1)
		}
	}
	x.Lines = len(x.Evidence)
	return nil
}

// CheckTexts refuses texts that are too long to be kept.
func CheckTexts(texts ...string) error {
	for _, s := range texts {
		if len(s) > maxText {
			return fmt.Errorf("a text longer than %d KiB (a limit)", maxText>>10)
		}
	}
	return nil
}

// Text is a text of a findings file, "" for null.
func Text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
