package input

import "bytes"

// magics lists what is recognised by its first bytes, so that the list of what was
// not read says what it was.
var magics = []struct {
	offset int
	bytes  string
	name   string
}{
	{0, "PK\x03\x04", formatZip},
	{0, "PK\x05\x06", formatZip},
	{257, "ustar", formatTar},
	{0, "7z\xbc\xaf\x27\x1c", "7-Zip archive"},
	{0, "Rar!\x1a\x07", "RAR archive"},
	{0, "\x04\x22\x4d\x18", "LZ4 data"},
	{0, "\x89PNG\r\n\x1a\n", "PNG picture"},
	{0, "\xff\xd8\xff", "JPEG picture"},
	{0, "GIF8", "GIF picture"},
	{0, "%PDF-", "PDF document"},
	{0, "{\\rtf", "RTF document"},
	{0, "\x7fELF", "ELF program"},
	{0, "MZ", "Windows program"},
	{0, "ElfFile\x00", "Windows event log (EVTX)"},
	{0, "SQLite format 3\x00", "SQLite database"},
	{0, "PAR1", "Parquet data"},
}

// magicOf names what begins with b, "" when it is not listed.
func magicOf(b []byte) string {
	for _, m := range magics {
		if len(b) > m.offset && bytes.HasPrefix(b[m.offset:], []byte(m.bytes)) {
			return m.name
		}
	}
	return ""
}

// archiveOf names the format of the archive that b is the beginning of, "" for none.
func archiveOf(b []byte) string {
	switch name := magicOf(b); {
	case name == formatZip, name == formatTar:
		return name
	case isTarHeader(b):
		return formatTar
	}
	if isBinary(b[:min(len(b), textSize)]) {
		return tarWithin(b)
	}
	return ""
}

// tarWithin is archiveOf for what begins with damage: a header may stand anywhere.
func tarWithin(b []byte) string {
	const magic = 257 // its place in a header
	for at := magic; at < len(b); at++ {
		i := bytes.Index(b[at:], []byte("ustar"))
		if i < 0 {
			break
		}
		if at += i; isUstar(b[at-magic:]) {
			return formatTar
		}
	}
	return ""
}
