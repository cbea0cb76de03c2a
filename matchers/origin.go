package matchers

import (
	"coldcase/matchers/event"
	"coldcase/rules/schema"
)

// Bounds of the cache of origins: evidence could name an index of its own, as long as
// a line, on every line.
const (
	maxOrigins   = 4096
	maxOriginKey = 1024 // bytes
)

// origin is what an event's own words say about the index that it stood in.
type origin struct {
	number    uint32 // equal numbers, equal lists
	lists     schema.Bits
	index     string // first candidate, "" when unknown
	certainty schema.Certainty
	// names are all candidates, how says what told them: for explanations.
	names []string
	how   string
}

// originFields are the fields of schema.Facts, in the order in which resolve takes them.
var originFields = []string{
	"data_stream.type", "data_stream.dataset", "data_stream.namespace",
	"@metadata.index", "@metadata.beat", "@metadata.version", "agent.type", "agent.version",
	"event.module", "event.dataset", "event.kind", "winlog.channel",
}

// origins resolves and remembers the origins that one worker meets.
type origins struct {
	patterns *schema.Patterns
	slots    []int
	endgame  []int // slots below the endgame object
	options  *Options
	known    map[string]*origin
	classes  *classes
	key      []byte
}

func newOrigins(m *Matcher) *origins {
	return &origins{patterns: m.patterns, slots: m.originSlots, endgame: m.endgameSlots, options: &m.options,
		known: map[string]*origin{}, classes: m.classes}
}

// of returns the origin of an event. It allocates only for origins that are new.
func (o *origins) of(ev *event.Event) *origin {
	o.key = append(o.key[:0], ev.Index...)
	for _, s := range o.slots {
		o.key = append(o.key, 0)
		o.key = append(o.key, firstText(ev, s)...)
	}
	isEndgame := o.isEndgame(ev)
	if isEndgame {
		o.key = append(o.key, 0, 1)
	}
	if known, ok := o.known[string(o.key)]; ok {
		return known
	}
	found := o.resolve(ev, isEndgame)
	if len(o.known) < maxOrigins && len(o.key) <= maxOriginKey {
		o.known[string(o.key)] = found
	}
	return found
}

func (o *origins) isEndgame(ev *event.Event) bool {
	for _, s := range o.endgame {
		if len(ev.Values(s)) > 0 {
			return true
		}
	}
	return false
}

func firstText(ev *event.Event, slot int) []byte {
	for _, v := range ev.Values(slot) {
		if v.Kind == event.String {
			return v.Text
		}
	}
	return nil
}

func (o *origins) resolve(ev *event.Event, isEndgame bool) *origin {
	t := func(i int) []byte { return firstText(ev, o.slots[i]) }
	f := schema.Facts{Index: ev.Index,
		DataStreamType: t(0), DataStreamDataset: t(1), DataStreamNamespace: t(2),
		MetadataIndex: t(3), MetadataBeat: t(4), MetadataVersion: t(5), AgentType: t(6), AgentVersion: t(7),
		EventModule: t(8), EventDataset: t(9), EventKind: t(10), WinlogChannel: t(11), Endgame: isEndgame}
	names, certainty, how := f.CandidatesHow(nil)
	if certainty == schema.Unknown && o.options.AssumeIndex != "" {
		names, certainty, how = []string{o.options.AssumeIndex}, schema.Assumed, "assumed, as was asked for"
	}
	found := &origin{lists: o.patterns.Match(names...), certainty: certainty, names: names, how: how}
	if len(names) > 0 {
		found.index = names[0]
	}
	if certainty == schema.Unknown && o.options.AnyIndex {
		for i := range o.patterns.Len() {
			found.lists.Set(i)
		}
		found.certainty, found.how = schema.Assumed, "not known: held against every rule, as was asked for"
	}
	found.number = o.classes.numberOf(found.lists)
	return found
}

// TakesUnknown reports whether a rule looks at events of no recognisable origin: one of its
// index patterns takes all.
func (m *Matcher) TakesUnknown(rule int) bool {
	return m.patterns.Match().Has(m.steps[m.stepOf[rule]].list)
}
