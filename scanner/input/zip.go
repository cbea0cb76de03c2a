package input

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// Signatures and lengths of the records of a ZIP archive (APPNOTE.TXT, 4.3).
const (
	zipLocal   = "PK\x03\x04"
	zipCentral = "PK\x01\x02"
	zipEnd     = "PK\x05\x06"
	zip64End   = "PK\x06\x06"
	zip64Find  = "PK\x06\x07"
	zipAfter   = "PK\x07\x08" // data descriptor

	zipLocalLen   = 30
	zipCentralLen = 46
	zipEndLen     = 22
	zip64FindLen  = 20
	zip64EndLen   = 56
	maxZipComment = 1<<16 - 1
)

// What is wrong with a ZIP archive.
var (
	errZipNoEnd   = errors.New("zip: no directory")
	errZipCentral = errors.New("zip: damaged directory")
	errMembers    = errors.New("more members or longer names than are looked at (a limit)")
)

// zipEntry is one member as a record states it.
type zipEntry struct {
	name              string
	flags             uint16
	method            uint16
	crc               uint32
	summed            bool
	packed            int64
	size              int64
	header            int64 // offset of its local header
	data              int64 // offset of its stored bytes; -1: no local header was found
	unix              uint32
	nameLen, extraLen int64
	shared            string // the name of another member that has the same bytes
}

// readZip lists the members of a ZIP archive in the order of their bytes, at most limit.
// Where the directory is missing or damaged it looks for the members themselves. err
// says what is wrong with the archive as a whole; the members are as many as were found.
func readZip(r *io.SectionReader, limit int) ([]zipEntry, error) {
	list, err := readZipDirectory(r, limit)
	whole := err == nil
	for i := range list {
		locate(r, &list[i])
		whole = whole && list[i].data >= 0
	}
	if !whole && err != errMembers {
		list = merge(list, scanZip(r, limit))
	}
	slices.SortStableFunc(list, func(a, b zipEntry) int { return cmp.Compare(a.header, b.header) })
	settle(list, r.Size())
	return list, err
}

// settle sees to it that no byte belongs to two members: an archive of which the same
// bytes are many members unpacks to any size. Each ends where the next begins; one
// whose bytes begin behind the next has none of its own.
func settle(list []zipEntry, size int64) {
	end, name := size, ""
	for i := len(list) - 1; i >= 0; i-- {
		e := &list[i]
		if e.data < 0 {
			continue
		}
		if end < e.data {
			e.shared = name
		}
		e.packed = max(0, min(e.packed, end-e.data))
		end, name = e.header, e.name
	}
}

// locate finds the stored bytes of a member by its local header, whose extra field is
// its own. Where that header is damaged, the bytes are those that end where another
// record begins; data is -1 when there are none.
func locate(r io.ReaderAt, e *zipEntry) {
	b := make([]byte, zipLocalLen+len(e.name))
	e.data = -1
	if n, err := r.ReadAt(b, e.header); n < zipLocalLen && err != nil {
		return
	}
	if string(b[:4]) == zipLocal && string(b[zipLocalLen:]) == e.name {
		e.data = e.header + zipLocalLen + le16(b[26:]) + le16(b[28:])
		return
	}
	for _, extra := range []int64{le16(b[28:]), e.extraLen, 0} {
		at := e.header + zipLocalLen + e.nameLen + extra
		var next [2]byte
		if _, err := r.ReadAt(next[:], at+e.packed); err == nil && string(next[:]) == "PK" {
			e.data = at
			return
		}
	}
}

func le16(b []byte) int64 { return int64(binary.LittleEndian.Uint16(b)) }
func le32(b []byte) int64 { return int64(binary.LittleEndian.Uint32(b)) }

// le64 returns -1 for what is no offset.
func le64(b []byte) int64 {
	if v := binary.LittleEndian.Uint64(b); v < 1<<62 {
		return int64(v)
	}
	return -1
}

// readZipDirectory lists what the directory states.
func readZipDirectory(r *io.SectionReader, limit int) ([]zipEntry, error) {
	d, err := findZipDirectory(r)
	if err != nil {
		return nil, err
	}
	br := bufio.NewReaderSize(io.NewSectionReader(r, d.offset, d.size), bufSize)
	var list []zipEntry
	var labels int
	head := make([]byte, zipCentralLen)
	for {
		if _, err := io.ReadFull(br, head); err != nil || string(head[:4]) != zipCentral {
			if err == io.EOF && int64(len(list))&0xffff == d.count&0xffff {
				return list, nil
			}
			return list, errZipCentral
		}
		rest := make([]byte, le16(head[28:])+le16(head[30:]))
		if _, err := io.ReadFull(br, rest); err != nil {
			return list, errZipCentral
		}
		if _, err := br.Discard(int(le16(head[32:]))); err != nil {
			return list, errZipCentral
		}
		e := parseCentral(head, rest)
		e.header += d.base
		if labels += len(e.name); len(list) == limit || labels > maxLabels {
			return list, errMembers
		}
		list = append(list, e)
	}
}

// parseCentral reads one record of the directory: its fixed part, then name and extra
// field.
func parseCentral(b, rest []byte) zipEntry {
	name := rest[:le16(b[28:])]
	e := zipEntry{
		flags: uint16(le16(b[8:])), method: uint16(le16(b[10:])), crc: uint32(le32(b[16:])), summed: true,
		packed: le32(b[20:]), size: le32(b[24:]), header: le32(b[42:]), name: string(name[:min(len(name), maxLabel+1)]),
		nameLen: le16(b[28:]), extraLen: le16(b[30:]),
	}
	if b[5] == 3 { // made by UNIX
		e.unix = uint32(le32(b[38:]) >> 16)
	}
	zip64(rest[len(name):], &e.size, &e.packed, &e.header)
	return e
}

// zip64 reads the fields that did not fit into 32 bits from the extra field (4.5.3).
func zip64(extra []byte, fields ...*int64) {
	for len(extra) >= 4 {
		id, n := le16(extra), int(le16(extra[2:]))
		if extra = extra[4:]; n > len(extra) {
			return
		}
		b := extra[:n]
		extra = extra[n:]
		if id != 1 {
			continue
		}
		for _, f := range fields {
			if *f == 1<<32-1 && len(b) >= 8 {
				*f, b = le64(b), b[8:]
			}
		}
		return
	}
}

// zipDirectory is where the directory of an archive is.
type zipDirectory struct {
	offset, size, count int64
	base                int64 // bytes before the archive, which its offsets do not count
}

func findZipDirectory(r *io.SectionReader) (zipDirectory, error) {
	n := min(r.Size(), zipEndLen+maxZipComment)
	b := make([]byte, n)
	if _, err := r.ReadAt(b, r.Size()-n); err != nil && err != io.EOF {
		return zipDirectory{}, err
	}
	i := bytes.LastIndex(b, []byte(zipEnd))
	if i < 0 || len(b)-i < zipEndLen {
		return zipDirectory{}, errZipNoEnd
	}
	end := r.Size() - n + int64(i)
	d := zipDirectory{count: le16(b[i+10:]), size: le32(b[i+12:]), offset: le32(b[i+16:])}
	if d.count == 0xffff || d.size == 1<<32-1 || d.offset == 1<<32-1 {
		if d64, at, ok := findZip64(r, end); ok {
			d, end = d64, at
		}
	}
	d.base = end - d.size - d.offset
	if d.offset < 0 || d.size < 0 || d.base < 0 {
		return zipDirectory{}, errZipCentral
	}
	d.offset += d.base
	return d, nil
}

// findZip64 reads the wider end record (4.3.14), which a locator before the end record
// leads to.
func findZip64(r io.ReaderAt, end int64) (d zipDirectory, at int64, ok bool) {
	var find [zip64FindLen]byte
	if _, err := r.ReadAt(find[:], end-zip64FindLen); err != nil || string(find[:4]) != zip64Find {
		return d, 0, false
	}
	var b [zip64EndLen]byte
	at = le64(find[8:])
	if at < 0 {
		return d, 0, false
	}
	if _, err := r.ReadAt(b[:], at); err != nil || string(b[:4]) != zip64End {
		return d, 0, false
	}
	return zipDirectory{count: le64(b[32:]), size: le64(b[40:]), offset: le64(b[48:])}, at, true
}
