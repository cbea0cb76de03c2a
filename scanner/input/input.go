package input

// Input is one stream of evidence: a file, a member of an archive, or standard input.
type Input struct {
	// Name is the path as the user gave it, joined with the path below it by '/'. A
	// member of an archive is named archive!member. A name is a label: nothing is opened
	// by it.
	Name string
	// Path is the file to open, of an archive for its members; empty for standard input.
	Path string
	// Size is the number of bytes as stored when the input was found, of a member when
	// unpacked; 0 when unknown.
	Size int64
	// Note says what is odd about the name that an archive gives a member, "" mostly.
	Note string

	entry *entry // nil for what is no member
}

// Follows reports whether in is a member of a compressed archive that before is a
// member of too. Such members are decoded in their order, one behind the other: one
// [Opener] reads them in one pass, where two would each decode the whole archive.
func (in Input) Follows(before Input) bool {
	a, b := in.entry.streamed(), before.entry.streamed()
	return a != nil && a == b
}

// Archive returns the name of the file that in is a member of, "" for none, and its
// SHA-256 in hex, "" when Walk did not read it to its end.
func (in Input) Archive() (name, sum string) {
	if in.entry == nil || in.entry.archive == nil {
		return "", ""
	}
	a := in.entry.archive.root()
	return a.name, a.sum
}

// order is what Walk sorts inputs by: members stay in the order of their archive.
func (in Input) order() string {
	if name, _ := in.Archive(); name != "" {
		return name
	}
	return in.Name
}

// Skipped is something below a given path, or in an archive, that is no input, and why.
type Skipped struct {
	Path string // named like Input.Name
	Why  string
}
