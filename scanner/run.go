package scanner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
)

// Defaults of a Config.
const (
	DefaultMaxMemory = 256 << 20
	// Shares of MaxMemory. What is left is for the rules, the codecs' windows and
	// tables, the workers' scratch and the collector's headroom.
	batchShare  = 6
	spillShare  = 10
	reduceShare = 16
)

// Run scans the inputs of cfg: it maps them to hits on a pool of workers and reduces
// the hits to a result. When ctx is cancelled it stops reading and reduces what was
// found; the result then says so. Bad evidence is part of the result and never an
// error: an error means that the run could not be done, such as a temporary directory
// that cannot be written. The caller closes the result.
func Run(ctx context.Context, cfg Config) (*Result, error) {
	cfg = withDefaults(cfg)
	dir, err := os.MkdirTemp(cfg.TempDir, "coldcase-*")
	if err != nil {
		return nil, fmt.Errorf("temporary directory: %w", err)
	}
	res, err := run(ctx, cfg, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	closeSorters := res.close
	res.close = func() error { return errors.Join(closeSorters(), os.RemoveAll(dir)) }
	return res, nil
}

func withDefaults(cfg Config) Config {
	if cfg.Jobs <= 0 {
		cfg.Jobs = runtime.GOMAXPROCS(0)
	}
	if cfg.MaxMemory <= 0 {
		cfg.MaxMemory = DefaultMaxMemory
	}
	if cfg.Progress == nil {
		cfg.Progress = &Progress{}
	}
	return cfg
}

// run is map, then reduce.
func run(ctx context.Context, cfg Config, dir string) (*Result, error) {
	p := newPool(cfg, dir)
	if err := p.run(ctx); err != nil {
		return nil, errors.Join(err, p.close())
	}
	res, err := reduce(cfg, p, dir)
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	res.Interrupted = p.stopped()
	res.Complete = complete(res)
	return res, nil
}

// reduce turns the pool's records into the result.
func reduce(cfg Config, p *pool, dir string) (*Result, error) {
	budget := int(cfg.MaxMemory / reduceShare)
	rs := cfg.Matcher.Rules()
	findings := correlate.NewSorter(dir, budget)
	defer findings.Close()
	rd := &correlate.Reduction{Rules: rs, Dir: dir, Budget: budget}
	err := rd.Run(p.collectors(), func(f *correlate.Finding) error {
		r := f.Records[0]
		return findings.Add(groupKey(nil, r), r.Append(nil))
	})
	// The hits have become findings: their memory is for the grouping.
	if err = errors.Join(err, p.close()); err != nil {
		return nil, err
	}
	census := p.census()
	g := newGrouping(rs, census, newFilter(cfg.Filter), dir, budget)
	if err := g.run(findings); err != nil {
		return nil, errors.Join(err, g.ordered.Close(), g.entities.Close())
	}
	entities, moreEntities, err := rankEntities(rs, g.entities)
	if err = errors.Join(err, g.entities.Close()); err != nil {
		return nil, errors.Join(err, g.ordered.Close())
	}
	res := &Result{Tool: cfg.Tool, NotEvidence: cfg.NotEvidence, Inputs: p.inputResults(),
		Groups: g.groups.sorted(), Entities: entities, Tactics: hitTactics(rs, g.byRule),
		First: g.first, Last: g.last}
	res.Rules, res.Coverage = ruleResults(cfg.Rules, cfg.Matcher, census, g.byRule)
	res.Coverage.Census = censusResult(census)
	res.Counts = counts(g, p, res, census, rd.Stats)
	res.Notes = notes(res, g, p, moreEntities)
	res.findings = func(yield func(*Finding) error) error { return walkFindings(g.ordered, rs, res, yield) }
	res.close = g.ordered.Close
	return res, nil
}

// counts totals the run.
func counts(g *grouping, p *pool, res *Result, census *matchers.Census, stats correlate.Stats) Counts {
	c := g.counts
	c.Inputs = int64(len(res.Inputs))
	c.Events, c.NoIndex, c.NoTime = census.Events()
	for _, in := range res.Inputs {
		c.Lines += in.Lines
		c.BadLines += in.BadLines
		c.StoredBytes += in.Bytes
		c.DecodedBytes += in.DecodedBytes
	}
	c.Folded, c.IDConflicts = stats.Folded, stats.IDConflicts
	c.BySeverity = map[string]int64{}
	for i, r := range p.cfg.Matcher.Rules() {
		if n := g.byRule[i]; n > 0 {
			c.BySeverity[r.Severity] += n
		}
	}
	return c
}

// complete says whether everything given was read whole.
func complete(res *Result) bool {
	for _, in := range res.Inputs {
		if in.Status != StatusOK || in.BadLines > 0 {
			return false
		}
	}
	return !res.Interrupted && res.Coverage.Unreadable == 0
}
