package load

import (
	"errors"

	"coldcase/rules"
	"coldcase/rules/query"
)

// filters reads a list of Kibana filters (rule-types.md section 11): each is a clause
// of Elasticsearch's Query DSL with a note whether it is disabled or negated. A
// filter that cannot be read exactly makes the rule not run: without its filters a
// rule finds what it was told not to.
func (d draft) filters(r *rules.Rule, key string) []query.Expr {
	v, ok := d.body.get(key)
	if !ok {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		d.body.wrong(key, "a list of filters", v)
		return nil
	}
	var xs []query.Expr
	for _, item := range list {
		x, err := filter(item)
		switch {
		case err != nil:
			if r.NotRun == "" {
				r.NotRun = unsupported("filter: " + err.Error())
			}
		case x != nil:
			xs = append(xs, x)
		}
	}
	return xs
}

// filter translates one filter; nil without an error when it has no effect.
func filter(item any) (query.Expr, error) {
	f, ok := item.(map[string]any)
	if !ok {
		return nil, errors.New(typeName(item) + " in place of a filter")
	}
	meta, _ := f["meta"].(map[string]any)
	if truth(meta["disabled"]) || len(f) == 0 {
		return nil, nil
	}
	x, err := clause(clauseOf(f), 0)
	if err != nil {
		return nil, err
	}
	if truth(meta["negate"]) {
		return &query.Not{X: x}, nil
	}
	return x, nil
}

// clauseOf returns the clause within a filter: under "query", or, as older versions
// of Kibana stored it, beside the notes.
func clauseOf(f map[string]any) any {
	if q, ok := f["query"]; ok {
		return q
	}
	out := make(map[string]any)
	for k, v := range f {
		if k != "meta" && k != "$state" {
			out[k] = v
		}
	}
	return out
}

// truth reads a flag; the forms of old exports are accepted.
func truth(v any) bool {
	return v == true || v == "true"
}
