package matchers

import (
	"math/bits"

	"coldcase/matchers/event"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// Hit is one event satisfying one step of one rule.
type Hit struct {
	Rule int32 // place in Matcher.Rules
	Step int16
	// Assumed: the event's index is known from its dataset alone, or was assumed.
	Assumed bool
	// Beyond: the match rests on a value longer than the mapping's ignore_above; a
	// live stack would have missed it.
	Beyond bool

	step   int32 // place in Matcher.steps
	rows   span  // of Worker.rows
	threat threatHit
}

// Worker matches events one at a time. It is the scratch of one goroutine.
type Worker struct {
	m         *Matcher
	reference bool
	parser    *event.Parser
	ev        event.Event
	s         scratch
	origins   *origins
	classes   map[string]*class
	key       []byte
	cand      []uint64
	hits      []Hit
	origin    *origin
	line      []byte
	at        moment
	parsed    bool // ev was filled by the reference parser
	account   *Account
	joinKey   []byte
	oneKey    [1]string
	joined    []byte // of Start

	threat         threatScratch
	exceptedRule   int32 // 1 more than the last rule that excepted was asked of for this event
	exceptedBefore bool  // what it said
	baseline       bool

	rows rowScratch

	profile Profile // nil when rules are not profiled
	audit   *audit  // nil when lines are not audited

	// of what Explain was asked for
	plans     map[query.Expr]*plan
	pipelines map[*rowStep]*pipeline
	stepNames map[int]string
}

// NewWorker returns a worker. A reference worker parses every line with fastjson and
// tries every rule's tree; the other extracts the wanted fields and asks the index.
// Both find the same.
func (m *Matcher) NewWorker(reference bool) *Worker {
	w := &Worker{m: m, reference: reference, parser: event.NewParser(m.layout), classes: map[string]*class{}}
	w.origins = newOrigins(m)
	w.s.tree = w.parser
	if w.s.plain = reference; !reference {
		w.s.memo = newTestMemo()
	}
	w.account = m.NewAccount()
	return w
}

// Action takes a line that looks like a _bulk action. When it is one, it stands for
// the lines given to Match until EndAction; document says whether an event follows at
// all (none does a delete).
func (w *Worker) Action(line []byte) (document, ok bool) {
	a, ok := w.parser.ParseAction(line)
	if ok {
		w.parser.SetAction(a)
		if w.audit != nil {
			w.audit.plain.Action(line)
		}
	}
	return a.Document, ok
}

// EndAction ends the action before.
func (w *Worker) EndAction() {
	w.parser.SetAction(event.Action{})
	if w.audit != nil {
		w.audit.plain.EndAction()
	}
}

// Match returns the hits of the event on a line, by rule; they are valid until the
// next call. The error is an *event.BadLine. A line without hits allocates nothing.
func (w *Worker) Match(line []byte) ([]Hit, error) {
	hits, err := w.match(line)
	if w.audit != nil {
		w.audit.check(w, line, hits, err)
	}
	return hits, err
}

func (w *Worker) match(line []byte) ([]Hit, error) {
	w.hits, w.line, w.parsed, w.exceptedRule = w.hits[:0], line, false, 0
	w.rows.reset()
	if w.reference || !w.parser.Extract(&w.ev, line) {
		if err := w.parse(); err != nil {
			return nil, err
		}
	}
	at := w.m.facts.moment(&w.ev)
	w.at = at
	w.s.reset(&w.ev, w.m.layout.Len(), at.nanos)
	w.origin = w.origins.of(&w.ev)
	if w.baseline {
		w.account.census.noteBaseline(&w.ev, w.origin, at)
	} else {
		w.account.census.note(&w.ev, w.origin, at)
	}
	w.noteLongNames()
	if w.reference {
		w.matchAll()
	} else {
		w.matchIndexed()
	}
	if len(w.hits) > 0 {
		w.markBeyond()
	}
	return w.hits, nil
}

// parse fills the event by the reference parser, which alone keeps the tree.
func (w *Worker) parse() error {
	w.parsed = true
	return w.parser.Parse(&w.ev, w.line)
}

// matchAll tries every rule that looks at the event: the reference path.
func (w *Worker) matchAll() {
	for i := range w.m.steps {
		st := &w.m.steps[i]
		if w.m.looksAt(w.origin.lists, *st) && w.try(st, st.n) {
			w.hit(int32(i))
		}
	}
}

// matchIndexed asks the index for the class of the event and tries its candidates.
func (w *Worker) matchIndexed() {
	c := w.classOf()
	if c == nil {
		w.matchAll()
		return
	}
	for i, word := range w.candidates(c) {
		for ; word != 0; word &= word - 1 {
			k := i<<6 + bits.TrailingZeros64(word)
			if st := &w.m.steps[c.steps[k]]; w.try(st, c.nodes[k]) {
				w.hit(c.steps[k])
			}
		}
	}
}

// candidates returns the set of the class's trees that the event can satisfy.
func (w *Worker) candidates(c *class) []uint64 {
	n := (c.table.Len() + 63) / 64
	for len(w.cand) < n {
		w.cand = append(w.cand, 0)
	}
	c.table.Candidates(w.cand[:n], &w.ev)
	return w.cand[:n]
}

// classOf returns the event's class, the general one of its origin when it is one too
// many, nil when it has none.
func (w *Worker) classOf() *class {
	if w.origin.number == noNumber {
		return nil
	}
	key, ok := w.m.classes.appendKey(w.key[:0], &w.ev, w.origin.number)
	w.key = key
	if ok {
		if c := w.class(key, maxClasses); c != nil {
			return c
		}
	}
	return w.class(key[:originKey], maxClasses+maxGeneral)
}

func (w *Worker) class(key []byte, limit int) *class {
	c, ok := w.classes[string(key)]
	if !ok {
		if c = w.m.class(key, limit, &w.s, w.origin.lists); c != nil {
			w.classes[string(key)] = c
		}
	}
	return c
}

// try evaluates a rule's tree.
func (w *Worker) try(st *step, n node) bool {
	if w.profile != nil {
		return w.tryProfiled(st, n)
	}
	return w.evaluate(st, n)
}

// evaluate parses the whole line first when the tree looks at more than named fields.
func (w *Worker) evaluate(st *step, n node) bool {
	if st.tree {
		w.parseTree()
	}
	return n.eval(&w.s)
}

// parseTree parses the line at hand, if that has not been done.
func (w *Worker) parseTree() {
	if w.parsed {
		return
	}
	if err := w.parse(); err != nil {
		panic("BUG: matchers.parseTree: a line that was extracted does not parse: " + err.Error())
	}
	w.s.reset(&w.ev, w.m.layout.Len(), w.s.now)
}

func (w *Worker) hit(i int32) {
	st := &w.m.steps[i]
	made, ok := w.makeRows(st)
	if !ok {
		return
	}
	threat, ok := w.indicated(st.rule)
	if !ok || w.excepted(st.rule) {
		return
	}
	w.hits = append(w.hits, Hit{Rule: st.rule, Step: st.id, Assumed: w.origin.certainty == schema.Assumed, step: i, rows: made, threat: threat})
}

// Facts returns the facts and the unwrapped event for the line of the last Match. It is
// for lines that hit. Both are valid until the next Match, Content or Keys.
func (w *Worker) Facts() (f Facts, source []byte) {
	return w.m.facts.read(&w.ev, w.origin), w.ev.Source
}

// Content returns the content hash of the event of the last Match or Describe, and
// Fingerprint one that costs a fraction and is good within this process (see
// event.Parser).
func (w *Worker) Content() [16]byte {
	if !w.parsed {
		if err := w.parse(); err != nil {
			panic("BUG: matchers.Content: a line that was extracted does not parse: " + err.Error())
		}
	}
	return w.parser.Content()
}

// Fingerprint is described at Content.
func (w *Worker) Fingerprint() [16]byte { return w.parser.Fingerprint(w.ev.Source) }

// SetBaseline says whether the lines to come are of an older archive, of which the
// census learns only when its hosts were seen.
func (w *Worker) SetBaseline(on bool) { w.baseline = on }

// Joined says whether the records of a hit are joined with others.
func (w *Worker) Joined(h Hit) bool { return w.m.steps[h.step].join != nil }

// Keys returns the join keys of a hit of the last Match, one for each combination of
// the values of its key fields; none when the event lacks one. values are those that
// a threshold counts. own makes a text that no other event has, for events that are
// joined with none. keys is valid until the next call.
func (w *Worker) Keys(h Hit, own func() string) (keys, values []string) {
	j := w.m.steps[h.step].join
	if key, ok := j.one(w.joinKey[:0], &w.ev); ok && !j.apart {
		w.joinKey = key
		w.oneKey[0] = string(key)
		return w.oneKey[:], j.counted(&w.ev)
	}
	keys, dropped := j.all(&w.ev, own)
	w.account.keys += int64(dropped)
	return keys, j.counted(&w.ev)
}

// NoIndex says whether the last event had no recognisable origin.
func (w *Worker) NoIndex() bool { return w.origin.certainty == schema.Unknown }

// Census returns what this worker has learnt of the evidence.
func (w *Worker) Census() *Census { return w.account.census }

// Describe returns the facts and the unwrapped event of a line that is not matched: one
// that was matched before and is read again.
func (w *Worker) Describe(line []byte) (f Facts, source []byte, err error) {
	w.line = line
	if err := w.parse(); err != nil {
		return f, nil, err
	}
	w.origin = w.origins.of(&w.ev)
	return w.m.facts.read(&w.ev, w.origin), w.ev.Source, nil
}

// Forget gives up what the worker holds of the last line. It is for lines so large that
// each worker's share of them should not be kept until its next.
func (w *Worker) Forget() {
	w.parser.Forget()
	w.ev, w.line = event.Event{}, nil
	w.s.drop()
	w.rows.drop()
	if w.audit != nil {
		w.audit.plain.Forget()
	}
}
