package scanner

import (
	"context"
	"errors"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
)

// collation turns records into whole findings, sorted by group: the first stage over
// the evidence, the second over what the first has found.
type collation struct {
	cfg      Config
	dir      string
	budget   int
	rd       *correlate.Reduction
	findings *correlate.Sorter
	notes    []string
	lost     int64 // rows that could not be had
	// suppressed is what exceptions took from the second stage.
	suppressed matchers.Suppressed
	near       *nearMisses // nil when nobody asks
	compared   *comparison // nil without a second set of rules
}

func (c *collation) run(ctx context.Context, s shards, census *matchers.Census) error {
	c.compared = newComparison(c.cfg, c.dir, c.budget)
	if c.cfg.NearMisses {
		c.near = newNearMisses(c.cfg, c.compared)
		c.rd.NearMiss = c.near.take
		_, c.rd.End, _ = census.Span()
	}
	c.rd.Tallies = s.takeTallies()
	late, err := readLate(ctx, c.cfg, c.dir, s, c.rd.Tallies)
	if err != nil {
		return errors.Join(err, s.close())
	}
	c.notes, c.lost = append(c.notes, late.notes()...), late.lost
	second := newSecondStage(c.cfg, c.dir, c.budget, c.compared)
	err = c.stage(ctx, append(s.collectors(), late.collectors()...), nil, second)
	if err = errors.Join(err, s.close()); err != nil || second == nil {
		return err
	}
	census.MergeSeen(second.worker.Census())
	c.notes = append(c.notes, second.notes()...)
	c.suppressed.Merge(second.worker.Suppressed())
	c.rd.Tallies = second.tallies
	err = c.stage(ctx, []*correlate.Collector{second.out}, second.events, nil)
	return errors.Join(err, second.close())
}

// stage reduces records to findings, reads again what they do not carry and what is not
// among the known events, and files them.
func (c *collation) stage(ctx context.Context, from []*correlate.Collector, known *correlate.Sorter, second *secondStage) error {
	var buf scratch
	en := newEnricher(c.cfg, c.dir, c.budget, known, func(f *correlate.Finding) error {
		x := newFound(f, c.rd.Rules[f.Rule])
		if err := second.take(&x); err != nil {
			return err
		}
		if reported, err := c.compared.take(&x); err != nil || !reported {
			return err
		}
		return c.findings.Add(x.groupKey(), buf.keep(f.Append(buf)))
	})
	defer en.close()
	if err := c.rd.Run(from, en.take); err != nil {
		return err
	}
	// The hits have become findings: their memory is for what follows.
	c.rd.Tallies = nil
	for _, x := range from {
		if err := x.Close(); err != nil {
			return err
		}
	}
	if err := en.run(ctx); err != nil {
		return err
	}
	c.notes = append(c.notes, en.notes()...)
	return nil
}
