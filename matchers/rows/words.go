package rows

import (
	"strings"
	"unicode"

	"coldcase/matchers/event"
	"coldcase/rules/esql"
)

// Words is a MATCH that is held against the words of a field here: one with fuzziness, or
// of a field with an analyser of its own.
type Words struct {
	// Slot is the field's in the events.
	Slot  int
	words []string
	// edits is how many letters may differ; -1 for as many as the word's length allows
	// (AUTO). The first prefix characters must not.
	edits, prefix int
	cut           func(r rune) bool // between words; nil when the value is one word
}

// ownAnalysers are fields that their packages have an analyser for: the scripts of
// PowerShell are cut at everything but letters, digits, '_' and '-'.
var ownAnalysers = map[string]func(r rune) bool{
	"powershell.file.script_block_text": func(r rune) bool {
		return r != '-' && r != '_' && !(r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)))
	},
}

func isBetween(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' }

// newPredicate decides who answers a KQL or MATCH.
func newPredicate(x esql.Expr, src Source) Predicate {
	m, ok := x.(*esql.Match)
	if !ok {
		return Predicate{Query: x.(*esql.KQL).Query}
	}
	cut, own := ownAnalysers[m.Field.Field]
	if m.Query != nil && !own {
		return Predicate{Query: m.Query}
	}
	if !own && m.Field.Type() == esql.Text {
		cut = isBetween
	}
	text := literal(m.Text)[0].String()
	w := &Words{Slot: src.Slot(src.Schema.Lookup(m.Field.Field).Path), words: []string{text}, cut: cut}
	if cut != nil {
		w.words = strings.FieldsFunc(strings.ToLower(text), cut)
	}
	for _, o := range m.Options {
		n := int(o.Value.Int)
		switch {
		case o.Name == "fuzziness" && o.Type == esql.Keyword:
			w.edits = -1
		case o.Name == "fuzziness":
			w.edits = max(0, min(n, 2))
		case o.Name == "prefix_length":
			w.prefix = max(0, n)
		}
	}
	return Predicate{Words: w}
}

// Holds reports whether any value has one of the words.
func (w *Words) Holds(values []event.Value) bool {
	for _, v := range values {
		if v.Kind == event.Null || v.Kind == event.Object {
			continue
		}
		if w.cut == nil {
			if w.has(string(v.Text)) {
				return true
			}
			continue
		}
		for word := range strings.FieldsFuncSeq(strings.ToLower(string(v.Text)), w.cut) {
			if w.has(word) {
				return true
			}
		}
	}
	return false
}

func (w *Words) has(word string) bool {
	for _, want := range w.words {
		if word == want || w.edits != 0 && w.near(word, want) {
			return true
		}
	}
	return false
}

// maxFuzzy bounds the words whose distance is computed, in bytes.
const maxFuzzy = 1024

func (w *Words) near(word, want string) bool {
	a, b := []rune(want), []rune(word)
	edits := w.edits
	if edits < 0 { // AUTO: none up to 2 characters, one up to 5, then two
		edits = min(2, len(a)/3)
	}
	if len(word) > maxFuzzy || len(want) > maxFuzzy || len(b) < min(w.prefix, len(a)) {
		return false
	}
	for i := range min(w.prefix, len(a)) {
		if a[i] != b[i] {
			return false
		}
	}
	return distanceOf(a, b) <= edits
}

// distanceOf is how many letters must be put in, taken out, changed or swapped with their
// neighbour to make b of a.
func distanceOf(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
