package report

import "coldcase/matchers/event"

// fieldReader reads the fields of the events behind findings. It is scratch of one
// goroutine.
type fieldReader struct {
	p  *event.Parser
	ev event.Event
}

func newFieldReader() *fieldReader {
	return &fieldReader{p: event.NewParser(event.NewLayout())}
}

// each calls yield with the full dotted name and the text of each value of an event,
// in the order of the line, until yield returns false. Both are valid during the call
// only. Explicit nulls are no values, and an event that cannot be parsed has none.
func (r *fieldReader) each(ev []byte, yield func(name, text []byte) bool) {
	if len(ev) == 0 || r.p.Parse(&r.ev, ev) != nil {
		return
	}
	r.p.Leaves(func(l event.Leaf) bool {
		return l.Value.Kind == event.Null || yield(l.Name, l.Value.Text)
	})
}
