package scanner

import (
	"context"
	"errors"
	"slices"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/scanner/input"
)

// shards are the map side of a run, each a pool over some of its inputs. Nothing that
// one shard learns touches another until the reduction merges what they hold: records,
// census and the health of inputs. So shards could be mapped on different machines.
type shards []*pool

func allInputs(cfg Config) []input.Input { return slices.Concat(cfg.Inputs, cfg.Baseline) }

// mapShards maps the inputs of a run in n shards, one after the other.
func mapShards(ctx context.Context, cfg Config, dir string, n int) (s shards, err error) {
	total := len(allInputs(cfg))
	for i := range n {
		p := newPool(cfg, dir, total*i/n, total*(i+1)/n)
		s = append(s, p)
		err := p.kept.restore(ctx)
		if err == nil {
			err = p.run(ctx)
		}
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, nil
}

func (s shards) workers() (out []*worker) {
	for _, p := range s {
		out = append(out, p.workers...)
	}
	return out
}

func (s shards) collectors() (out []*correlate.Collector) {
	for _, w := range s.workers() {
		out = append(out, w.out)
	}
	return out
}

// takeTallies merges what the rows have shown, which the shards then forget.
func (s shards) takeTallies() *correlate.Tallies {
	var sum *correlate.Tallies
	for _, p := range s {
		if sum == nil {
			sum = p.tallies
		} else {
			sum.Merge(p.tallies)
		}
		p.tallies = nil
		for _, w := range p.workers {
			w.out.Unshare()
		}
	}
	return sum
}

// account merges what the workers have learnt. It is called once.
func (s shards) account() *matchers.Account {
	var sum *matchers.Account
	for _, p := range s {
		for _, a := range p.accounts() {
			if sum == nil {
				sum = a
				continue
			}
			sum.Merge(a)
		}
	}
	return sum
}

// inputResults lists the health of all inputs, each from the shard that mapped it.
func (s shards) inputResults() (out []InputResult) {
	for _, p := range s {
		for i := p.from; i < p.to; i++ {
			r := p.inputs[i].result(p.all[i])
			r.Baseline = i >= len(p.cfg.Inputs)
			out = append(out, r)
		}
	}
	return out
}

// stopped says whether an input was not read to its end because the run was
// interrupted.
func (s shards) stopped() bool {
	return slices.ContainsFunc(s, func(p *pool) bool {
		return slices.ContainsFunc(p.inputs, func(in *inputState) bool { return in.stopped })
	})
}

// ancestry are the records of processes' starts, which the chains are made of last.
func (s shards) ancestry() (out []*ancestry) {
	for _, w := range s.workers() {
		out = append(out, w.ancestry)
	}
	return out
}

func (s shards) close() error {
	var errs []error
	for _, w := range s.workers() {
		errs = append(errs, w.out.Close())
	}
	return errors.Join(errs...)
}
