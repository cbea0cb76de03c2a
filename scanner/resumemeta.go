package scanner

import (
	"errors"
	"unicode/utf8"

	"coldcase/rules"
	"coldcase/scanner/input"
	"coldcase/scanner/lines"
)

// keptMeta is the health of an input in a journal. Texts that need not be UTF-8 are bytes.
type keptMeta struct {
	Name, Path []byte
	Baseline   bool
	Stamp      fileStamp

	OpenErr, Damage []byte // null for none
	Stats           lines.Stats
	Bad             []lines.Bad
	Actions, Pieces int64
	Ledger          input.Ledger
	Stored, Decoded int64
	Sum             string
	Order           keptOrdering
	Audit           keptAudit
}

// keptOrdering is an ordering.
type keptOrdering struct {
	Events, First, Last, Min, Max, MinLine, Back, Jump, JumpLine, Early, Ahead, EarlyLine, AheadLine int64
}

// keptAudit is what an audit came across.
type keptAudit struct {
	Count       int64
	Differences []keptDifference
}

type keptDifference struct {
	Rule int
	What string
	Line int64
}

// meta returns what is kept of an input, nil when it cannot be: it was not read to its end,
// it could not be opened and may be later, it is no file, or its texts would not come back
// as they are.
func (k *keeper) meta(i int, audit *auditor) *keptMeta {
	in, found := k.p.inputs[i], k.p.all[i]
	archive, _ := found.Archive()
	if in.stopped || in.openErr != nil && archive == "" || found.Path == "" || k.inputs[i].stamp == (fileStamp{}) {
		return nil
	}
	o := in.order.whole()
	m := &keptMeta{Name: []byte(found.Name), Path: []byte(found.Path), Baseline: i >= len(k.p.cfg.Inputs), Stamp: k.inputs[i].stamp,
		OpenErr: errorText(in.openErr), Damage: errorText(in.damage), Stats: in.stats, Bad: in.bad, Actions: in.actions, Pieces: in.pieces,
		Ledger: in.ledger, Stored: in.stored, Decoded: in.decoded, Sum: in.sum,
		Order: keptOrdering{o.events, o.first, o.last, o.min, o.max, o.minLine, o.back, o.jump, o.jumpLine, o.early, o.ahead, o.earlyLine, o.aheadLine}}
	m.Audit.Count = audit.count
	for _, d := range audit.kept.Sorted() {
		m.Audit.Differences = append(m.Audit.Differences, keptDifference{d.rule, d.What, d.Line})
	}
	if !m.exact() {
		return nil
	}
	return m
}

func errorText(err error) []byte {
	if err == nil {
		return nil
	}
	return []byte(err.Error())
}

func textError(b []byte) error {
	if b == nil {
		return nil
	}
	return errors.New(string(b))
}

// exact says whether the texts that go as such are UTF-8.
func (m *keptMeta) exact() bool {
	ok := utf8.ValidString(m.Sum)
	for _, list := range [][]lines.Bad{m.Bad, m.Stats.Bad} {
		for _, b := range list {
			ok = ok && utf8.ValidString(b.Kind)
		}
	}
	for _, g := range m.Ledger.Gaps {
		ok = ok && utf8.ValidString(g.Why)
	}
	for _, d := range m.Audit.Differences {
		ok = ok && utf8.ValidString(d.What)
	}
	return ok
}

// check refuses what no run can have kept, where it would do harm.
func (m *keptMeta) check(rs []*rules.Rule) error {
	if len(m.Ledger.Gaps) > maxLost || len(m.Audit.Differences) > maxDifferences || m.Stored < 0 || m.Decoded < 0 {
		return errKept
	}
	for _, d := range m.Audit.Differences {
		if d.Rule < -1 || d.Rule >= len(rs) {
			return errKept
		}
	}
	return nil
}

// fill makes in what it was.
func (m *keptMeta) fill(in *inputState) {
	in.openErr, in.damage = textError(m.OpenErr), textError(m.Damage)
	in.stats, in.actions, in.pieces = m.Stats, m.Actions, m.Pieces
	for _, b := range m.Bad {
		in.bad = lines.AddBad(in.bad, b)
	}
	in.ledger, in.stored, in.decoded, in.sum = m.Ledger, m.Stored, m.Decoded, m.Sum
	o := m.Order
	in.order.put(0, &ordering{events: o.Events, first: o.First, last: o.Last, min: o.Min, max: o.Max, minLine: o.MinLine,
		back: o.Back, jump: o.Jump, jumpLine: o.JumpLine, early: o.Early, ahead: o.Ahead, earlyLine: o.EarlyLine, aheadLine: o.AheadLine})
}

// auditor makes the differences again.
func (m *keptMeta) auditor(input int32) *auditor {
	a := newAuditor()
	a.count = m.Audit.Count
	for _, d := range m.Audit.Differences {
		a.kept.Add(AuditDifference{What: d.What, Line: d.Line, input: input, rule: d.Rule})
	}
	return a
}
