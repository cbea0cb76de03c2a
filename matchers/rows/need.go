package rows

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"

	"coldcase/rules/esql"
)

// Need is what all rows of a group of Lead must show together, wherever windows begin and
// end, for the group to pass a WHERE behind it. Most groups never show it, and need not
// be looked at.
//
//	STATS n = COUNT_DISTINCT(host.id) BY agent.id | WHERE n >= 2     two values of host.id
//	STATS n = COUNT(*) BY source.ip | WHERE n > 10                   eleven rows
//	STATS a = COUNT(x), b = COUNT(y) BY user.id | WHERE a > 0 AND b > 0     an x and a y
//
// It holds for any window because counts only grow with the rows: what a window holds, all
// of the evidence holds. It is immutable.
type Need struct{ counts []neededCount }

// neededCount is one of the counts that a group must show.
type neededCount struct {
	least    int64
	distinct bool
	x        value // nil counts rows
	where    cond  // of the aggregate; nil for none
}

// Tally is what is known of one group towards a Need. Its zero value knows nothing.
type Tally struct {
	counts []tallied // by count of the Need; nil while nothing is known, and when it is met
	met    bool
}

// tallied is what is known of one count.
type tallied struct {
	n      int64
	met    bool
	values []digest // that tell distinct values apart
}

// Bounds of a Need and its tallies: a group that shows more distinct values is taken to
// show enough, as is one with a longer value; a Need looks at no more counts.
const (
	maxNeeded      = 4
	maxNeededValue = 256 // bytes
	maxNeeds       = 4
)

// Need returns what groups of Lead must show, nil when nothing is known.
func (p *Program) Need() *Need { return p.need }

// Distinct reports whether distinct values count, and nothing else: a row that was added
// counts no second time.
func (n *Need) Distinct() bool {
	return !slices.ContainsFunc(n.counts, func(c neededCount) bool { return !c.distinct })
}

// Shown stands for what a row shows towards a Need: rows of a group that share one show the
// same, but for a chance of 2^-128. It means nothing in another process.
type Shown [2]uint64

// shownSeeds are not known to who writes evidence.
var shownSeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// Shown returns what e.Row shows. It is for a Need of distinct values.
func (n *Need) Shown(e *Env) Shown {
	text := e.shown[:0]
	for i := range n.counts {
		c := &n.counts[i]
		text = append(text, '\n')
		if c.where != nil && c.where(e) != isTrue {
			continue
		}
		for _, s := range c.x(e) {
			size := len(text)
			text = appendScalar(text, s)
			text = binary.BigEndian.AppendUint32(text, uint32(len(text)-size))
		}
	}
	if e.shown = text; cap(text) > maxShownText {
		e.shown = nil
	}
	return Shown{maphash.Bytes(shownSeeds[0], text), maphash.Bytes(shownSeeds[1], text)}
}

// maxShownText bounds scratch, in bytes.
const maxShownText = 1 << 16

// Add adds e.Row, as CutRow has filled it, to a group's tally.
func (n *Need) Add(e *Env, t *Tally) {
	if t.met {
		return
	}
	if t.counts == nil {
		t.counts = make([]tallied, len(n.counts))
	}
	met := true
	for i := range n.counts {
		n.counts[i].add(e, &t.counts[i])
		met = met && t.counts[i].met
	}
	t.settle(met)
}

// Merge adds what another tally knows of the same group.
func (n *Need) Merge(into, from *Tally) {
	if into.met || from.counts == nil && !from.met {
		return
	}
	if from.met || into.counts == nil {
		*into = *from
		return
	}
	met := true
	for i := range n.counts {
		n.counts[i].merge(&into.counts[i], from.counts[i])
		met = met && into.counts[i].met
	}
	into.settle(met)
}

// settle gives up what nobody asks of a tally that is met.
func (t *Tally) settle(met bool) {
	if met {
		*t = Tally{met: true}
	}
}

// Met reports whether the group may pass.
func (t *Tally) Met() bool { return t.met }

func (c *neededCount) add(e *Env, t *tallied) {
	switch {
	case t.met || c.where != nil && c.where(e) != isTrue:
		return
	case c.x == nil:
		t.n++
	case !c.distinct:
		t.n += int64(len(c.x(e)))
	default:
		c.values(c.x(e), t)
	}
	t.met = t.met || t.n >= c.least
}

func (c *neededCount) values(v Value, t *tallied) {
	var scratch [maxNeededValue]byte
	for _, s := range v {
		text := appendScalar(scratch[:0], s)
		if len(text) > maxNeededValue {
			t.met = true
			return
		}
		sum := sha256.Sum256(text)
		c.value(digest(sum[:16]), t)
	}
}

func (c *neededCount) value(d digest, t *tallied) {
	if t.met || slices.Contains(t.values, d) {
		return
	}
	t.values = append(t.values, d)
	t.n++
	if t.n >= min(c.least, maxNeeded) {
		t.met, t.values = true, nil
	}
}

func (c *neededCount) merge(into *tallied, from tallied) {
	if c.distinct {
		for _, d := range from.values {
			c.value(d, into)
		}
	} else {
		into.n += from.n
	}
	into.met = into.met || from.met || into.n >= c.least
}

// need finds what the WHEREs behind a STATS ask of its counts. steps are the commands
// behind it.
func (b *builder) need(stats *esql.Stats, steps []command) (*Need, error) {
	asked := neededCounts(stats, steps)
	if len(asked) == 0 {
		return nil, nil
	}
	n := &Need{}
	for _, a := range asked[:min(len(asked), maxNeeds)] {
		c, err := b.neededCount(a)
		if err != nil {
			return nil, err
		}
		n.counts = append(n.counts, c)
	}
	return n, nil
}

// askedCount is a count of which a WHERE asks for at least so many.
type askedCount struct {
	aggregate esql.Aggregate
	least     int64
}

func neededCounts(stats *esql.Stats, steps []command) (out []askedCount) {
	counts := map[string]esql.Aggregate{}
	for _, a := range stats.Aggs {
		delete(counts, a.Name)
		if call, ok := a.X.(*esql.Call); ok && (call.Func.Name == "COUNT" || call.Func.Name == "COUNT_DISTINCT") {
			counts[a.Name] = a
		}
	}
	for _, by := range stats.By {
		delete(counts, by.Name)
	}
	for _, c := range steps {
		switch c := c.Command.(type) {
		case *esql.Where:
			out = appendNeeded(out, c.X, counts)
		case *esql.Eval:
			for _, f := range c.Fields {
				delete(counts, f.Name)
			}
		case *esql.Keep, *esql.Drop:
		default:
			return out
		}
	}
	return out
}

// appendNeeded appends the counts that a condition asks for. That there is a row at all is
// no need: a group has one.
func appendNeeded(out []askedCount, x esql.Expr, counts map[string]esql.Aggregate) []askedCount {
	if and, ok := x.(*esql.And); ok {
		for _, part := range and.X {
			out = appendNeeded(out, part, counts)
		}
		return out
	}
	cmp, ok := x.(*esql.Compare)
	if !ok {
		return out
	}
	column, limit, op := cmp.L, cmp.R, cmp.Op
	if _, constant := column.(*esql.Literal); constant {
		column, limit, op = limit, column, mirrored[op]
	}
	ref, isRef := column.(*esql.Ref)
	lit, isLiteral := limit.(*esql.Literal)
	if !isRef || !isLiteral {
		return out
	}
	a, ok := counts[ref.Name]
	if !ok {
		return out
	}
	least := leastOf(op, literal(lit))
	if least > 1 || least == 1 && (len(a.X.(*esql.Call).Args) > 0 || a.Where != nil) {
		out = append(out, askedCount{a, least})
	}
	return out
}

// mirrored is what an operator is with its sides exchanged.
var mirrored = map[string]string{"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// leastOf is the smallest whole number n for which "n op limit" holds, 0 when there may be
// none above 0.
func leastOf(op string, limit Value) int64 {
	s, ok := limit.one()
	if !ok || !isNumber(s.Type) {
		return 0
	}
	f := s.float()
	switch {
	case !(f >= 0 && f < 1<<53):
		return 0
	case op == ">":
		return int64(math.Floor(f)) + 1
	case op == ">=", op == "==":
		return int64(math.Ceil(f))
	}
	return 0
}

func (b *builder) neededCount(a askedCount) (neededCount, error) {
	call := a.aggregate.X.(*esql.Call)
	n := neededCount{least: a.least, distinct: call.Func.Name == "COUNT_DISTINCT"}
	var err error
	if len(call.Args) > 0 {
		if n.x, err = b.c.value(call.Args[0]); err != nil {
			return n, err
		}
	}
	if a.aggregate.Where != nil {
		n.where, err = b.c.cond(a.aggregate.Where)
	}
	return n, err
}
