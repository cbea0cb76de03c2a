package input

import "bytes"

// magics lists what is recognised by its first bytes, so that the list of what was
// not read says what it was.
var magics = []struct {
	offset int
	bytes  string
	name   string
}{
	{0, "PK\x03\x04", "ZIP archive"},
	{0, "PK\x05\x06", "ZIP archive"},
	{257, "ustar", "tar archive"},
	{0, "\xfd7zXZ\x00", "xz data"},
	{0, "BZh", "bzip2 data"},
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
