package scanner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/scanner/input"
)

// Defaults of a Config.
const (
	DefaultMaxMemory = 256 << 20
	// Shares of MaxMemory. What is left is for the rules, the codecs' windows and
	// tables, the workers' scratch and the collector's headroom.
	batchShare  = 6
	spillShare  = 48
	reduceShare = 64
	largeShare  = 4
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
func run(ctx context.Context, cfg Config, dir string) (res *Result, err error) {
	if cfg.Spool == nil && readsStdinTwice(cfg) {
		cfg.Spool = NewSpool(dir)
		defer func() {
			if cfg.Rejects && err == nil {
				res.closeAlso(cfg.Spool.Close)
				return
			}
			err = errors.Join(err, cfg.Spool.Close())
		}()
	}
	cfg.places = newPlaces(cfg)
	s, err := mapShards(ctx, cfg, dir, 1)
	if err != nil {
		return nil, err
	}
	return reduce(ctx, cfg, s, dir)
}

// readsStdinTwice says whether evidence from standard input may have to be read again.
func readsStdinTwice(cfg Config) bool {
	return slices.ContainsFunc(cfg.Inputs, func(in input.Input) bool { return in.Path == "" }) &&
		(cfg.Rejects || slices.ContainsFunc(cfg.Matcher.Rules(), correlate.Correlates))
}

// reduce turns what the shards hold into the result, and closes them.
func reduce(ctx context.Context, cfg Config, s shards, dir string) (*Result, error) {
	budget := int(cfg.MaxMemory / reduceShare)
	rs := cfg.Matcher.Rules()
	account := s.account()
	census := account.Census()
	findings := correlate.NewSorter(dir, budget)
	defer findings.Close()
	rd := &correlate.Reduction{Rules: rs, Dir: dir, Budget: budget, Jobs: cfg.Jobs, History: historyOf(census), Rows: rowPrograms(cfg.Matcher)}
	c := &collation{cfg: cfg, dir: dir, budget: budget, rd: rd, findings: findings}
	if err := c.run(ctx, s, census); err != nil {
		return nil, err
	}
	g := newGrouping(rs, census, newFilter(cfg.Filter), dir, budget)
	g.elastic = cfg.ElasticRisk
	if err := g.run(findings); err != nil {
		return nil, errors.Join(err, g.ordered.Close(), g.entities.Close())
	}
	rank := &ranking{rules: rs, assets: cfg.Assets, elastic: cfg.ElasticRisk}
	entities, moreEntities, err := rank.entities(g.entities)
	if err = errors.Join(err, g.entities.Close()); err != nil {
		return nil, errors.Join(err, g.ordered.Close())
	}
	res := &Result{Tool: cfg.Tool, NotEvidence: cfg.NotEvidence, Inputs: s.inputResults(),
		Groups: g.groups.Sorted(), Candidates: g.candidates.Sorted(), Entities: entities, Tactics: hitTactics(rs, g.byRule),
		First: g.first, Last: g.last}
	res.Rules, res.Coverage = ruleResults(cfg.Rules, cfg.Matcher, census, g.byRule)
	res.Coverage.Census = censusResult(census)
	res.Continuity = continuityOf(census)
	res.Counts = counts(g, res, census, rd.Stats)
	if res.Comparison, err = c.compared.result(); err != nil {
		return nil, errors.Join(err, g.ordered.Close())
	}
	if c.near != nil {
		res.NearMisses, res.Counts.NearMisses = c.near.kept.Sorted(), c.near.kept.Seen
	}
	res.Exceptions, res.Counts.Suppressed = exceptionResults(cfg.Matcher, account, &c.suppressed)
	if err := res.joinChains(cfg, g, s); err != nil {
		return nil, errors.Join(err, g.ordered.Close())
	}
	res.Audit, res.Costs = s.auditOf(cfg, account), s.costs(cfg)
	res.Notes = append(res.Notes, notes(res, g, account, rd.Stats, moreEntities)...)
	res.Notes = append(res.Notes, c.notes...)
	res.Notes = append(res.Notes, res.Audit.notes()...)
	res.Notes = append(res.Notes, unread(cfg)...)
	slices.Sort(res.Notes)
	res.explain = newExplainer(cfg.Matcher).finding
	res.findings = func(yield func(*Finding) error) error { return walkFindings(g.ordered, rs, res, yield) }
	res.close = g.ordered.Close
	if err := res.rejecting(ctx, cfg, s); err != nil {
		return nil, errors.Join(err, g.ordered.Close())
	}
	res.Interrupted = s.stopped()
	res.Complete = complete(res) && c.lost == 0 && len(cfg.Problems)+len(cfg.Matcher.IndicatorProblems()) == 0
	return res, nil
}

// counts totals the run.
func counts(g *grouping, res *Result, census *matchers.Census, stats correlate.Stats) Counts {
	c := g.counts
	c.Inputs = int64(len(res.Inputs))
	c.Events, c.NoIndex, c.NoTime = census.Events()
	for _, in := range res.Inputs {
		if in.Baseline {
			continue
		}
		c.Lines += in.Lines
		c.BadLines += in.BadLines
		c.Actions += in.Actions
		c.Blank += in.Blank
		c.Loss.add(in.Loss)
		c.StoredBytes += in.Bytes
		c.DecodedBytes += in.DecodedBytes
	}
	c.Folded, c.IDConflicts = stats.Folded, stats.IDConflicts
	return c
}

// complete says whether everything given was read whole.
func complete(res *Result) bool {
	for _, in := range res.Inputs {
		if in.Status != StatusOK || in.BadLines > 0 {
			return false
		}
	}
	return !res.Interrupted && res.Coverage.Unreadable == 0 && (res.Audit == nil || res.Audit.Count == 0)
}
