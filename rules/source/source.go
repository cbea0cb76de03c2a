// Package source says where a piece of rule text came from, so that an error in a
// query inside a TOML file points at the line and column of that file.
package source

// Text is a text with its place in a file. The zero value is an empty text of an
// unnamed source.
type Text struct {
	// Path is the file as the user would name it ("" for a text of no file).
	Path string
	// Body is the text itself.
	Body string
	// Line and Col are the 1-based position in the file at which Body begins; 0
	// counts as 1. Columns count Unicode code points. Col applies to Body's first
	// line only; further lines begin at column 1.
	Line, Col int
	// Indent is the number of code points that the container strips from the
	// front of each line after the first (0 for TOML).
	Indent int
}

// Span is a half-open range of byte offsets into Text.Body.
type Span struct{ Start, End int }

// Error is a mistake in a rule, with its place. Make one with [Text.Errorf] or
// [Text.Unsupported], or by hand when the place is known otherwise; Col then
// counts from the beginning of LineText. It prints as
//
//	path:line:col: message
//	<the line>
//	    ^
type Error struct {
	Path      string
	Line, Col int    // 1-based; 0 when unknown
	Msg       string // lower case, no trailing stop: what was found, what was expected
	LineText  string // the line in which it stands, "" when unknown
	// Unsupported names a construct that is valid in its language but that coldcase
	// cannot run exactly; the rule is then not run, rather than unreadable.
	Unsupported string

	// lead is how many code points of the file's line stand before LineText: the
	// line may begin in text of the container that Body does not have.
	lead int
}
