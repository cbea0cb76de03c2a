package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// Opener opens inputs one after the other, and keeps its place in a compressed archive
// between two members of it, so that members opened in the order that Walk lists them
// cost one pass. It is for one goroutine. The zero value is not usable.
type Opener struct {
	stdin io.Reader
	lim   Limits

	cursors []*cursor // each reads a member of the one before
	held    *heldCopy
	win     window // the place in Limits.Wide that held has
}

// NewOpener returns an opener that reads standard input from stdin. The caller closes
// it.
func NewOpener(stdin io.Reader, lim Limits) *Opener {
	return &Opener{stdin: stdin, lim: lim, win: newWindow(lim)}
}

// Open opens in for reading. The caller closes the stream before the next is opened.
// An error means that nothing can be read.
func (o *Opener) Open(in Input) (*Stream, error) {
	if root := in.entry.streamed(); len(o.cursors) > 0 && o.cursors[0].a != root {
		o.leave(0)
	}
	if in.entry != nil {
		return o.member(in.entry)
	}
	o.drop()
	if in.Path == "" {
		return o.standardInput()
	}
	f, info, err := openFile(in.Path)
	if err != nil {
		return nil, err
	}
	s := newStream(f, o.lim, origin{pipe: !info.Mode().IsRegular()})
	s.file, s.was = f, info
	return s, nil
}

func (o *Opener) standardInput() (*Stream, error) {
	if o.stdin == nil {
		return nil, errors.New("no standard input")
	}
	return newStream(o.stdin, o.lim, origin{pipe: true}), nil
}

func (o *Opener) member(e *entry) (*Stream, error) {
	if e.refused != "" {
		return nil, errors.New(e.refused)
	}
	if o.held != nil && o.held.a != e.archive {
		o.drop()
	}
	c, err := o.entry(e)
	if err != nil {
		return nil, err
	}
	lim := o.lim
	if o.win.holding {
		lim.Wide = nil // this opener has a place already
	}
	s := newStream(c.reader(), lim, origin{scale: e.scale(), shared: c.shared || c.under != nil})
	s.file, s.was, s.under = c.file, c.info, c.under
	return s, nil
}

// Close gives up what is kept between inputs.
func (o *Opener) Close() error {
	o.drop()
	return o.leave(0)
}

// content is the bytes of an archive or of a member.
type content struct {
	at     *io.SectionReader // for any offset; nil when there is only r
	r      io.Reader         // with its checksum verified; nil when there is only at
	file   *os.File          // to be closed with it, and
	info   os.FileInfo       // what it was
	under  io.Closer         // to be closed as well; may be nil
	shared bool              // r reads from a cursor
}

func (c content) reader() io.Reader {
	if c.r != nil {
		return c.r
	}
	return c.at
}

func (c content) close() error {
	var err error
	if c.under != nil {
		err = c.under.Close()
	}
	if c.file != nil {
		err = errors.Join(err, c.file.Close())
	}
	return err
}

// archive returns the bytes of an archive as they stand in its file or archive.
func (o *Opener) archive(a *archive) (content, error) {
	if a.in != nil {
		return o.entry(a.in)
	}
	f, info, err := openFile(a.path)
	if err != nil {
		return content{}, err
	}
	return content{at: io.NewSectionReader(f, 0, info.Size()), file: f, info: info}, nil
}

// entry returns the bytes of a member.
func (o *Opener) entry(e *entry) (content, error) {
	a := e.archive
	if a.access == streamed {
		c, err := o.cursor(a, e.offset)
		if err != nil {
			return content{}, err
		}
		return content{r: &cursorMember{c: c, e: e, left: e.size}, shared: true}, nil
	}
	var c content
	var err error
	if a.access == held {
		c.at, err = o.hold(a)
	} else {
		c, err = o.archive(a)
	}
	if err != nil {
		return content{}, err
	}
	c.at, c.r = io.NewSectionReader(c.at, e.offset, e.stored), nil
	if a.format == formatZip {
		unzip(&c, e, o.lim)
	}
	return c, nil
}

// cursor is a place in an archive that is decoded as a stream.
type cursor struct {
	a   *archive
	s   *Stream
	pos int64 // decoded bytes read, those of the archive's gaps not counted
}

// cursor returns the place of a, moved on to a decoded offset.
func (o *Opener) cursor(a *archive, offset int64) (*cursor, error) {
	i := slices.IndexFunc(o.cursors, func(c *cursor) bool { return c.a == a })
	if i >= 0 && o.cursors[i].pos <= offset {
		if err := o.leave(i + 1); err != nil {
			return nil, err
		}
		return o.cursors[i], o.cursors[i].skipTo(offset)
	}
	if i >= 0 {
		if err := o.leave(i); err != nil {
			return nil, err
		}
	}
	from, err := o.archive(a)
	if err != nil {
		return nil, err
	}
	lim := o.lim
	lim.Stored, lim.Decoded = nil, nil // its members are counted
	c := &cursor{a: a, s: newStream(from.reader(), lim, origin{shared: from.shared || from.under != nil, scale: a.outerScale()})}
	c.s.file, c.s.was, c.s.under = from.file, from.info, from.under
	o.cursors = append(o.cursors, c)
	return c, c.skipTo(offset)
}

// outerScale is how many bytes on disk each stored byte of a comes from.
func (a *archive) outerScale() float64 {
	if a.in == nil {
		return 1
	}
	return a.in.scale()
}

// leave closes the cursors from number i on, which read from those before.
func (o *Opener) leave(i int) error {
	var errs []error
	for len(o.cursors) > i {
		last := len(o.cursors) - 1
		errs = append(errs, o.cursors[last].s.Close())
		o.cursors = o.cursors[:last]
	}
	return errors.Join(errs...)
}

// skipTo reads on to a decoded offset.
func (c *cursor) skipTo(offset int64) error {
	if c.pos >= offset {
		return nil
	}
	buf := make([]byte, 64<<10)
	for c.pos < offset {
		n, err := c.s.Read(buf[:min(int64(len(buf)), offset-c.pos)])
		c.pos += int64(n)
		if _, gap := err.(*Gap); err != nil && !gap {
			return fmt.Errorf("the archive ends before the member: %w", noEOF(err))
		}
	}
	return nil
}

// cursorMember is the bytes of one member behind the cursor.
type cursorMember struct {
	c    *cursor
	e    *entry
	left int64
}

func (m *cursorMember) Read(p []byte) (int, error) {
	if m.left == 0 {
		if m.e.cut != "" {
			return 0, errors.New(m.e.cut)
		}
		return 0, io.EOF
	}
	n, err := m.c.s.Read(p[:min(int64(len(p)), m.left)])
	m.c.pos += int64(n)
	m.left -= int64(n)
	if g, gap := err.(*Gap); gap {
		return n, errors.New(g.Why) // not a gap: Walk saw no bytes of this member behind one
	}
	return n, noEOF(err)
}

// heldCopy is an archive in memory.
type heldCopy struct {
	a *archive
	b []byte
}

// hold returns the bytes of an archive that cannot be read but from its beginning.
func (o *Opener) hold(a *archive) (*io.SectionReader, error) {
	if o.held == nil || o.held.a != a {
		o.drop()
		if err := o.win.reserve(); err != nil {
			return nil, err
		}
		c, err := o.archive(a)
		if err != nil {
			o.drop()
			return nil, err
		}
		lim := o.lim
		lim.Stored, lim.Decoded, lim.Wide = nil, nil, nil
		s := newStream(c.reader(), lim, origin{shared: c.shared || c.under != nil, scale: a.outerScale()})
		b, err := readHeld(s)
		err = errors.Join(err, s.Close(), c.close())
		if err != nil {
			o.drop()
			return nil, err
		}
		o.held = &heldCopy{a, b}
	}
	return io.NewSectionReader(bytes.NewReader(o.held.b), 0, int64(len(o.held.b))), nil
}

func (o *Opener) drop() {
	o.held = nil
	o.win.release()
}

// errHeld says that an archive is too large to be held.
var errHeld = fmt.Errorf("a ZIP archive that is itself compressed is read up to %d bytes (a limit)", maxHeld)

// readHeld reads all of an archive that is to be held in memory, over its gaps.
func readHeld(r io.Reader) ([]byte, error) {
	var buf bytes.Buffer
	for {
		_, err := io.CopyN(&buf, r, maxHeld+1-int64(buf.Len()))
		switch {
		case err == nil:
			return nil, errHeld
		case errors.Is(err, ErrStopped):
			return nil, err
		}
		if _, gap := err.(*Gap); !gap {
			// What damage has left is looked at: members stand before the directory.
			return buf.Bytes(), nil
		}
	}
}
