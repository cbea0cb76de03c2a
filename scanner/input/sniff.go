package input

import (
	"bufio"
	"bytes"
	"io"
	"os"
)

// sniffSize is how much of a file is looked at. Rules carry their guide before
// their id and are longer than one would think.
const sniffSize = 64 << 10

// sniffFile returns the size of a file and why it is no evidence, "" when it is.
func sniffFile(path string) (size int64, why string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, "", err
	}
	why, err = sniff(f)
	return info.Size(), why, err
}

// sniff says why what r holds is no evidence, "" when it is. It is generous: what is
// compressed is evidence unless its content clearly is something else, and damage
// is for whoever reads it to report.
func sniff(r io.Reader) (why string, err error) {
	br := bufPool.Get().(*bufio.Reader)
	br.Reset(r)
	defer func() {
		br.Reset(nil)
		bufPool.Put(br)
	}()
	head, err := br.Peek(4)
	if len(head) == 0 && err != io.EOF {
		return "", err
	}
	c := codecOf(head)
	if c == nil {
		b, whole := sample(br)
		if !whole {
			return "", nil
		}
		return notEvidence(b), nil
	}
	// The smallest window is enough for a sample: no match reaches back further
	// than what was decoded.
	dec := c.open(br, Limits{ZstdWindow: minZstdWindow})
	defer dec.release()
	b, whole := sample(dec)
	if why := notEvidence(b); whole && why != "" && why != whyBinary {
		return why + ", compressed", nil
	}
	return "", nil
}

// sample reads the first sniffSize bytes. whole is false when an error cut it.
func sample(r io.Reader) (b []byte, whole bool) {
	var buf bytes.Buffer
	_, err := io.CopyN(&buf, r, sniffSize)
	return buf.Bytes(), err == nil || err == io.EOF
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
	if mostlyJSON(b) {
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

// mostlyJSON reports whether half of the lines of b look like objects: evidence
// whose beginning was overwritten still is evidence.
func mostlyJSON(b []byte) bool {
	lines, objects := 0, 0
	for line := range bytes.Lines(b) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		lines++
		if line[0] == '{' && len(line) > 1 && looksJSON(line) {
			objects++
		}
	}
	return objects > 0 && 2*objects >= lines
}
