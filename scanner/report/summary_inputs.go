package report

import (
	"coldcase/scanner"
)

// jsonInput is the ledger of one input: what was read of it, and what was not.
type jsonInput struct {
	File         string  `json:"file"`
	Note         *string `json:"note"` // what is odd about its name in an archive
	SHA256       *string `json:"sha256"`
	Bytes        int64   `json:"bytes"`
	DecodedBytes int64   `json:"decoded_bytes"`
	Lines        int64   `json:"lines"`
	BlankLines   int64   `json:"blank_lines"`
	ActionLines  int64   `json:"bulk_action_lines"`
	Baseline     bool    `json:"baseline"`
	BadLines     int64   `json:"bad_lines"`
	// Bad and Lost have the positions: Lost at most 1,000, of Loss.Ranges.
	Bad     []jsonBad      `json:"bad"`
	Status  string         `json:"status"`
	Problem *string        `json:"problem"`
	Lost    []jsonLost     `json:"lost"`
	Loss    jsonLoss       `json:"loss"`
	Changed bool           `json:"changed"` // while it was read, or since it was found
	Limits  []string       `json:"limits"`
	Clock   jsonInputClock `json:"clock"`
}

type jsonBad struct {
	Kind   string `json:"kind"`
	Count  int64  `json:"count"`
	Line   int64  `json:"first_line"`
	Offset int64  `json:"first_offset"`
}

type jsonLost struct {
	Offset     int64  `json:"offset"`
	Stored     int64  `json:"stored_offset"`
	Length     int64  `json:"stored_bytes"`
	Decoded    int64  `json:"decoded_bytes"`
	Estimated  bool   `json:"estimated"`
	Unverified int64  `json:"unverified_bytes"`
	Why        string `json:"why"`
}

// jsonLoss has the fields of scanner.Loss in its order.
type jsonLoss struct {
	Ranges     int64 `json:"ranges"`
	Stored     int64 `json:"stored_bytes"`
	Decoded    int64 `json:"decoded_bytes"`
	Estimated  bool  `json:"estimated"` // decoded_bytes is
	Unverified int64 `json:"unverified_bytes"`
}

func summaryInput(in *scanner.InputResult) jsonInput {
	return jsonInput{
		File: in.File, Note: orNull(in.Note), SHA256: orNull(in.SHA256), Bytes: in.Bytes, DecodedBytes: in.DecodedBytes,
		Lines: in.Lines, BlankLines: in.Blank, ActionLines: in.Actions, Baseline: in.Baseline, BadLines: in.BadLines,
		Bad: each(in.Bad, func(b *scanner.BadKind) jsonBad {
			return jsonBad{b.Kind, b.Count, b.Line, b.Offset}
		}),
		Status: in.Status, Problem: orNull(in.Problem), Lost: each(in.Lost, lostRange), Loss: jsonLoss(in.Loss),
		Changed: in.Changed, Limits: list(in.Limits), Clock: summaryInputClock(&in.Clock),
	}
}

func lostRange(l *scanner.Lost) jsonLost {
	return jsonLost{l.Offset, l.Stored, l.Length, l.Decoded, l.Estimated, l.Unverified, l.Why}
}
