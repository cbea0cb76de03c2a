package lint

import (
	"strings"
	"unicode/utf8"

	"coldcase/rules"
)

// places finds names in the texts of rules. It keeps the file that it read last: rules
// of one file come together often enough.
type places struct {
	read func(file string) ([]byte, error)
	file string
	text string
}

func newPlaces(read func(string) ([]byte, error)) *places { return &places{read: read} }

// find returns where a word stands in the text of a rule: behind the first key that is
// called anchor, else anywhere, else that key, else where the rule begins.
func (p *places) find(r *rules.Rule, anchor, word string) (line, col int) {
	body, first := p.body(r)
	key := keyIn(body, anchor)
	from := max(0, key)
	at := wordIn(body[from:], word)
	if at >= 0 {
		at += from
	} else {
		at = wordIn(body, word)
	}
	if at < 0 && key >= 0 {
		at = key - len(anchor)
	}
	if at < 0 {
		return first, 1
	}
	before := body[:at]
	start := strings.LastIndexByte(before, '\n') + 1
	return first + strings.Count(before, "\n"), utf8.RuneCountInString(before[start:]) + 1
}

// body returns the text in which the rule stands, from the line on which it begins, and
// that line. A Kibana export has a rule a line.
func (p *places) body(r *rules.Rule) (string, int) {
	first := max(1, r.Line)
	text := p.textOf(r.File)
	for n := 1; n < first; n++ {
		_, rest, ok := strings.Cut(text, "\n")
		if !ok {
			return "", first
		}
		text = rest
	}
	if r.Format == "kibana" {
		text, _, _ = strings.Cut(text, "\n")
	}
	return text, first
}

func (p *places) textOf(file string) string {
	if p.read == nil {
		return ""
	}
	if file == p.file {
		return p.text
	}
	data, err := p.read(file)
	if err != nil {
		data = nil // the places are lost, the diagnostics are not
	}
	p.file, p.text = file, string(data)
	return p.text
}

// keyIn returns where a key stands that a value follows, as TOML or JSON write it, or a
// heading of a page; -1 when there is none.
func keyIn(text, key string) int {
	for from := 0; key != ""; {
		at := wordIn(text[from:], key)
		if at < 0 {
			return -1
		}
		end := from + at + len(key)
		rest := strings.TrimLeft(text[end:], "\"' \t")
		if rest != "" && strings.IndexByte("=:.]\n", rest[0]) >= 0 {
			return end
		}
		from = end
	}
	return -1
}

// wordIn returns where word stands in text and is not part of a longer name; -1 when it
// does not.
func wordIn(text, word string) int {
	for from := 0; word != ""; {
		at := strings.Index(text[from:], word)
		if at < 0 {
			return -1
		}
		at += from
		end := at + len(word)
		if (at == 0 || !inName(text[at-1])) && (end == len(text) || !inName(text[end]) || endsSentence(text[end:])) {
			return at
		}
		from = end
	}
	return -1
}

func inName(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '_' || b == '.' || b == '@' || b == '-'
}

// endsSentence says whether a stop is not that of a longer name.
func endsSentence(s string) bool { return s[0] == '.' && (len(s) == 1 || !inName(s[1])) }
