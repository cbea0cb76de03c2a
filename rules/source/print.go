package source

import (
	"fmt"
	"strings"
	"unicode"
)

// maxShown is how many code points of a line are printed: enough to recognise the
// place, few enough that a one-line megabyte does not drown the message.
const maxShown = 100

// unprintable stands in printed text for a character that could steer a terminal
// or hide text: rules come from anywhere.
const unprintable = '\uFFFD'

// Error returns "path:line:col: message", and below it the line and a caret when
// the line is known. Control characters never reach the output.
func (e *Error) Error() string {
	head := safe(e.where() + e.Msg)
	if e.LineText == "" || e.Col < 1 {
		return head
	}
	shown, caret := window([]rune(safe(e.LineText)), e.Col-1-e.lead)
	return head + "\n" + string(shown) + "\n" + strings.Repeat(" ", width(shown[:caret])) + "^"
}

func (e *Error) where() string {
	switch {
	case e.Line < 1 && e.Path == "":
		return ""
	case e.Line < 1:
		return e.Path + ": "
	case e.Path == "":
		return fmt.Sprintf("%d:%d: ", e.Line, e.Col)
	}
	return fmt.Sprintf("%s:%d:%d: ", e.Path, e.Line, e.Col)
}

// window cuts a long line to the part around the caret, marking each cut, and
// returns where the caret is in what is left: 0 <= caret <= len(shown).
func window(line []rune, caret int) (shown []rune, at int) {
	caret = max(0, min(caret, len(line)))
	if len(line) <= maxShown {
		return line, caret
	}
	from := max(0, min(caret-maxShown/2, len(line)-maxShown))
	to := from + maxShown
	at = caret - from
	if from > 0 {
		shown = append(shown, []rune("...")...)
		at += 3
	}
	shown = append(shown, line[from:to]...)
	if to < len(line) {
		shown = append(shown, []rune("...")...)
	}
	return shown, at
}

// safe keeps one character for each character, so that columns stay true.
func safe(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return unprintable
	}, s)
}

// width is the number of terminal cells that the characters take.
func width(line []rune) int {
	n := 0
	for _, r := range line {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me):
		case unicode.Is(wide, r):
			n += 2
		default:
			n++
		}
	}
	return n
}

// wide are the blocks of East Asian characters and emoji that terminals draw over
// two cells (UAX #11, wide and fullwidth, by whole blocks).
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1},
		{Lo: 0x2e80, Hi: 0x303e, Stride: 1},
		{Lo: 0x3041, Hi: 0xa4cf, Stride: 1},
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1},
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1},
		{Lo: 0xfe30, Hi: 0xfe6f, Stride: 1},
		{Lo: 0xff00, Hi: 0xff60, Stride: 1},
		{Lo: 0xffe0, Hi: 0xffe6, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1},
		{Lo: 0x1f900, Hi: 0x1f9ff, Stride: 1},
		{Lo: 0x20000, Hi: 0x3fffd, Stride: 1},
	},
}
