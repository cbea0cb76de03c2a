package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// Safe returns s with everything that could act on a terminal written out: control
// characters and escape sequences, bytes that are not UTF-8, bidirectional and
// other invisible format characters, line and paragraph separators. What it writes
// (\x1b, \u202e, \n) is plain ASCII and stays on one line.
//
// A backslash of the text itself is left alone: paths on Windows are full of them,
// and no reader decodes the screen.
func Safe(s string) string {
	if isSafe(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if safeRune(r, n) {
			b.WriteString(s[i : i+n])
		} else {
			writeEscaped(&b, r, s[i:i+n])
		}
		i += n
	}
	return b.String()
}

func isSafe(s string) bool {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return false
			}
		}
		if !safeRune(r, utf8.RuneLen(r)) {
			return false
		}
	}
	return true
}

// safeRune relies on unicode.IsPrint: letters, marks, numbers, punctuation, symbols
// and the ASCII space. That leaves out C0, C1, Cf (bidi, zero width, tags), private
// use, unassigned code points and every other kind of space.
func safeRune(r rune, size int) bool {
	if r == utf8.RuneError && size == 1 {
		return false
	}
	return unicode.IsPrint(r)
}

func writeEscaped(b *strings.Builder, r rune, raw string) {
	switch {
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case r == utf8.RuneError && len(raw) == 1:
		fmt.Fprintf(b, `\x%02x`, raw[0])
	case r < utf8.RuneSelf:
		fmt.Fprintf(b, `\x%02x`, r)
	case r < 0x10000:
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		fmt.Fprintf(b, `\U%08x`, r)
	}
}

// SafeLines is [Safe] for text of several lines: line ends stay, and a tab becomes
// a space, so that a caret below a line still points at its column.
func SafeLines(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = Safe(strings.ReplaceAll(l, "\t", " "))
	}
	return strings.Join(lines, "\n")
}

// maxCellBytes bounds what is looked at of one text for the screen: a command line
// may be as long as a line of evidence, and combining marks take no width.
const maxCellBytes = 8 << 10

// cell makes s safe and cuts it to width columns; 0 means no limit.
func cell(s string, width int) string {
	if width > 0 && len(s) > maxCellBytes {
		s = strings.ToValidUTF8(s[:maxCellBytes], "") + "…"
	}
	s = Safe(s)
	if width <= 0 || len(s) <= 16*width && displayWidth(s) <= width {
		return s
	}
	return truncate(s, width)
}

// truncate cuts s to width columns, the last of which is an ellipsis. It also cuts
// a pile of marks without width. s is returned whole when it fits.
func truncate(s string, width int) string {
	used, marks, end := 0, 0, 0 // end: how much of s stands before an ellipsis
	for i, r := range s {
		w := displayWidth(string(r))
		if used+w <= width-1 {
			end = i + utf8.RuneLen(r)
		}
		if w == 0 {
			marks++
		}
		if used += w; used > width || marks > 4*width {
			return strings.TrimRight(s[:end], " ") + "…"
		}
	}
	return s
}

func displayWidth(s string) int {
	if ascii(s) {
		return len(s)
	}
	return twwidth.WidthWithOptions(s, twwidth.Options{})
}

func ascii(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
