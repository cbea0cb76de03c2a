package scanner

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// Assets says how much hosts and users matter. The zero value and nil say nothing of
// any. It is immutable and safe for concurrent use.
type Assets struct {
	list  []asset
	exact map[[2]string]int // place in list of the first with this kind and name
	globs []int             // places of those with * or ?
}

// asset is one line of the list.
type asset struct {
	kind, pattern string // pattern in lower case, with * and ?
	level         criticality
}

// criticality is a level of Elastic's asset criticality with its factor (ranking.md).
type criticality struct {
	name   string
	factor float64
}

// criticalities are the levels, with the words that Kibana's own files have for them.
var criticalities = []criticality{
	{"low", 0.5}, {"medium", 1}, {"high", 1.5}, {"extreme", 2},
}

// Bounds of a list of assets.
const (
	maxAssets       = 100_000
	maxAssetPattern = 256 // bytes
)

// ParseAssets reads a list of hosts and users with their criticality, low, medium, high
// or extreme (or as Kibana writes them, high_impact): CSV of kind, name, criticality with
// or without a heading, which Kibana imports as well; or, where name ends in .toml,
// [[asset]] tables of host or user, and criticality. Names are compared whole, in any
// case; * and ? stand for any text and any character. Of several that fit the first
// counts. The error names the line, or the table, from 1.
func ParseAssets(name string, data []byte) (*Assets, error) {
	if strings.EqualFold(path.Ext(name), ".toml") {
		return assetsTOML(data)
	}
	return assetsCSV(data)
}

func assetsCSV(data []byte) (*Assets, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	r.FieldsPerRecord, r.TrimLeadingSpace, r.Comment, r.ReuseRecord = -1, true, '#', true
	a := &Assets{exact: map[[2]string]int{}}
	for first := true; ; first = false {
		row, err := r.Read()
		if err == io.EOF {
			return a, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		if len(row) != 3 {
			return nil, fmt.Errorf("line %d: %d columns, want kind, name, criticality", line, len(row))
		}
		err = a.add(strings.TrimSpace(row[0]), strings.TrimSpace(row[1]), strings.TrimSpace(row[2]))
		if err != nil && !first { // the first may be a heading
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		if err != nil && !slices.Contains(assetHeadings, strings.ToLower(strings.TrimSpace(row[2]))) {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
}

// assetHeadings are what the third column of a heading may be called.
var assetHeadings = []string{"criticality", "criticality_level", "criticality level", "level"}

func assetsTOML(data []byte) (*Assets, error) {
	var doc struct {
		Asset []struct{ Host, User, Criticality string }
	}
	meta, err := toml.Decode(string(data), &doc)
	if err != nil {
		if at, ok := errors.AsType[toml.ParseError](err); ok {
			return nil, fmt.Errorf("line %d: %s", at.Position.Line, at.Message)
		}
		return nil, err
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("%s: no such key; an [[asset]] has host or user, and criticality", extra[0])
	}
	a := &Assets{exact: map[[2]string]int{}}
	for i, t := range doc.Asset {
		kind, pattern := "host", t.Host
		if t.Host == "" {
			kind, pattern = "user", t.User
		}
		if t.Host != "" && t.User != "" {
			return nil, fmt.Errorf("asset %d: host and user; give one of them", i+1)
		}
		if err := a.add(kind, pattern, t.Criticality); err != nil {
			return nil, fmt.Errorf("asset %d: %w", i+1, err)
		}
	}
	return a, nil
}

func (a *Assets) add(kind, pattern, level string) error {
	kind, level = strings.ToLower(kind), strings.TrimSuffix(strings.ToLower(level), "_impact")
	i := slices.IndexFunc(criticalities, func(c criticality) bool { return c.name == level })
	switch {
	case !slices.Contains(entityKinds[:], kind):
		return fmt.Errorf("%q is neither host nor user", kind)
	case i < 0:
		return fmt.Errorf("%q is no criticality; they are low, medium, high and extreme", level)
	case pattern == "":
		return fmt.Errorf("the %s has no name", kind)
	case len(pattern) > maxAssetPattern:
		return fmt.Errorf("a name of %d bytes is longer than %d", len(pattern), maxAssetPattern)
	case len(a.list) == maxAssets:
		return fmt.Errorf("more than %d assets", maxAssets)
	}
	n := len(a.list)
	a.list = append(a.list, asset{kind, strings.ToLower(pattern), criticalities[i]})
	if strings.ContainsAny(pattern, "*?") {
		a.globs = append(a.globs, n)
		return nil
	}
	key := [2]string{kind, strings.ToLower(pattern)}
	if _, ok := a.exact[key]; !ok {
		a.exact[key] = n
	}
	return nil
}

// of returns the factor of an entity that goes by any of the names, and its criticality;
// 1 and "" for one that is not listed.
func (a *Assets) of(kind string, names ...string) (factor float64, level string) {
	if a == nil {
		return 1, ""
	}
	at := len(a.list)
	for _, name := range names {
		name = strings.ToLower(name)
		if i, ok := a.exact[[2]string{kind, name}]; ok {
			at = min(at, i)
		}
		for _, i := range a.globs {
			if i >= at {
				break
			}
			if x := &a.list[i]; x.kind == kind && fits(x.pattern, name) {
				at = i
			}
		}
	}
	if at == len(a.list) {
		return 1, ""
	}
	return a.list[at].level.factor, a.list[at].level.name
}

// fits says whether a text is what a pattern with * and ? says. The time is that of both
// lengths multiplied at the worst.
func fits(pattern, text string) bool {
	p, t, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p++
			t++
		case star >= 0:
			from++
			p, t = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
