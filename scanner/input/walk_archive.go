package input

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// Why something in an archive is no input, or is one that cannot be read.
const (
	whyLinkMember = "link in an archive, not followed"
	whyEncrypted  = "encrypted"
	whyNested     = "an archive within two others, not looked into"
	whySparse     = "sparse file in a tar archive, not supported"
	whyNoMember   = "empty archive"
)

// unpacking is the look into one archive file.
type unpacking struct {
	w       *walker
	file    Input
	names   labels
	members int
	lim     Limits
}

// archive takes the members of an archive file.
func (w *walker) archive(in Input, k kind) {
	u := &unpacking{w: w, file: in, lim: Limits{Done: w.opt.Done}}
	a := &archive{name: in.Name, path: in.Path, format: k.format, scale: 1}
	had := len(w.inputs) + len(w.skipped)
	f, info, err := openFile(in.Path)
	if err != nil {
		u.refuse(a, in.Name, err.Error())
		return
	}
	defer f.Close()
	at := io.NewSectionReader(f, 0, info.Size())
	err = u.look(a, k, content{at: at})
	if err == nil && a.sum == "" && w.opt.HashArchives {
		a.sum, err = sumOf(io.NewSectionReader(f, 0, info.Size()), u.lim)
	}
	switch {
	case errors.Is(err, ErrStopped):
		w.stopped = true
	case err != nil:
		u.refuse(a, in.Name, err.Error())
	case had == len(w.inputs)+len(w.skipped):
		w.skip(in.Name, whyNoMember)
	}
}

// sumOf returns the SHA-256 of r in hex.
func sumOf(r io.Reader, lim Limits) (string, error) {
	s := newSource(r, lim.Done, nil)
	defer s.close(true)
	if err := s.drain(); err != nil {
		return "", err
	}
	sum, _ := s.hash()
	return sum, nil
}

// look lists the members of a, whose bytes are c. The error is that of the archive.
func (u *unpacking) look(a *archive, k kind, c content) error {
	switch {
	case a.format == formatZip && !k.packed && c.at != nil:
		return u.zip(a, c.at)
	case a.format == formatTar && !k.packed && c.at != nil:
		return u.tar(a, newTarIndex(nil, c.at))
	}
	outer := a.scale
	s := newStream(c.reader(), u.lim, origin{scale: outer, shared: true})
	defer s.Close()
	if a.format == formatZip {
		a.access = held
		b, err := readHeld(s)
		if err != nil {
			return err
		}
		a.scale = outer * ratio(s.Stored(), int64(len(b)))
		return u.zip(a, io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b))))
	}
	a.access = streamed
	err := u.tar(a, newTarIndex(s, nil))
	a.scale = outer * ratio(s.Stored(), s.Decoded())
	if sum, ok := s.Sum(); ok && a.in == nil {
		a.sum = sum
	}
	return err
}

func ratio(stored, decoded int64) float64 {
	if decoded <= stored {
		return 1
	}
	return float64(stored) / float64(decoded)
}

// room is how many more members are looked at.
func (u *unpacking) room() int {
	most := u.w.opt.MaxMembers
	if most <= 0 {
		most = DefaultMaxMembers
	}
	if u.names.size > maxLabels {
		return 0
	}
	return most - u.members
}

func (u *unpacking) zip(a *archive, at *io.SectionReader) error {
	list, err := readZip(at, u.room())
	for _, z := range list {
		if u.room() <= 0 {
			return errMembers
		}
		u.members++
		if strings.HasSuffix(z.name, "/") {
			continue
		}
		label, note := u.names.member(a.name, z.name)
		e := &entry{archive: a, offset: z.data, stored: z.packed, size: z.size, method: z.method, crc: z.crc, summed: z.summed}
		if why := z.unreadable(); why != "" {
			u.refuse(a, label, why)
			continue
		}
		if why := z.noFile(); why != "" {
			u.w.skip(label, why)
			continue
		}
		c := content{at: io.NewSectionReader(at, e.offset, e.stored)}
		unzip(&c, e, u.lim)
		err := u.member(e, label, note, c)
		if c.under != nil {
			c.under.Close()
		}
		if err != nil {
			return err
		}
	}
	return err
}

// unreadable says why a member with content cannot be read, "" when it can.
func (z *zipEntry) unreadable() string {
	switch {
	case z.flags&1 != 0, z.method == zipAES:
		return whyEncrypted
	case z.data < 0:
		return "zip: the member is not where the directory says"
	case z.shared != "":
		return fmt.Sprintf("zip: its bytes are those of another member, %.100q", z.shared)
	}
	switch z.method {
	case zipStored, zipDeflate, zipBzip2, zipOldZstd, zipZstd, zipXz:
		return ""
	}
	return fmt.Sprintf("zip: compression method %d is not supported", z.method)
}

// noFile says why a member is not a file, by the mode that UNIX gave it.
func (z *zipEntry) noFile() string {
	switch z.unix & 0xf000 {
	case 0, 0x8000:
		return ""
	case 0xa000:
		return whyLinkMember
	}
	return whySpecial
}

func (u *unpacking) tar(a *archive, x *tarIndex) error {
	x.visit = func(h *tar.Header, e *entry, r io.Reader) error {
		if u.room() <= 0 {
			return errMembers
		}
		u.members++
		e.archive = a
		mode := h.FileInfo().Mode()
		if mode.IsDir() || h.Typeflag == tar.TypeXGlobalHeader {
			return nil
		}
		label, note := u.names.member(a.name, h.Name)
		switch {
		case mode&fs.ModeSymlink != 0, h.Typeflag == tar.TypeLink:
			u.w.skip(label, whyLinkMember)
			return nil
		case isSparse(h):
			u.refuse(a, label, whySparse)
			return nil
		case !mode.IsRegular():
			u.w.skip(label, whySpecial)
			return nil
		}
		c := content{r: r}
		if at := x.r.at; at != nil {
			c = content{at: io.NewSectionReader(at, e.offset, e.size)}
		}
		return u.member(e, label, note, c)
	}
	err := x.run()
	if err == nil && len(x.lost) > 0 {
		err = errors.New(some(x.lost))
	}
	return err
}

// isSparse reports a member whose holes are not stored.
func isSparse(h *tar.Header) bool {
	for k := range h.PAXRecords {
		if strings.HasPrefix(k, "GNU.sparse.") {
			return true
		}
	}
	return h.Typeflag == tar.TypeGNUSparse
}

// some joins the first few of a list.
func some(list []string) string {
	const few = 5
	if len(list) <= few {
		return strings.Join(list, "; ")
	}
	return fmt.Sprintf("%s; and %d more", strings.Join(list[:few], "; "), len(list)-few)
}

// member takes one member by its content, which it may read.
func (u *unpacking) member(e *entry, label, note string, c content) error {
	if _, name, _ := strings.Cut(label, e.archive.name+"!"); isHidden(name) {
		u.w.skip(label, whyDot)
		return nil
	}
	// What is looked at of a stream is read again by whoever looks closer.
	var seen bytes.Buffer
	r := c.r
	switch {
	case r == nil:
		r = io.NewSectionReader(c.at, 0, c.at.Size())
	case c.at == nil:
		r = io.TeeReader(r, &seen)
	}
	k, err := sniff(r)
	if errors.Is(err, ErrStopped) {
		return err
	}
	switch {
	case err == nil && k.format != "":
		if c.at == nil {
			c.r = io.MultiReader(&seen, c.r)
		}
		return u.inner(e, label, k, c)
	case err == nil && k.why != "":
		u.w.skip(label, k.why)
	default:
		u.w.inputs = append(u.w.inputs, Input{Name: label, Path: u.file.Path, Size: e.size, Note: note, entry: e})
	}
	return nil
}

// inner looks into an archive that is a member. Only ErrStopped is an error.
func (u *unpacking) inner(e *entry, label string, k kind, c content) error {
	a := &archive{name: label, path: u.file.Path, in: e, format: k.format, scale: e.scale()}
	if a.nesting() > maxNesting {
		u.refuse(e.archive, label, whyNested)
		return nil
	}
	had := len(u.w.inputs) + len(u.w.skipped)
	switch err := u.look(a, k, c); {
	case errors.Is(err, ErrStopped):
		return err
	case err != nil:
		u.refuse(e.archive, label, err.Error())
	case had == len(u.w.inputs)+len(u.w.skipped):
		u.w.skip(label, whyNoMember)
	}
	return nil
}

// refuse adds an input that cannot be read: it is counted as such, and the run does
// not pass for whole.
func (u *unpacking) refuse(a *archive, label, why string) {
	u.w.inputs = append(u.w.inputs, Input{Name: label, Path: u.file.Path, entry: &entry{archive: a, refused: why}})
}
