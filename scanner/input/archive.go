package input

// Formats of archives.
const (
	formatZip = "ZIP archive"
	formatTar = "tar archive"
)

// Bounds on archives.
const (
	// DefaultMaxMembers is how many members of one archive file are looked at, those of
	// the archives in it included.
	DefaultMaxMembers = 200_000
	// maxHeld is the largest ZIP archive that is held in memory, because it is itself
	// compressed within another: its directory stands at its end.
	maxHeld = 64 << 20
	// maxNesting is how many archives a member may be within.
	maxNesting = 2
	// maxLabel is the longest name of a member in bytes, and maxLabels what those of one
	// archive file may take together.
	maxLabel  = 1 << 10
	maxLabels = 32 << 20
)

// access is how the members of an archive are reached.
type access int

const (
	direct   access = iota // by their offset, in any order
	streamed               // one behind the other: the archive is compressed
	held                   // by their offset in a copy in memory
)

// archive is a file that holds others. It does not change once Walk has returned.
type archive struct {
	name   string // as inputs are named
	path   string // the file that it is, or is in
	in     *entry // the member of another archive that it is; nil: a file
	format string
	access access
	scale  float64 // bytes on disk for each byte of the archive as unpacked
	sum    string  // SHA-256 of a file that was read to its end
}

// root is the archive that is a file.
func (a *archive) root() *archive {
	for a.in != nil {
		a = a.in.archive
	}
	return a
}

// nesting is the number of archives that a member of a is in.
func (a *archive) nesting() int {
	n := 1
	for ; a.in != nil; a = a.in.archive {
		n++
	}
	return n
}

// entry is one member of an archive: where its bytes are.
type entry struct {
	archive *archive
	offset  int64 // of its stored bytes in the archive as unpacked
	stored  int64 // how many there are
	size    int64 // what they unpack to, as the archive says
	method  uint16
	crc     uint32
	summed  bool   // crc is known
	cut     string // why bytes at its end are missing
	refused string // why it cannot be read
}

// streamed returns the outermost archive around e that is decoded as a stream.
func (e *entry) streamed() (out *archive) {
	for e != nil && e.archive != nil {
		if e.archive.access != direct {
			out = e.archive
		}
		e = e.archive.in
	}
	return out
}

// scale is how many bytes on disk each unpacked byte of e comes from.
func (e *entry) scale() float64 {
	if e.size <= 0 || e.stored >= e.size {
		return e.archive.scale
	}
	return e.archive.scale * float64(e.stored) / float64(e.size)
}
