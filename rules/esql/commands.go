package esql

import (
	"slices"
	"strconv"

	"coldcase/rules/source"
)

// commandReader reads one command. read begins behind the command's words; start is where
// they stand.
type commandReader struct {
	word, second string
	first        bool // makes rows
	read         func(p *parser, start source.Span) (Command, error)
}

// commands lists what can be read.
var commands = []commandReader{
	{word: "FROM", first: true, read: (*parser).fromCommand},
	{word: "ROW", first: true, read: (*parser).row},
	{word: "WHERE", read: (*parser).where},
	{word: "EVAL", read: (*parser).eval},
	{word: "STATS", read: (*parser).stats},
	{word: "INLINESTATS", read: (*parser).inlineStats},
	{word: "INLINE", second: "stats", read: (*parser).inlineStats},
	{word: "KEEP", read: (*parser).keep},
	{word: "DROP", read: (*parser).drop},
	{word: "RENAME", read: (*parser).rename},
	{word: "SORT", read: (*parser).sort},
	{word: "LIMIT", read: (*parser).limit},
	{word: "MV_EXPAND", read: (*parser).mvExpand},
	{word: "GROK", read: (*parser).grok},
	{word: "DISSECT", read: (*parser).dissect},
	{word: "COMPLETION", read: (*parser).completion},
}

// otherCommands are those of ES|QL that are refused by name: they need other data or a
// cluster, and no rule has them.
var otherCommands = []string{"CHANGE_POINT", "ENRICH", "EXPLAIN", "FORK", "FUSE", "INSIST", "JOIN",
	"LOOKUP", "METRICS", "MMR", "PROMQL", "REGISTERED_DOMAIN", "RERANK", "SAMPLE", "SHOW", "TS",
	"URI_PARTS", "USER_AGENT"}

// commandWords returns the words that a first command, or one behind it, may begin with.
func commandWords(first bool) []string {
	var out []string
	for _, c := range commands {
		if c.first == first {
			out = append(out, c.word)
		}
	}
	return out
}

func isKnownCommand(word string) bool { return slices.Contains(otherCommands, word) }

func (p *parser) fromCommand(start source.Span) (Command, error) {
	c := &From{}
	for {
		t := p.cur()
		if t.is("(") {
			return nil, p.unsupported(t.span, "subquery in FROM")
		}
		if t.kind != tokSource && t.kind != tokString {
			return nil, p.unexpected("an index pattern")
		}
		c.Indices = append(c.Indices, p.take().text)
		if !p.accept(",") {
			break
		}
	}
	if p.acceptWord("metadata") {
		for {
			name, err := p.name()
			if err != nil {
				return nil, err
			}
			if !slices.Contains(c.Metadata, name.Text) {
				c.Metadata = append(c.Metadata, name.Text)
			}
			if !p.accept(",") {
				break
			}
		}
	}
	c.place = p.from(start)
	return c, nil
}

func (p *parser) row(start source.Span) (Command, error) {
	fields, err := p.fields()
	return &Row{p.from(start), fields}, err
}

func (p *parser) where(start source.Span) (Command, error) {
	x, err := p.expression()
	return &Where{p.from(start), x}, err
}

func (p *parser) eval(start source.Span) (Command, error) {
	fields, err := p.fields()
	return &Eval{p.from(start), fields}, err
}

// fields reads [name =] expr, ...
func (p *parser) fields() ([]Assign, error) {
	var out []Assign
	for {
		f, err := p.field()
		if err != nil {
			return nil, err
		}
		out = append(out, f)
		if !p.accept(",") {
			return out, nil
		}
	}
}

// field reads one [name =] expr. Without a name, the source text is the name, or for a
// column the column's.
func (p *parser) field() (Assign, error) {
	if err := p.count(1); err != nil {
		return Assign{}, err
	}
	var f Assign
	if n := p.nameLength(); n > 0 && p.ahead(n).is("=") {
		name, err := p.name()
		if err != nil {
			return f, err
		}
		f.Name = name.Text
		p.take()
	}
	start := p.cur().span
	x, err := p.expression()
	if err != nil {
		return f, err
	}
	f.X = x
	if ref, ok := x.(*Ref); f.Name == "" && ok {
		f.Name = ref.Name
	} else if f.Name == "" {
		f.Name = p.text(p.from(start).at)
	}
	return f, nil
}

// nameLength returns the number of tokens of the dotted name at hand, 0 when there is none.
func (p *parser) nameLength() int {
	if t := p.cur(); t.kind != tokName && t.kind != tokQuoted {
		return 0
	}
	n := 1
	for p.ahead(n).is(".") && (p.ahead(n+1).kind == tokName || p.ahead(n+1).kind == tokQuoted) {
		n += 2
	}
	return n
}

func (p *parser) stats(start source.Span) (Command, error) {
	c := &Stats{}
	for first := true; first || p.accept(","); first = false {
		if first && p.cur().word("by") {
			break
		}
		f, err := p.field()
		if err != nil {
			return nil, err
		}
		a := Aggregate{Name: f.Name, X: f.X}
		if p.acceptWord("where") {
			if a.Where, err = p.expression(); err != nil {
				return nil, err
			}
		}
		c.Aggs = append(c.Aggs, a)
	}
	if p.acceptWord("by") {
		by, err := p.fields()
		if err != nil {
			return nil, err
		}
		c.By = by
	}
	c.place = p.from(start)
	return c, nil
}

func (p *parser) inlineStats(start source.Span) (Command, error) {
	c, err := p.stats(start)
	if err != nil {
		return nil, err
	}
	c.(*Stats).Inline = true
	return c, nil
}

func (p *parser) keep(start source.Span) (Command, error) {
	names, err := p.patterns()
	return &Keep{p.from(start), names}, err
}

func (p *parser) drop(start source.Span) (Command, error) {
	names, err := p.patterns()
	return &Drop{p.from(start), names}, err
}

func (p *parser) rename(start source.Span) (Command, error) {
	c := &Rename{}
	for {
		pair, err := p.renaming()
		if err != nil {
			return nil, err
		}
		c.Pairs = append(c.Pairs, pair)
		if !p.accept(",") {
			c.place = p.from(start)
			return c, nil
		}
	}
}

// renaming reads "a AS b" or "b = a".
func (p *parser) renaming() (Renaming, error) {
	if err := p.count(1); err != nil {
		return Renaming{}, err
	}
	a, err := p.name()
	if err != nil {
		return Renaming{}, err
	}
	swapped := p.cur().is("=")
	if !swapped && !p.cur().word("as") {
		return Renaming{}, p.unexpected("AS and the new name")
	}
	p.take()
	b, err := p.name()
	if err != nil {
		return Renaming{}, err
	}
	if swapped {
		a, b = b, a
	}
	return Renaming{From: a.Text, To: b.Text, at: a.at}, nil
}

func (p *parser) sort(start source.Span) (Command, error) {
	c := &Sort{}
	for {
		k, err := p.sortKey()
		if err != nil {
			return nil, err
		}
		c.Keys = append(c.Keys, k)
		if !p.accept(",") {
			c.place = p.from(start)
			return c, nil
		}
	}
}

func (p *parser) sortKey() (SortKey, error) {
	x, err := p.expression()
	if err != nil {
		return SortKey{}, err
	}
	k := SortKey{X: x}
	if !p.acceptWord("asc") {
		k.Desc = p.acceptWord("desc")
	}
	k.NullsFirst = k.Desc // null is the largest value
	if p.acceptWord("nulls") {
		switch {
		case p.acceptWord("first"):
			k.NullsFirst = true
		case p.acceptWord("last"):
			k.NullsFirst = false
		default:
			return k, p.unexpected("FIRST or LAST behind NULLS")
		}
	}
	return k, nil
}

func (p *parser) limit(start source.Span) (Command, error) {
	t := p.cur()
	n, err := strconv.ParseInt(t.text, 10, 64)
	if t.kind != tokInt || err != nil {
		return nil, p.unexpected("a whole number")
	}
	p.take()
	if p.cur().word("by") {
		return nil, p.unsupported(p.cur().span, "LIMIT BY")
	}
	return &Limit{p.from(start), n}, nil
}

func (p *parser) mvExpand(start source.Span) (Command, error) {
	name, err := p.name()
	return &MvExpand{p.from(start), name.Text}, err
}

func (p *parser) completion(start source.Span) (Command, error) {
	c := &Completion{Target: "completion"}
	if n := p.nameLength(); n > 0 && p.ahead(n).is("=") {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		c.Target = name.Text
		p.take()
	}
	x, err := p.primary()
	if err != nil {
		return nil, err
	}
	c.Prompt = x
	if !p.acceptWord("with") {
		return nil, p.unexpected("WITH and the model")
	}
	if p.cur().is("{") {
		c.With, err = p.options()
	} else {
		var name Name
		name, err = p.name()
		c.With = []Option{{"inference_id", Constant{Text: name.Text}, Keyword}}
	}
	c.place = p.from(start)
	return c, err
}
