package source

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Position returns the 1-based line and column (in code points) in the file of a
// byte offset into Body. Offsets outside of Body count as its nearest end.
func (t Text) Position(offset int) (line, col int) {
	at := t.locate(offset)
	return at.line, at.col
}

// Errorf returns an error that points at the beginning of span. The format is the
// message alone: lower case, what was found and what was expected.
func (t Text) Errorf(span Span, format string, args ...any) *Error {
	at := t.locate(span.Start)
	return &Error{
		Path:     t.Path,
		Line:     at.line,
		Col:      at.col,
		Msg:      fmt.Sprintf(format, args...),
		LineText: at.text,
		lead:     at.lead,
	}
}

// Unsupported is Errorf for a construct that is valid in its language but that
// coldcase cannot run exactly. The construct is its name as the user would look it
// up ("fuzzy search"); it is what lists of rules not run are grouped by.
func (t Text) Unsupported(span Span, construct, format string, args ...any) *Error {
	e := t.Errorf(span, format, args...)
	e.Unsupported = construct
	return e
}

// place is a position in the file and what Body knows of its line.
type place struct {
	line, col int
	lead      int // code points of the line before text
	text      string
}

func (t Text) locate(offset int) place {
	offset = max(0, min(offset, len(t.Body)))
	before := t.Body[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	end := len(t.Body)
	if i := strings.IndexByte(t.Body[offset:], '\n'); i >= 0 {
		end = offset + i
	}
	lead := max(0, t.Indent)
	if start == 0 {
		lead = max(1, t.Col) - 1
	}
	return place{
		line: max(1, t.Line) + strings.Count(before, "\n"),
		col:  lead + utf8.RuneCountInString(before[start:]) + 1,
		lead: lead,
		text: strings.TrimSuffix(t.Body[start:end], "\r"),
	}
}
