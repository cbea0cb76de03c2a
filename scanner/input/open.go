package input

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
)

// codec is one way in which evidence is stored.
type codec struct {
	name  string
	match func(head []byte) bool // head is the first bytes as stored, at most headSize
	open  func(t *tape, lim Limits) decoder
}

// decoder returns decoded bytes. Its Read returns io.EOF at the regular end only,
// and everything it could decode before any other error. After a *Gap it goes on.
type decoder interface {
	io.Reader
	// release gives pooled memory back; the decoder must not be used after.
	release()
}

// codecs lists the compressions that are recognised by content.
var codecs = []codec{
	{"gzip", isGzip, openGzip},
	{"zstd", isZstd, openZstd},
	{"xz", isXz, openXz},
	{"bzip2", isBzip2, openBzip2},
}

// plain is what is not compressed.
type plain struct{ t *tape }

func (d plain) Read(p []byte) (int, error) {
	n, err := d.t.br.Read(p)
	if _, gap := err.(*Gap); gap {
		d.t.pass()
	}
	return n, err
}

func (plain) release() {}

// headSize is how many bytes a codec is recognised by.
const headSize = 6

// codecOf returns the codec of the content that begins with head, nil for plain.
func codecOf(head []byte) *codec {
	for i := range codecs {
		if codecs[i].match(head) {
			return &codecs[i]
		}
	}
	return nil
}

// openCodec returns the decoder for what t holds, and its codec, nil for plain. A
// compressed stream whose beginning is damaged is known by what follows.
func openCodec(t *tape, lim Limits) (decoder, *codec) {
	head, _ := t.br.Peek(headSize) // an error comes again with Read
	if c := codecOf(head); c != nil {
		return c.open(t, lim), c
	}
	if head, _ = t.br.Peek(textSize); !isBinary(head) || magicOf(head) != "" {
		return plain{t}, nil
	}
	if head, _ = t.br.Peek(bufSize); archiveOf(head) != "" {
		return plain{t}, nil
	}
	t.remind(keepBytes)
	for i := range codecs {
		d := codecs[i].open(t, lim)
		if s, ok := d.(*series); ok && s.within(keepBytes/2) {
			return d, &codecs[i]
		}
		d.release()
		t.rewind(0)
	}
	t.keep = 0
	return plain{t}, nil
}

// textSize is how much is looked at to tell text from compressed data, of which one
// byte in nine is a control character.
const textSize = 512

func isBinary(b []byte) bool {
	n := 0
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			n++
		}
	}
	return 32*n > len(b)
}

// Stream is the decoded content of one input. It is for one goroutine; only Stored
// and Decoded may be called from others.
type Stream struct {
	file    *os.File // nil when it is not the stream's own
	was     os.FileInfo
	under   io.Closer // what else is closed with it; may be nil
	opener  *Opener   // not nil: its own
	src     *source
	t       *tape
	dec     decoder
	codec   string
	lim     Limits
	origin  origin
	decoded atomic.Int64
	changed bool
	ledger  Ledger
	held    error // to be dealt with by the next Read
	err     error // sticky, set once the stream has ended
}

// origin says what the stored bytes of a stream are.
type origin struct {
	scale  float64 // bytes on disk for each stored byte; 0 means 1
	shared bool    // the reader goes on to be used when the stream is closed
	pipe   bool    // Walk did not look at it
}

// newStream decodes r.
func newStream(r io.Reader, lim Limits, o origin) *Stream {
	s := &Stream{lim: lim.defaulted(), origin: o}
	s.src = newSource(r, lim.Done, lim.Stored)
	s.t = newTape(s.src)
	dec, c := openCodec(s.t, s.lim)
	s.dec = dec
	if c != nil {
		s.codec = c.name
	}
	if d, ok := dec.(*series); ok && d.ahead != nil {
		d.ahead.allows = func(n, offset int64) bool { return s.lim.admits(s.Decoded()+n, s.diskBytes(offset)) }
	}
	return s
}

// openFile opens a file for reading.
func openFile(path string) (*os.File, os.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s: is a directory", path)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, info, nil
}

// Read returns decoded bytes. It ends with io.EOF when the input was read whole, with
// ErrStopped, or with a *DamageError. A *Gap says that bytes are missing between
// those before and those to come: reading goes on after it. Bytes and an error never
// come together.
func (s *Stream) Read(p []byte) (int, error) {
	for s.err == nil {
		if len(p) == 0 {
			return 0, nil
		}
		n, err := s.decode(p)
		s.count(n)
		if n > 0 {
			s.held = err
			return n, nil
		}
		if err == nil {
			continue
		}
		if err := s.stands(err); err != nil {
			return 0, err
		}
	}
	return 0, s.err
}

// decode reads as far as the limits allow.
func (s *Stream) decode(p []byte) (int, error) {
	if err := s.held; err != nil {
		s.held = nil
		return 0, err
	}
	room, err := s.lim.room(s.Decoded(), s.onDisk())
	if err != nil {
		return 0, err
	}
	n, err := s.dec.Read(p[:min(int64(len(p)), room)])
	if s.origin.pipe && s.Decoded() == 0 {
		if format := archiveOf(p[:n]); format != "" {
			return 0, fmt.Errorf("%s: archives are read from files only, not from a pipe", format)
		}
	}
	if most := s.lim.MaxDecoded; most > 0 && s.Decoded()+int64(n) > most {
		return n - 1, fmt.Errorf("more than %d decoded bytes (a limit)", most)
	}
	return n, err
}

// onDisk is how many bytes on disk were decoded so far.
func (s *Stream) onDisk() int64 { return s.diskBytes(s.t.offset()) }

// diskBytes is how many bytes on disk so many stored bytes come from.
func (s *Stream) diskBytes(stored int64) int64 {
	if s.origin.scale == 0 {
		return stored
	}
	return int64(float64(stored) * s.origin.scale)
}

func (s *Stream) count(n int) {
	s.decoded.Add(int64(n))
	if s.lim.Decoded != nil {
		s.lim.Decoded.Add(int64(n))
	}
}

// stands returns the error that stands between the bytes before and those after, or at
// their end; nil for what the ledger alone need know.
func (s *Stream) stands(err error) error {
	g, ok := err.(*Gap)
	if !ok {
		s.err = s.finish(err)
		return s.err
	}
	gap := *g
	gap.Why = s.why(gap.Why)
	gap.DecodedOffset = s.Decoded()
	s.ledger.add(gap)
	if gap.joined {
		return nil
	}
	return &gap
}

// finish turns the end of decoding into the end of the stream: what is left of the
// stored bytes goes through the hash, and damage gets its position.
func (s *Stream) finish(err error) error {
	at := s.t.offset()
	if last := (*lastUnit)(nil); errors.As(err, &last) {
		at = last.offset
	}
	if s.t.broken() {
		err = s.t.err // decoders may take a read error for an early end
	}
	rest := s.src.drain()
	if errors.Is(err, ErrStopped) || errors.Is(rest, ErrStopped) {
		return ErrStopped
	}
	for _, g := range s.src.joined {
		s.ledger.add(*g)
	}
	if err == io.EOF {
		err = rest
	}
	if rest == nil && s.file != nil && changed(s.file, s.was, s.wholeSize()) {
		s.changed = true
		if err == nil {
			err = errChanged
		}
	}
	switch {
	case err != nil:
		return s.damage(err, at)
	case len(s.ledger.Gaps) > 0:
		return s.summary()
	}
	return io.EOF
}

// wholeSize is how many bytes the file had when it was read to its end: of an archive,
// a stream reads a part.
func (s *Stream) wholeSize() int64 {
	if s.origin.scale != 0 {
		return s.was.Size()
	}
	return s.Stored()
}

// summary is the error that ends a stream which was read to its end over gaps: who
// knows of nothing but an end does not take it for whole.
func (s *Stream) summary() *DamageError {
	g := &s.ledger.Gaps[0]
	e := &DamageError{Why: g.Why, StoredOffset: g.StoredOffset, DecodedOffset: g.DecodedOffset, Err: g}
	if more := int64(len(s.ledger.Gaps)) - 1 + s.ledger.MoreGaps; more > 0 {
		e.Why += fmt.Sprintf(" (the first of %d damaged places)", more+1)
	}
	return e
}

// damage makes the error that ends the stream, and enters it.
func (s *Stream) damage(err error, at int64) *DamageError {
	e := &DamageError{Why: reasonOf(err), StoredOffset: at, DecodedOffset: s.Decoded(), Err: err}
	g := Gap{StoredOffset: at, StoredLength: max(0, s.Stored()-at), DecodedOffset: s.Decoded()}
	g.LostDecoded = g.StoredLength
	if last := (*lastUnit)(nil); errors.As(err, &last) {
		e.Why, e.Err = reasonOf(last.err), last.err
		g.Unverified, g.LostDecoded = last.unverified, last.expected(g.StoredLength)
		g.Estimated = g.LostDecoded > 0
	}
	if err != errChanged {
		e.Why = s.why(e.Why)
	}
	g.Why = e.Why
	s.ledger.add(g)
	return e
}

// why puts the name of the codec before a reason.
func (s *Stream) why(reason string) string {
	if s.codec == "" {
		return reason
	}
	return s.codec + ": " + reason
}

// Ledger returns what became of the bytes so far; it is whole when Read has ended the
// stream. The gaps must not be changed.
func (s *Stream) Ledger() Ledger {
	l := s.ledger
	l.Stored, l.Decoded, l.Changed = s.Stored(), s.Decoded(), s.changed
	return l
}

// Reserve takes whatever Read could have to wait for later, other than the input
// itself: a place in Limits.Wide. Whoever is about to take something that others
// wait for calls it first, so that no two streams wait for each other. The error is
// ErrStopped.
func (s *Stream) Reserve() error {
	if d, ok := s.dec.(*series); ok {
		if u, ok := d.u.(interface{ reserve() error }); ok {
			return u.reserve()
		}
	}
	return nil
}

// Codec names the compression: "gzip", "zstd", or "" for none.
func (s *Stream) Codec() string { return s.codec }

// Stored returns the number of stored bytes read so far; read-ahead included.
func (s *Stream) Stored() int64 { return s.src.hashed.Load() }

// Decoded returns the number of decoded bytes returned so far.
func (s *Stream) Decoded() int64 { return s.decoded.Load() }

// Sum returns the SHA-256 of the input as stored, in hex. ok is false unless Read
// has ended the stream, everything stored was read, damage or not, and the file did
// not change meanwhile.
func (s *Stream) Sum() (sum string, ok bool) {
	if s.err == nil || s.changed {
		return "", false
	}
	return s.src.hash()
}

// Close releases the stream, read to its end or not. Call it once.
func (s *Stream) Close() error {
	s.src.close(s.origin.shared)
	s.dec.release()
	s.t.release()
	var errs []error
	if s.under != nil {
		errs = append(errs, s.under.Close())
	}
	if s.file != nil {
		errs = append(errs, s.file.Close())
	}
	if s.opener != nil {
		errs = append(errs, s.opener.Close())
	}
	return errors.Join(errs...)
}

// Open opens in for reading, as an Opener does that is used once. Standard input (an
// Input without Path) is read from stdin. The caller closes the stream. An error means
// that nothing can be read.
func Open(in Input, stdin io.Reader, lim Limits) (*Stream, error) {
	o := NewOpener(stdin, lim)
	s, err := o.Open(in)
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	s.opener = o
	return s, nil
}
