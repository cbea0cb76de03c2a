package report

import (
	"bufio"
	"encoding/json"
	"io"
	"unicode/utf8"

	"coldcase/scanner"
)

// jsonReject is a line of --rejects, schema coldcase/reject/1. A line that could not be
// used has Text or Base64: its bytes, or the first 64 KiB of them. A lost range has Lost.
type jsonReject struct {
	Schema string    `json:"schema"`
	File   string    `json:"file"`
	Kind   string    `json:"kind"`
	Line   *int64    `json:"line"`
	Offset int64     `json:"offset"`
	Length *int64    `json:"length"`
	Cut    bool      `json:"cut"` // not all of Length is here
	Text   *string   `json:"text,omitempty"`
	Base64 []byte    `json:"base64,omitempty"`
	Why    *string   `json:"why"`
	Lost   *jsonLost `json:"lost"`
}

// kindLost is the kind of a reject that is a lost range.
const kindLost = "lost range"

// Rejects writes the lines that could not be used, and the ranges that were lost, as JSON
// Lines in the order of inputs and offsets. It reads the inputs with bad lines again.
func Rejects(w io.Writer, res *scanner.Result, _ Options) error {
	return writeRejects(w, res.Rejects)
}

func writeRejects(w io.Writer, rejects func(yield func(*scanner.Reject) error) error) error {
	bw := bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(bw)
	enc.SetEscapeHTML(false)
	if err := rejects(func(r *scanner.Reject) error { return enc.Encode(rejectLine(r)) }); err != nil {
		return err
	}
	return bw.Flush()
}

func rejectLine(r *scanner.Reject) *jsonReject {
	out := &jsonReject{Schema: "coldcase/reject/1", File: r.File, Kind: r.Kind, Offset: r.Offset, Why: orNull(r.Why)}
	if r.Lost != nil {
		lost := lostRange(r.Lost)
		out.Kind, out.Lost = kindLost, &lost
		return out
	}
	out.Line = &r.Line
	if r.Why != "" {
		return out
	}
	out.Length, out.Cut = &r.Length, int64(len(r.Bytes)) < r.Length
	if text := wholeRunes(r.Bytes, out.Cut); utf8.Valid(text) {
		s := string(text)
		out.Text = &s
	} else {
		out.Base64 = r.Bytes
	}
	return out
}

// wholeRunes takes off the part of a character that a cut has left.
func wholeRunes(b []byte, cut bool) []byte {
	if !cut {
		return b
	}
	for n := len(b) - 1; n >= 0 && n >= len(b)-utf8.UTFMax; n-- {
		if utf8.RuneStart(b[n]) {
			if !utf8.FullRune(b[n:]) {
				return b[:n]
			}
			break
		}
	}
	return b
}
