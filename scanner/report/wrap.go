package report

import "strings"

// wrap breaks text at spaces into lines of at most width columns; all but the first
// begin with hang spaces. A word that is longer than a line stands alone on one.
// Runs of spaces inside a line stay. width 0 means one line.
func wrap(text string, width, hang int) []string {
	if width <= 0 {
		return []string{text}
	}
	pad := strings.Repeat(" ", hang)
	var out []string
	for displayWidth(text) > width {
		at := breakAt(text, width)
		if at < 0 {
			break
		}
		out = append(out, strings.TrimRight(text[:at], " "))
		text = pad + strings.TrimLeft(text[at:], " ")
	}
	return append(out, text)
}

// breakAt returns the offset of the last space at which text breaks to fit, else of
// the first space after that, else -1. Leading spaces do not count.
func breakAt(text string, width int) int {
	used, best, seen := 0, -1, false
	for i, r := range text {
		if r == ' ' && seen {
			if used > width {
				if best < 0 {
					best = i
				}
				return best
			}
			best = i
		}
		seen = seen || r != ' '
		used += displayWidth(string(r))
		if used > width && best >= 0 {
			return best
		}
	}
	if used > width {
		return best
	}
	return -1
}

// Wrap breaks text at spaces into lines of at most width columns, for what is printed
// beside the reports; all but the first begin with hang spaces. It does not make text
// safe: [Safe] does.
func Wrap(text string, width, hang int) []string { return wrap(text, width, hang) }
