package event

import "github.com/valyala/fastjson"

// Parser reads lines into Events of one Layout. It is scratch of one worker: not
// safe for concurrent use. What it returns belongs to it, or to the line, and is
// valid until it is used on the next line.
type Parser struct {
	layout *Layout
	action action

	tree   fastjson.Parser
	event  *fastjson.Value // the unwrapped event of the last Parse; nil when it was bad
	large  bool            // the tree grew on a large line
	mended []byte
	// wrapped are the texts of events that stood in strings, by level.
	wrapped [maxWraps][]byte
	name    []byte // full name of the leaf at hand

	fast extractor
	// extracted is where the event begins that was extracted last, nil when a line was
	// parsed since.
	extracted *byte
	text      []byte // scratch of Fingerprint

	names    nameHashes
	leavesOf []hashedLeaf // scratch of Content
}

// maxKeptLine bounds the line for which the tree's memory is kept: beyond it, a
// hostile line could have left 25 MiB of values behind in each worker.
const maxKeptLine = 256 << 10

// NewParser returns a parser for events of l, to which no slot may be added any
// more.
func NewParser(l *Layout) *Parser {
	return &Parser{layout: l, fast: newExtractor(l)}
}

// Parse is the reference path: it fills ev from the event on the line, whatever
// envelope it stands in. The error is always a *BadLine; ev is then empty. After a
// Parse without error, Elements, FillElement, Leaves and Content look at the same
// event.
func (p *Parser) Parse(ev *Event, line []byte) error {
	ev.Reset(p.layout.Len())
	p.event, p.extracted = nil, nil
	if bad := check(line); bad != nil {
		return bad
	}
	env, bad := p.unwrap(line)
	if bad == nil {
		env, bad = p.unwrapText(env)
	}
	if bad != nil {
		return bad
	}
	if p.large {
		p.Forget()
	}
	p.large = len(env.event) > maxKeptLine
	v, err := p.tree.ParseBytes(p.mend(env.event))
	if err != nil {
		// Not reached as long as check is the stricter of the two.
		return errNotJSON
	}
	p.event = v
	fill(ev, p.layout.root, v)
	ev.Source = env.event
	ev.Index, ev.ID = env.index, env.id
	if len(ev.Index) == 0 {
		ev.Index = metadataIndex(v)
	}
	return nil
}

// mend makes the text such that fastjson reads it as we mean it.
func (p *Parser) mend(text []byte) []byte {
	if !hasSurrogate(text) {
		return text
	}
	p.mended = append(p.mended[:0], text...)
	mendSurrogates(p.mended)
	return p.mended
}

// metadataIndex returns the index of Beats' @metadata, nil when there is none.
func metadataIndex(v *fastjson.Value) (index []byte) {
	atPath(v, "@metadata.index", func(v *fastjson.Value) {
		if len(index) == 0 && v.Type() == fastjson.TypeString {
			index, _ = v.StringBytes()
		}
	})
	return index
}

// Forget gives up the memory of the last line, which is not parsed any more then. It
// is for lines so large that it should not be kept until the next.
func (p *Parser) Forget() {
	p.tree, p.mended, p.event, p.large, p.extracted = fastjson.Parser{}, nil, nil, false, nil
	p.wrapped = [maxWraps][]byte{}
}
