package input

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"

	"coldcase/scanner/input/flate"
)

const (
	// maxPlaces bounds what is noted of one stream; each takes 32 KiB.
	maxPlaces = 16
	// placeEvery is how many decoded bytes lie between two places at least: few enough
	// that those who begin at places of one stream end at about the same time.
	placeEvery = 16 << 20
	// offerEvery is how many lie between two offers of the decoder, at least.
	offerEvery = 1 << 20
)

// Place is where the stored bytes of one input can be decoded from, without those before.
// The zero value is the beginning of no input.
type Place struct {
	// Decoded is the number of decoded bytes before it.
	Decoded int64

	bit    int64  // as stored
	window []byte // what may be referred to; nil at the beginning of the input
	was    os.FileInfo
}

// places notes places of one stream while it is decoded.
type places struct {
	decoded func() int64 // what the stream has returned
	every   int64
	list    []Place
}

// NotePlaces makes the stream note from where it could be read again. Call it before the
// first Read. Only members of gzip that decode to many megabytes have such places, in a
// file of their own.
func (s *Stream) NotePlaces() {
	d, ok := s.dec.(*series)
	if !ok || s.file == nil || s.under != nil || s.origin != (origin{}) {
		return
	}
	if m, ok := d.u.(*gzipMember); ok {
		m.places = &places{decoded: s.Decoded, every: placeEvery}
	}
}

// Places returns what was noted so far, in order: the beginning of the input, and at
// most 16 more; nothing when there are no more.
func (s *Stream) Places() []Place {
	d, ok := s.dec.(*series)
	if !ok {
		return nil
	}
	m, ok := d.u.(*gzipMember)
	if !ok || m.places == nil || len(m.places.list) == 0 {
		return nil
	}
	all := append([]Place{{}}, m.places.list...)
	for i := range all {
		all[i].was = s.was
	}
	return all
}

// member has the decoder of a member that begins at a stored offset offer places.
func (p *places) member(z *flate.GzipReader, offset int64) {
	if p == nil {
		return
	}
	before := p.decoded()
	z.Checkpoints(offerEvery, func(at flate.Checkpoint) {
		p.offer(Place{Decoded: before + at.Decoded, bit: 8*offset + at.Bit, window: at.Window})
	})
}

// offer notes a place if it is far enough from the last. When there are too many, every
// second one stays.
func (p *places) offer(at Place) {
	if at.Decoded < p.last()+p.every {
		return
	}
	if len(p.list) == maxPlaces {
		for i := range maxPlaces / 2 {
			p.list[i] = p.list[2*i+1]
		}
		clear(p.list[maxPlaces/2:])
		p.list = p.list[:maxPlaces/2]
		p.every *= 2
		if at.Decoded < p.last()+p.every {
			return
		}
	}
	at.window = bytes.Clone(at.window)
	p.list = append(p.list, at)
}

func (p *places) last() int64 {
	if len(p.list) == 0 {
		return 0
	}
	return p.list[len(p.list)-1].Decoded
}

var errMoved = errors.New("the file is not what it was")

// OpenAt opens in, from whose stream the place is, to be decoded from there on. What it
// returns is for whoever knows what to expect: it is not hashed, and verified only from
// the next member on; and it ends at the first damage, with any error. The caller closes
// it. It is for one goroutine; in may be open several times.
func OpenAt(in Input, at Place) (io.ReadCloser, error) {
	f, info, err := openFile(in.Path)
	if err != nil {
		return nil, err
	}
	if at.was == nil || info.Size() != at.was.Size() || !info.ModTime().Equal(at.was.ModTime()) {
		return nil, errors.Join(errMoved, f.Close())
	}
	if _, err := f.Seek(at.bit/8, io.SeekStart); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	br := bufio.NewReaderSize(f, blockSize)
	r := &placed{f: f, z: gzipPool.Get().(*flate.GzipReader)}
	if at.window == nil {
		r.z.Reset(br, 0, 0)
		err = r.z.Member()
	} else {
		err = r.z.Resume(br, flate.Checkpoint{Bit: at.bit, Decoded: at.Decoded, Window: at.window})
	}
	if err != nil {
		return nil, errors.Join(noEOF(err), r.Close())
	}
	return r, nil
}

// placed reads on from a place.
type placed struct {
	f *os.File
	z *flate.GzipReader
}

// Read goes from member to member.
func (r *placed) Read(p []byte) (int, error) {
	for {
		n, err := r.z.Read(p)
		if err == io.EOF && n == 0 {
			if err = r.z.Member(); err == nil {
				continue
			}
		}
		return n, err
	}
}

func (r *placed) Close() error {
	r.z.Reset(nil, 0, 0)
	gzipPool.Put(r.z)
	return r.f.Close()
}
