package index

import (
	"strconv"

	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// leafAtoms returns atoms on the values of the leaf's field, without the slot; ok is
// false when nothing but presence can be asked of a value. They must be as wide as the
// tests that package matchers makes of the leaf for this type.
func leafAtoms(x query.Expr, f schema.Field) (atoms []atom, ok bool) {
	if f.Lower || f.HasNullValue {
		return nil, false
	}
	switch x := x.(type) {
	case *query.Term:
		return eachLiteral(x, f)
	case *query.Wildcard:
		if !isText(f.Type) || f.Type == schema.Text && x.Text != query.Whole {
			return nil, false
		}
		for _, p := range x.Patterns {
			a, ok := patternAtom(p)
			if !ok {
				return nil, false
			}
			atoms = append(atoms, a)
		}
	case *query.Regexp:
		if !isText(f.Type) {
			return nil, false
		}
		for _, p := range x.Patterns {
			g, ok := rarestGram(query.RequiredLiteral(p))
			if !ok {
				return nil, false
			}
			atoms = append(atoms, atom{kind: gram, text: g})
		}
	}
	return atoms, len(atoms) > 0
}

func isText(t schema.Type) bool {
	switch t {
	case schema.Keyword, schema.Wildcard, schema.ConstantKeyword, schema.Text, schema.Dynamic:
		return true
	}
	return false
}

func eachLiteral(x *query.Term, f schema.Field) (atoms []atom, ok bool) {
	if f.Type == schema.Text && x.Text != query.Whole {
		return nil, false
	}
	for _, l := range x.Values {
		a, ok := literalAtom(l, f.Type)
		if !ok {
			return nil, false
		}
		atoms = append(atoms, a)
		if f.Type == schema.Boolean && l.Text == "false" {
			atoms = append(atoms, atom{kind: exact}) // "" is false, too
		}
	}
	return atoms, len(atoms) > 0
}

// literalAtom gives up on literals whose equality is wider than an atom can say.
func literalAtom(l query.Literal, t schema.Type) (atom, bool) {
	switch t {
	case schema.Long, schema.Double:
		return numberAtom(l.Text)
	case schema.Boolean:
		return atom{kind: exact, text: l.Text}, l.Text == "true" || l.Text == "false"
	case schema.IP:
		return atom{kind: address, text: l.Text}, isIPv4([]byte(l.Text))
	}
	if !isText(t) || l.Text == "" {
		return atom{}, false
	}
	// Numbers compare as numbers when they are written as such, and on a field that
	// no schema knows always.
	if _, err := strconv.ParseFloat(l.Text, 64); l.Kind == query.Number || err == nil && t == schema.Dynamic {
		return numberAtom(l.Text)
	}
	return atom{kind: exact, text: lower(l.Text)}, true
}

func numberAtom(text string) (atom, bool) {
	n, ok := plainNumber([]byte(text))
	return atom{kind: number, n: n}, ok
}

// maxDigits is the length of numbers that fit into 64 bits with room to spare.
const maxDigits = 18

// plainNumber reads a number that is written with up to maxDigits digits and nothing
// else. Two such texts are equal as numbers exactly when what it returns is.
func plainNumber(b []byte) (n uint64, ok bool) {
	if len(b) == 0 || len(b) > maxDigits {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + uint64(c-'0')
	}
	return n, true
}

// mayBeNumber says whether a text that is no plain number can be one all the same: all
// numbers begin with a digit, a sign or a point.
func mayBeNumber(b []byte) bool {
	return len(b) > 0 && (b[0] >= '0' && b[0] <= '9' || b[0] == '-' || b[0] == '+' || b[0] == '.')
}

// isIPv4 says whether b is four decimal numbers up to 255, without leading zeros, so
// that no other text without a colon is the same address.
func isIPv4(b []byte) bool {
	parts, digits, value := 1, 0, 0
	for i, c := range b {
		switch {
		case c == '.' && digits > 0 && parts < 4:
			parts, digits, value = parts+1, 0, 0
		case c >= '0' && c <= '9' && !(digits > 0 && value == 0):
			digits, value = digits+1, value*10+int(c-'0')
			if value > 255 {
				return false
			}
		default:
			return false
		}
		if i == 15 {
			return false
		}
	}
	return parts == 4 && digits > 0
}

// patternAtom picks the atom of a wildcard pattern that is likely to hold least often.
// A pattern begins or ends with literal text only where nothing wild stands before or
// behind it.
func patternAtom(p query.Pattern) (best atom, found bool) {
	if text, ok := p.Literal(); ok {
		return atom{kind: exact, text: lower(text)}, true
	}
	consider := func(a atom) {
		if !found || a.cost(0) < best.cost(0) {
			best, found = a, true
		}
	}
	for i, part := range p {
		if part.Kind != query.Lit {
			continue
		}
		text := lower(part.Text)
		n := min(len(text), endSize)
		if i == 0 {
			consider(atom{kind: start, text: text[:n]})
		}
		if i == len(p)-1 {
			consider(atom{kind: end, text: text[len(text)-n:]})
		}
		if g, ok := rarestGram(text); ok {
			consider(atom{kind: gram, text: g})
		}
	}
	return best, found
}

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}
