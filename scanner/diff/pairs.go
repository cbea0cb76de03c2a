package diff

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"coldcase/matchers/correlate"
	"coldcase/scanner/claim"
)

// compareFindings pairs the findings of two files: first by id, then what is left by
// rule and evidence, whose id differs when the rule's version does.
func (d *differ) compareFindings(items *correlate.Sorter) error {
	byID := d.sorter()
	defer byID.Close()
	err := d.each(items, func(x *item) error {
		return x.addTo(byID, correlate.AppendInt(correlate.AppendText(nil, x.name()), x.order()))
	})
	if err != nil {
		return err
	}
	byEvidence := d.sorter()
	defer byEvidence.Close()
	err = d.groups(byID, (*item).name, func(a, b []*item) error {
		return d.pairByID(a, b, byEvidence)
	})
	if err != nil {
		return err
	}
	return d.groups(byEvidence, func(x *item) string { return x.Evidence }, d.pairByEvidence)
}

// name is the id of a finding, and another one for a candidate with the same id: a rule
// may have lost its verdict step and kept its version.
func (x *item) name() string {
	if x.Candidate {
		return x.ID + " candidate"
	}
	return x.ID
}

// order puts the items of A before those of B.
func (x *item) order() int64 { return int64(x.Side)<<48 | x.N }

// each calls yield for every item of a sorter.
func (d *differ) each(s *correlate.Sorter, yield func(*item) error) error {
	return correlate.Merge([]*correlate.Sorter{s}, func(_, payload []byte) error {
		x, err := decodeItem(payload)
		if err == nil {
			err = d.ctx.Err()
		}
		if err != nil {
			return err
		}
		return yield(x)
	})
}

// maxPaired bounds how many items of one side and one key are paired. More than one is
// rare: files with findings twice, rules that two files hold.
const maxPaired = 64

// groups calls yield with the items of each key, by side. Items beyond maxPaired of a
// side come in a further call, so that memory is bounded.
func (d *differ) groups(s *correlate.Sorter, key func(*item) string, yield func(a, b []*item) error) error {
	var sides [2][]*item
	last := ""
	flush := func() error {
		if len(sides[0])+len(sides[1]) == 0 {
			return nil
		}
		err := yield(sides[0], sides[1])
		sides = [2][]*item{}
		return err
	}
	err := d.each(s, func(x *item) error {
		if k := key(x); k != last || len(sides[x.Side]) == maxPaired {
			if err := flush(); err != nil {
				return err
			}
			last = k
		}
		sides[x.Side] = append(sides[x.Side], x)
		return nil
	})
	return errors.Join(err, flush())
}

// pairByID files what stands in both files and passes on what does not.
func (d *differ) pairByID(a, b []*item, rest *correlate.Sorter) error {
	for n, side := range [][]*item{a, b} {
		if len(side) > 1 {
			more := int64(len(side) - 1)
			d.side(n).Twice += more
			d.side(n).Items -= more
			if side[0].Candidate {
				d.side(n).Candidates -= more
			}
		}
	}
	if len(a) > 0 && len(b) > 0 {
		status, why := StatusSame, changes(a[0], b[0])
		if why != "" {
			status = StatusChanged
		}
		return d.file(b[0].difference(status, why), b[0].number())
	}
	x := append(a, b...)[0]
	return x.addTo(rest, correlate.AppendInt(correlate.AppendText(nil, x.Evidence), x.order()))
}

// pairByEvidence pairs findings over the same events in their order; what is left over
// is new or gone.
func (d *differ) pairByEvidence(a, b []*item) error {
	both := min(len(a), len(b))
	for i := range both {
		x := b[i].difference(StatusChanged, changes(a[i], b[i]))
		x.WasID = a[i].ID
		if err := d.file(x, b[i].number()); err != nil {
			return err
		}
	}
	for _, x := range a[both:] {
		if err := d.file(x.difference(StatusGone, ""), x.number()); err != nil {
			return err
		}
	}
	for _, x := range b[both:] {
		if err := d.file(x.difference(StatusNew, ""), x.number()); err != nil {
			return err
		}
	}
	return nil
}

// changes says how the rule of b is another than that of a, "" when it is not.
func changes(a, b *item) string {
	var out []string
	add := func(what, was, is string) {
		if was != is {
			out = append(out, fmt.Sprintf("%s %s to %s", what, was, is))
		}
	}
	add("version", claim.VersionText(a.Version), claim.VersionText(b.Version))
	add("severity", a.Severity, b.Severity)
	add("risk score", fmt.Sprint(a.Risk), fmt.Sprint(b.Risk))
	if a.RuleName != b.RuleName {
		out = append(out, fmt.Sprintf("name %q to %q", a.RuleName, b.RuleName))
	}
	if len(out) == 0 && a.ID != b.ID {
		return "finding_id"
	}
	return strings.Join(out, ", ")
}

// compareAlerts finds which findings and alerts have a key in common, then files each;
// a finding without an alert is first held against what the alerts say of its rule.
func (d *differ) compareAlerts(items *correlate.Sorter) error {
	marks := d.sorter()
	defer marks.Close()
	if err := d.markKnown(items, marks); err != nil {
		return err
	}
	r := newReasons(d)
	defer r.close()
	var at *item
	known := false
	finish := func() error {
		if at == nil {
			return nil
		}
		return r.take(at, known)
	}
	// A mark has the key of its item and a byte more, so it stands behind it.
	err := correlate.Merge([]*correlate.Sorter{items, marks}, func(key, payload []byte) error {
		if bytes.Equal(payload, isKnown) {
			known = true
			return nil
		}
		if err := errors.Join(finish(), d.ctx.Err()); err != nil {
			return err
		}
		var err error
		at, err = decodeItem(payload)
		known = false
		return err
	})
	if err := errors.Join(err, finish()); err != nil {
		return err
	}
	return r.run()
}

var isKnown = []byte("known")

// markKnown marks every item that has a key in common with one of the other side, at
// times that overlap. An item has many keys, so it may be marked more than once.
//
// Two times overlap when the later one to begin does so before the other ends. The
// entries of a key are walked twice: in the order of their beginnings, where one is
// marked that begins before the latest end on the other side; and backwards, where one
// is marked that ends behind the next beginning on the other side. No entry is kept.
func (d *differ) markKnown(items, marks *correlate.Sorter) error {
	entries := d.sorter()
	defer entries.Close()
	err := d.each(items, func(x *item) error {
		for _, k := range x.Keys {
			if err := addSpans(entries, k, x); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var s sweep
	return correlate.Merge([]*correlate.Sorter{entries}, func(key, payload []byte) error {
		x, back, hash := decodeSpan(payload)
		if !s.meets(x, back, hash) {
			return d.ctx.Err()
		}
		mark := correlate.AppendInt(append(correlate.AppendInt(nil, x.n), 1), s.marked)
		s.marked++
		return marks.Add(mark, isKnown)
	})
}
