package input

import (
	"bytes"
	"io"
)

// merge adds to what the directory lists the members that were found without it.
func merge(list, scanned []zipEntry) []zipEntry {
	known := map[int64]bool{}
	for _, e := range list {
		if e.data >= 0 {
			known[e.header] = true
		}
	}
	for _, e := range scanned {
		if !known[e.header] {
			list = append(list, e)
		}
	}
	return list
}

// scanZip lists the members whose local headers stand in r, at most limit, for archives
// that lack their directory: it is at the end, where a cut takes it away first.
func scanZip(r *io.SectionReader, limit int) (list []zipEntry) {
	labels, buf := 0, make([]byte, 64<<10)
	for at := int64(0); len(list) < limit && labels <= maxLabels; {
		at = findRecord(r, buf, at, zipLocalLen, func(b []byte, at int64) bool { return isLocal(b, at, r.Size()) })
		if at < 0 {
			break
		}
		e := parseLocal(r, at)
		if e.packed < 0 {
			measure(r, buf, &e)
		}
		list = append(list, e)
		labels += len(e.name)
		at = max(e.data, min(e.data+e.packed, r.Size()))
	}
	return list
}

// isLocal reports whether b is a local header, at an offset of an archive of that size.
func isLocal(b []byte, at, size int64) bool {
	if len(b) < zipLocalLen || string(b[:4]) != zipLocal {
		return false
	}
	switch le16(b[8:]) {
	case zipStored, zipDeflate, zipBzip2, zipOldZstd, zipZstd, zipXz, zipAES:
		return at+zipLocalLen+le16(b[26:])+le16(b[28:]) <= size
	}
	return false
}

// parseLocal reads the local header at an offset. packed is -1 where it does not say
// how long the member is.
func parseLocal(r *io.SectionReader, at int64) zipEntry {
	b := make([]byte, zipLocalLen)
	r.ReadAt(b, at) // isLocal has seen it
	rest := make([]byte, le16(b[26:])+le16(b[28:]))
	r.ReadAt(rest, at+zipLocalLen)
	name := rest[:le16(b[26:])]
	e := zipEntry{
		flags: uint16(le16(b[6:])), method: uint16(le16(b[8:])), crc: uint32(le32(b[14:])), packed: le32(b[18:]),
		size: le32(b[22:]), header: at, name: string(name[:min(len(name), maxLabel+1)]),
	}
	e.data = at + zipLocalLen + int64(len(rest))
	zip64(rest[len(name):], &e.size, &e.packed)
	if e.summed = e.flags&8 == 0; !e.summed {
		e.packed = -1
	}
	return e
}

// measure finds the end of a member by what comes behind it: the descriptor that
// states its checksum, or the next record.
func measure(r *io.SectionReader, buf []byte, e *zipEntry) {
	end := findRecord(r, buf, e.data, 16, func(b []byte, at int64) bool {
		switch string(b[:4]) {
		case zipLocal, zipCentral:
			return true
		case zipAfter:
			return len(b) >= 16 && le32(b[8:]) == at-e.data
		}
		return false
	})
	if end < 0 {
		e.packed = r.Size() - e.data
		return
	}
	e.packed = end - e.data
	b := make([]byte, 16)
	if n, _ := r.ReadAt(b, end); n == len(b) && string(b[:4]) == zipAfter {
		e.crc, e.size, e.summed = uint32(le32(b[4:])), le32(b[12:]), true
	}
}

// findRecord returns the first offset from at on where is reports a record, -1 for
// none; buf is scratch. is gets at least 4 bytes, which begin with PK, and look where there are as many.
func findRecord(r *io.SectionReader, buf []byte, at int64, look int, is func(b []byte, at int64) bool) int64 {
	for {
		n, err := r.ReadAt(buf, at)
		last := n - look // behind it, records may be cut
		if err != nil {
			last = n - 4
		}
		for i := 0; i <= last; i++ {
			j := bytes.Index(buf[i:n], []byte("PK"))
			if j < 0 || i+j > last {
				break
			}
			if i += j; is(buf[i:n], at+int64(i)) {
				return at + int64(i)
			}
		}
		if err != nil || last < 0 {
			return -1
		}
		at += int64(last) + 1
	}
}
