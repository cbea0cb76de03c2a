package input

import (
	"fmt"
	"strings"
	"unicode"
)

// labels makes the names of the members of one archive file.
type labels struct {
	used map[string]int // how often a label was asked for
	size int            // bytes of all labels
}

// member returns the label of the member name of an archive called archive, and what
// was odd about name. A name that comes again gets a number.
func (l *labels) member(archive, name string) (label, note string) {
	short, note := cleanName(name)
	if l.used == nil {
		l.used = map[string]int{}
	}
	label = archive + "!" + short
	for base := label; l.used[label] > 0; {
		l.used[base]++
		label = fmt.Sprintf("%s#%d", base, l.used[base])
	}
	l.used[label]++
	l.size += len(label)
	return label, note
}

// cleanName returns a name from an archive as a relative path that leads nowhere else
// and holds no control character. note says what it was, if it was changed for that.
func cleanName(name string) (clean, note string) {
	odd := len(name) > maxLabel
	if odd {
		clean = strings.ToValidUTF8(name[:maxLabel], "") + "..."
	} else {
		clean = name
	}
	if !strings.Contains(clean, "/") {
		clean = strings.ReplaceAll(clean, `\`, "/") // as some programs for Windows write
	}
	clean = strings.ToValidUTF8(clean, "\ufffd")
	clean = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			odd = true
			return '\ufffd'
		}
		return r
	}, clean)
	odd = odd || strings.HasPrefix(clean, "/")
	var parts []string
	for _, p := range strings.Split(clean, "/") {
		switch {
		case p == "" || p == ".":
			continue
		case p == "..":
			p, odd = "__", true
		case len(parts) == 0 && len(p) >= 2 && p[1] == ':':
			p, odd = p[:1]+"_"+p[2:], true
		}
		parts = append(parts, p)
	}
	if len(parts) == 0 {
		parts, odd = []string{"unnamed"}, true
	}
	if odd {
		note = fmt.Sprintf("named %.200q in the archive", name)
	}
	return strings.Join(parts, "/"), note
}

// isHidden reports whether a part of a clean name begins with a dot.
func isHidden(clean string) bool {
	return strings.HasPrefix(clean, ".") || strings.Contains(clean, "/.")
}
