package input

// Input is one stream of evidence: a file or standard input.
type Input struct {
	// Name is the path as the user gave it, joined with the path below it by '/'.
	Name string
	// Path is what to open; empty for standard input.
	Path string
	// Size is the number of bytes as stored when the input was found; 0 when unknown.
	Size int64
}

// Skipped is something below a given path that is no input, and why.
type Skipped struct {
	Path string // named like Input.Name
	Why  string
}
