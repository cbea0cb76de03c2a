package schema

import "strings"

// defaultIndices is what Kibana searches for a rule that names no index
// (rule-types.md section 0, securitySolution:defaultIndex).
var defaultIndices = []string{
	"apm-*-transaction*", "auditbeat-*", "endgame-*", "filebeat-*", "logs-*",
	"packetbeat-*", "traces-apm*", "winlogbeat-*", "-*elastic-cloud-logs-*",
}

// Patterns numbers the index patterns of rules, and their lists. It is built while
// rules compile; from then on it is immutable and safe for concurrent use.
type Patterns struct {
	numbers  map[string]int // of a pattern without its minus
	patterns []string
	lists    []list
	known    map[string]int // number of a list by its text
}

// list is the patterns of a rule, by number.
type list struct{ include, exclude []int }

// NewPatterns returns an empty Patterns.
func NewPatterns() *Patterns {
	return &Patterns{numbers: map[string]int{}, known: map[string]int{}}
}

// Rule registers the index patterns of a rule and returns the number of its list;
// equal lists share a number. A list that is empty stands for Kibana's default.
//
// An event is looked at when one of its candidates matches a pattern and none that
// begins with a minus; the only wildcard is the star. The remote cluster of a
// pattern is dropped, since an export has lost where it came from; an exclusion of a
// named remote cluster is dropped whole, since it means the cluster and not the
// index.
func (p *Patterns) Rule(patterns []string) int {
	clean := cleaned(patterns)
	if len(clean) == 0 {
		clean = defaultIndices
	}
	key := strings.Join(clean, ",")
	if n, ok := p.known[key]; ok {
		return n
	}
	var l list
	for _, s := range clean {
		if rest, ok := strings.CutPrefix(s, "-"); ok {
			l.exclude = append(l.exclude, p.number(rest))
		} else {
			l.include = append(l.include, p.number(s))
		}
	}
	n := len(p.lists)
	p.known[key] = n
	p.lists = append(p.lists, l)
	return n
}

// Len returns the number of distinct lists.
func (p *Patterns) Len() int { return len(p.lists) }

func (p *Patterns) number(pattern string) int {
	if n, ok := p.numbers[pattern]; ok {
		return n
	}
	n := len(p.patterns)
	p.numbers[pattern] = n
	p.patterns = append(p.patterns, pattern)
	return n
}

// Match returns the lists that look at an event with these candidates, by number.
// An event without candidates is looked at by lists with a catch-all pattern only
// (query-semantics.md, Decision 10). The caller owns the result and should keep it:
// its cost is that of all patterns.
func (p *Patterns) Match(candidates ...string) Bits {
	var out Bits
	if len(candidates) == 0 {
		p.match(&out, catchAll)
	}
	for _, name := range candidates {
		p.match(&out, func(pattern string) bool { return glob(pattern, name) })
	}
	return out
}

// match adds the lists of which an included pattern holds and no excluded one.
func (p *Patterns) match(out *Bits, holds func(pattern string) bool) {
	var hit Bits
	for i, pattern := range p.patterns {
		if holds(pattern) {
			hit.Set(i)
		}
	}
	for i, l := range p.lists {
		if anyOf(hit, l.include) && !anyOf(hit, l.exclude) {
			out.Set(i)
		}
	}
}

func anyOf(hit Bits, numbers []int) bool {
	for _, n := range numbers {
		if hit.Has(n) {
			return true
		}
	}
	return false
}

// catchAll reports whether a pattern also stands for events of unknown origin.
func catchAll(pattern string) bool {
	switch pattern {
	case "*", "logs-*", "filebeat-*":
		return true
	}
	return false
}

// cleaned returns the patterns as they count: split at commas, without remote
// cluster, selector and empty ones.
func cleaned(patterns []string) []string {
	var out []string
	for _, list := range patterns {
		for _, s := range strings.Split(list, ",") {
			if s = withoutCluster(strings.TrimSpace(s)); s != "" && s != "-" {
				out = append(out, s)
			}
		}
	}
	return out
}

// withoutCluster strips the remote cluster and the selector (::data) of a pattern,
// and collapses its stars. It returns "" for the exclusion of a named cluster.
func withoutCluster(s string) string {
	s, _, _ = strings.Cut(s, "::")
	body, exclude := strings.CutPrefix(s, "-")
	if cluster, rest, ok := strings.Cut(body, ":"); ok {
		if exclude && cluster != "*" {
			return ""
		}
		body = rest
	}
	for strings.Contains(body, "**") {
		body = strings.ReplaceAll(body, "**", "*")
	}
	if body == "_all" {
		body = "*"
	}
	if exclude {
		return "-" + body
	}
	return body
}

// glob reports whether name matches a pattern with stars. Time is at most the
// product of the lengths: only the last star is ever retried.
func glob(pattern, name string) bool {
	star, retry := -1, 0
	p, n := 0, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, retry = p, n
			p++
		case p < len(pattern) && pattern[p] == name[n]:
			p++
			n++
		case star >= 0:
			retry++
			p, n = star+1, retry
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
