package esql

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"coldcase/rules/source"
)

// DissectPattern is a compiled pattern of DISSECT: the text in front of the first key, then
// keys, each with the text behind it.
type DissectPattern struct {
	Text   string // as written
	Prefix string
	Keys   []DissectKey
	// Outputs are the columns, in the order of the pattern, each once.
	Outputs []string
}

// DissectKey is one %{...} of a pattern. It takes everything up to the next Delimiter; the
// last key, whose Delimiter is "", takes the rest.
type DissectKey struct {
	Name string // "" for %{}
	// Output is the index into Outputs; -1 for a key that is skipped: %{} and %{?name}.
	Output    int
	Delimiter string
	// Repeated delimiters behind the value belong to the delimiter: %{name->}.
	Repeated bool
	// Order is the place of the value among those of the same output that are joined by
	// the separator: %{+name} in the order of the pattern, %{+name/2} by number. It
	// counts from 0; of several keys with one place the last counts.
	Order int
}

const maxDissect = 16 << 10

// dissect reads the arguments of DISSECT.
func (p *parser) dissect(start source.Span) (Command, error) {
	x, err := p.primary()
	if err != nil {
		return nil, err
	}
	t := p.cur()
	if t.kind != tokString {
		return nil, p.unexpected("a DISSECT pattern in double quotes")
	}
	p.take()
	c := &Dissect{X: x}
	c.Pattern, err = compileDissect(t.text)
	if bad, ok := err.(*regexpUnsupported); ok {
		return nil, p.unsupported(t.span, bad.construct)
	}
	if err != nil {
		return nil, p.errorf(t.span, "DISSECT: %s", err.Error())
	}
	if err := p.count(len(c.Pattern.Outputs)); err != nil {
		return nil, err
	}
	if p.acceptWord("append_separator") {
		if err := p.expect("=", "after APPEND_SEPARATOR"); err != nil {
			return nil, err
		}
		s := p.cur()
		if s.kind != tokString {
			return nil, p.unexpected("the separator in double quotes")
		}
		c.Separator = p.take().text
	}
	c.place = p.from(start)
	return c, nil
}

// dissectKey is a key with its modifiers, before the outputs are known.
type dissectKey struct {
	DissectKey
	skip, join bool
	number     int // of %{+name/number}, -1 without
}

// compileDissect cuts a pattern into keys and the text between them.
func compileDissect(text string) (*DissectPattern, error) {
	if len(text) > maxDissect {
		return nil, fmt.Errorf("pattern of %d bytes: the limit is %d", len(text), maxDissect)
	}
	out := &DissectPattern{Text: text}
	var keys []dissectKey
	rest := text
	for {
		literal, after, found := strings.Cut(rest, "%{")
		if n := len(keys); n == 0 {
			out.Prefix = literal
		} else {
			keys[n-1].Delimiter = literal
		}
		if !found {
			break
		}
		body, behind, closed := strings.Cut(after, "}")
		if !closed {
			return nil, fmt.Errorf("missing '}' behind %q", "%{"+body[:min(len(body), 20)])
		}
		k, err := parseKey(body)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
		rest = behind
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("no %%{key} in the pattern")
	}
	for i, k := range keys {
		if k.Delimiter == "" && i < len(keys)-1 {
			return nil, fmt.Errorf("no text between two keys")
		}
	}
	return out, out.setKeys(keys)
}

// parseKey reads the modifiers of a key: a sign, "/number" and "->" behind it. What stands in
// front of the sign is no part of the name.
func parseKey(s string) (dissectKey, error) {
	k := dissectKey{number: -1}
	s, k.Repeated = strings.CutSuffix(s, "->")
	at := strings.IndexAny(s, "/+*&?")
	if at < 0 {
		k.skip, k.Name = s == "", s
		return k, nil
	}
	sign, name := s[at], s[at+1:]
	switch sign {
	case '/':
		return k, fmt.Errorf("an order belongs to %%{+name/number}, found %q", s)
	case '*', '&':
		return k, &regexpUnsupported{"reference key in DISSECT"}
	case '+':
		var number string
		var ordered bool
		if name, number, ordered = strings.Cut(name, "/"); ordered {
			n, err := strconv.Atoi(number)
			if err != nil || n < 0 {
				return k, fmt.Errorf("bad order %q of key %q", number, name)
			}
			k.number = n
		}
		k.join = true
	}
	if strings.ContainsAny(name, "/+*&?") {
		return k, fmt.Errorf("two modifiers in key %q", s)
	}
	if name == "" && k.join {
		return k, fmt.Errorf("empty name of a key")
	}
	k.skip, k.Name = sign == '?', name
	return k, nil
}

// setKeys numbers the outputs, and the values that are joined in one: where no key of a name
// asks for that, the last one counts.
func (p *DissectPattern) setKeys(keys []dissectKey) error {
	joined := map[string][]int{}
	joins := map[string]bool{}
	for i, k := range keys {
		k.Output = -1
		if !k.skip {
			k.Output = slices.Index(p.Outputs, k.Name)
			if k.Output < 0 {
				k.Output = len(p.Outputs)
				p.Outputs = append(p.Outputs, k.Name)
			}
			joined[k.Name] = append(joined[k.Name], i)
			joins[k.Name] = joins[k.Name] || k.join
		}
		p.Keys = append(p.Keys, k.DissectKey)
	}
	if len(p.Outputs) == 0 {
		return fmt.Errorf("no key of the pattern has a column")
	}
	for name, list := range joined {
		if !joins[name] {
			continue
		}
		sort.SliceStable(list, func(a, b int) bool { return keys[list[a]].number < keys[list[b]].number })
		for order, i := range list {
			p.Keys[i].Order = order
		}
	}
	return nil
}
