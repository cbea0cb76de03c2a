package input

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
)

// DefaultZstdWindow is the longest zstd window kept, as of `zstd --long=27`.
const DefaultZstdWindow = 128 << 20

// bufSize is the buffer between the stored blocks and a decoder.
const bufSize = 16 << 10

// Limits bounds what a stream may cost and says who watches it. The zero value is
// usable.
type Limits struct {
	// ZstdWindow is the longest zstd window in bytes; 0 means DefaultZstdWindow. A
	// frame that asks for more is decoded within the limit as far as it really
	// refers back no further.
	ZstdWindow int64
	// Wide, when not nil, admits streams with a zstd window above 8 MiB: such a
	// stream sends before it decodes and receives when it is closed. Its capacity,
	// at least 1, is the number of wide windows in memory at once.
	Wide chan struct{}
	// MaxDecoded ends a stream as damaged after so many decoded bytes; 0 means no
	// limit.
	MaxDecoded int64
	// Done, when closed, ends all streams with ErrStopped; nil means never.
	Done <-chan struct{}
	// Stored and Decoded, when not nil, grow by the bytes read and decoded.
	Stored, Decoded *atomic.Int64
}

// codec is one way in which evidence is stored.
type codec struct {
	name  string
	match func(head []byte) bool // head is the first bytes as stored, at most 4
	open  func(br *bufio.Reader, lim Limits) decoder
}

// decoder returns decoded bytes. Its Read returns io.EOF at the regular end only,
// and everything it could decode before any other error.
type decoder interface {
	io.Reader
	// release gives pooled memory back; the decoder must not be used after.
	release()
}

// codecs lists the compressions that are recognised by content.
var codecs = []codec{
	{"gzip", isGzip, openGzip},
	{"zstd", isZstd, openZstd},
}

// plain is what is not compressed.
type plain struct{ *bufio.Reader }

func (plain) release() {}

// codecOf returns the codec of the content that begins with head, nil for plain.
func codecOf(head []byte) *codec {
	for i := range codecs {
		if codecs[i].match(head) {
			return &codecs[i]
		}
	}
	return nil
}

var bufPool = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, bufSize) }}

// Stream is the decoded content of one input. It is for one goroutine; only Stored
// and Decoded may be called from others.
type Stream struct {
	file    *os.File // nil for standard input
	was     os.FileInfo
	src     *source
	br      *bufio.Reader
	dec     decoder
	codec   string
	max     int64
	decoded atomic.Int64
	watch   *atomic.Int64
	changed bool
	err     error // sticky, set once the stream has ended
}

// Open opens in for reading. Standard input (an Input without Path) is read from
// stdin. The caller closes the stream. An error means that nothing can be read.
func Open(in Input, stdin io.Reader, lim Limits) (*Stream, error) {
	s := &Stream{max: lim.MaxDecoded, watch: lim.Decoded}
	r := stdin
	if in.Path != "" {
		if err := s.openFile(in.Path); err != nil {
			return nil, err
		}
		r = s.file
	}
	if r == nil {
		return nil, errors.New("no standard input")
	}
	s.src = newSource(r, lim.Done, lim.Stored)
	s.br = bufPool.Get().(*bufio.Reader)
	s.br.Reset(s.src)
	s.dec = plain{s.br}
	head, _ := s.br.Peek(4) // an error comes again with Read
	if c := codecOf(head); c != nil {
		s.codec = c.name
		s.dec = c.open(s.br, lim)
	}
	return s, nil
}

func (s *Stream) openFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s: is a directory", path)
	}
	if err != nil {
		f.Close()
		return err
	}
	s.file, s.was = f, info
	return nil
}

// Read returns decoded bytes. It ends with io.EOF when the input was read whole,
// with ErrStopped, or with a *DamageError. Bytes and an error never come together.
func (s *Stream) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, err := s.dec.Read(s.capped(p))
	if s.max > 0 && s.decoded.Load()+int64(n) > s.max {
		n, err = n-1, fmt.Errorf("more than %d decoded bytes", s.max)
	}
	s.decoded.Add(int64(n))
	if s.watch != nil {
		s.watch.Add(int64(n))
	}
	if err != nil {
		s.err = s.finish(err)
		if n == 0 {
			return 0, s.err
		}
	}
	return n, nil
}

// capped shortens p to one byte more than MaxDecoded allows: that byte tells a
// stream that is too long from one that just ends there.
func (s *Stream) capped(p []byte) []byte {
	if s.max <= 0 {
		return p
	}
	return p[:min(int64(len(p)), s.max-s.decoded.Load()+1)]
}

// finish turns the end of decoding into the end of the stream: what is left of the
// stored bytes goes through the hash, and damage gets its position.
func (s *Stream) finish(err error) error {
	at := s.src.consumed - int64(s.br.Buffered())
	if s.src.ended && !s.src.whole {
		err = s.src.cause // decoders may take a read error for an early end
	}
	rest := s.src.drain()
	if errors.Is(err, ErrStopped) || errors.Is(rest, ErrStopped) {
		return ErrStopped
	}
	if err == io.EOF {
		err = rest
	}
	if rest == nil && s.file != nil && changed(s.file, s.was, s.Stored()) {
		s.changed = true
		if err == nil {
			err = errChanged
		}
	}
	if err == nil {
		return io.EOF
	}
	return s.damage(err, at)
}

func (s *Stream) damage(err error, at int64) *DamageError {
	why := err.Error()
	if err == io.ErrUnexpectedEOF {
		why = "unexpected end"
	}
	if s.codec != "" && err != errChanged {
		why = s.codec + ": " + why
	}
	return &DamageError{Why: why, StoredOffset: at, DecodedOffset: s.Decoded(), Err: err}
}

// Reserve takes whatever Read could have to wait for later, other than the input
// itself: a place in Limits.Wide. Whoever is about to take something that others
// wait for calls it first, so that no two streams wait for each other. The error is
// ErrStopped.
func (s *Stream) Reserve() error {
	if z, ok := s.dec.(*zstdDecoder); ok {
		return z.win.reserve()
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
	s.src.close()
	s.dec.release()
	s.br.Reset(nil)
	bufPool.Put(s.br)
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}
