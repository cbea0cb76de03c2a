package load

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"

	"coldcase/rules"
	"coldcase/rules/eql"
	"coldcase/rules/kql"
	"coldcase/rules/lucene"
	"coldcase/rules/query"
	"coldcase/rules/source"
)

// format is one form in which rules are kept.
type format struct {
	name string // as in Rule.Format
	// sniff reports whether data looks as if a rule of this form stood in it, broken
	// ones included.
	sniff func(data []byte) bool
	// read returns what stands in data. No rule and no problem means that the likeness
	// was a false one.
	read func(path string, data []byte) ([]*rules.Rule, []rules.Problem)
}

// formats lists the forms in the order in which they are tried. Their marks exclude
// each other, but for JSON: one object a line is an export, all else is not.
var formats = []format{tomlFormat, kibanaFormat, fleetFormat, pageFormat}

// language is one query language that a rule may be written in.
type language struct {
	name  string // as in Rule.Language
	parse func(text source.Text, categoryField string) (*query.Program, error)
}

// languages lists the query languages whose rules are predicates on events. Those of ES|QL
// are more (esql.go).
var languages = []language{
	{"kuery", func(t source.Text, _ string) (*query.Program, error) { return event(kql.Parse(t)) }},
	{"lucene", func(t source.Text, _ string) (*query.Program, error) { return event(lucene.Parse(t)) }},
	{"eql", func(t source.Text, category string) (*query.Program, error) {
		return eql.Parse(t, eql.Options{CategoryField: category})
	}},
}

func event(x query.Expr, err error) (*query.Program, error) {
	if err != nil {
		return nil, err
	}
	return &query.Program{Event: x}, nil
}

// errNoRule says of a file that was read whole that no rule stands in it.
var errNoRule = errors.New("no rule found: none of the known formats (detection-rules TOML, Kibana export, Fleet package JSON, documentation page)")

// Limits on what is read. They are far above any real rule; beyond them a file is
// refused by name rather than read in part.
const (
	maxFile = 64 << 20 // bytes of one file
	maxRule = 4 << 20  // bytes of one rule within it
)

// Read returns the rules of one file, whose text is data. The path is used in
// messages and as Rule.File only. Rules that cannot be read are problems; a file
// without any rule is one, too. Read does not keep data.
func Read(path string, data []byte) ([]*rules.Rule, []rules.Problem) {
	if len(data) > maxFile {
		return nil, problem(path, "", tooLarge("file", maxFile))
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	for _, f := range formats {
		if !f.sniff(data) {
			continue
		}
		rs, problems := f.read(path, data)
		if len(rs)+len(problems) == 0 {
			continue
		}
		for _, r := range rs {
			r.Format = cmp.Or(r.Format, f.name)
		}
		return rs, problems
	}
	return nil, problem(path, "", errNoRule)
}

func tooLarge(what string, limit int) error {
	return fmt.Errorf("the %s is larger than %d MiB", what, limit>>20)
}

func problem(path, name string, err error) []rules.Problem {
	return []rules.Problem{{Path: path, Name: name, Err: err}}
}
