package input

import (
	"bytes"
	"io"
)

// sniffSize is how much of a file is looked at. Rules carry their guide before
// their id and are longer than one would think.
const sniffSize = 64 << 10

// kind is what something holds, by its content.
type kind struct {
	why    string // why it is no evidence, "" when it is
	format string // of an archive, "" for none
	packed bool   // compressed as a whole
}

// sniffFile returns the size of a file and what it holds.
func sniffFile(path string) (size int64, k kind, err error) {
	f, info, err := openFile(path)
	if err != nil {
		return 0, kind{}, err
	}
	defer f.Close()
	if hasZipDirectory(io.NewSectionReader(f, 0, info.Size())) {
		return info.Size(), kind{why: formatZip, format: formatZip}, nil
	}
	k, err = sniff(f)
	return info.Size(), k, err
}

// hasZipDirectory reports a ZIP archive whose beginning is damaged, or that stands
// behind something unknown.
func hasZipDirectory(r *io.SectionReader) bool {
	head := make([]byte, textSize)
	n, _ := r.ReadAt(head, 0)
	if head = head[:n]; codecOf(head) != nil || !isBinary(head) || magicOf(head) != "" {
		return false
	}
	d, err := findZipDirectory(r)
	var sig [4]byte
	r.ReadAt(sig[:], d.offset)
	return err == nil && string(sig[:]) == zipCentral
}

// maxSniffed is how much is read to decode the first sniffSize bytes: some formats
// allow for any amount of filling.
const maxSniffed = 8 << 20

// sniff says what r holds. It is generous: what is compressed is evidence unless its
// content clearly is something else, and damage is for whoever reads it to report.
func sniff(r io.Reader) (kind, error) {
	t := newTape(io.LimitReader(r, maxSniffed))
	defer t.release()
	head, err := t.br.Peek(headSize)
	if len(head) == 0 && err != io.EOF {
		return kind{}, err
	}
	known := codecOf(head) != nil
	// The smallest window is enough for a sample: no match reaches back further
	// than what was decoded.
	dec, c := openCodec(t, Limits{ZstdWindow: minZstdWindow})
	defer dec.release()
	b, whole := sample(dec)
	format := archiveOf(b)
	if format == "" && !whole {
		format = tarWithin(b)
	}
	if format != "" {
		k := kind{why: format, format: format, packed: c != nil}
		if k.packed {
			k.why += ", compressed"
		}
		return k, nil
	}
	if c != nil && !known && notEvidence(b) != "" {
		// Behind a beginning that is none, only evidence counts: any file may have
		// something compressed in it.
		return kind{why: whyBinary}, nil
	}
	if !whole {
		return kind{}, nil
	}
	switch why := notEvidence(b); {
	case c == nil:
		return kind{why: why}, nil
	case why != "" && why != whyBinary:
		return kind{why: why + ", compressed", packed: true}, nil
	}
	return kind{packed: c != nil}, nil
}

// sample reads the first sniffSize bytes, over gaps. whole is false when there was one,
// or an error cut it.
func sample(r io.Reader) (b []byte, whole bool) {
	var buf bytes.Buffer
	for whole = true; ; whole = false {
		_, err := io.CopyN(&buf, r, sniffSize-int64(buf.Len()))
		if _, gap := err.(*Gap); !gap {
			return buf.Bytes(), whole && (err == nil || err == io.EOF)
		}
	}
}

const (
	whyBinary = "binary data"
	whyText   = "text, not JSON"
)

// notEvidence says what a file is that begins with b, "" when it is evidence.
func notEvidence(b []byte) string {
	if len(b) == 0 {
		return "empty"
	}
	if name := magicOf(b); name != "" {
		return name
	}
	b = text(b)
	if rest := bytes.TrimLeft(b, " \t\r\n"); looksJSON(rest) {
		if rest[0] == '[' {
			rest = bytes.TrimLeft(rest[1:], " \t\r\n")
		}
		return notEvent(rest)
	}
	if mostlyJSON(b) || isTable(b) {
		return ""
	}
	if bytes.IndexByte(b, 0) >= 0 {
		return whyBinary
	}
	return whyText
}

// text returns b without a byte order mark; of UTF-16, marked or not, it keeps what is ASCII.
func text(b []byte) []byte {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return b[3:]
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return bytes.ReplaceAll(b[2:], []byte{0}, nil)
	case len(b) >= 2 && (b[0] == 0 && isOpen(b[1]) || isOpen(b[0]) && b[1] == 0):
		return bytes.ReplaceAll(b, []byte{0}, nil)
	}
	return b
}

func isOpen(c byte) bool { return c == '{' || c == '[' }

// looksJSON reports whether b begins like an object, or an array of objects. TOML
// tables, Markdown links, RTF and templates begin with a bracket too.
func looksJSON(b []byte) bool {
	if len(b) == 0 || !isOpen(b[0]) {
		return false
	}
	rest := bytes.TrimLeft(b[1:], " \t\r\n")
	if len(rest) == 0 {
		return true
	}
	if b[0] == '[' {
		return rest[0] == ']' && len(bytes.TrimSpace(rest)) == 1 || rest[0] == '{' && looksJSON(rest)
	}
	return rest[0] == '"' || rest[0] == '}'
}

// mostlyJSON reports whether half of the lines of b look like objects, or hold one behind
// a header: evidence whose beginning was overwritten still is evidence.
func mostlyJSON(b []byte) bool {
	lines, objects := 0, 0
	for line := range bytes.Lines(b) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		lines++
		if line[0] == '{' && len(line) > 1 && looksJSON(line) || isPrefixed(line) {
			objects++
		}
	}
	return objects > 0 && 2*objects >= lines
}
