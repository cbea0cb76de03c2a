package lint

import (
	"cmp"
	"slices"

	"coldcase/rules"
	"coldcase/rules/query"
	"coldcase/rules/schema"
)

// Level says how sure a diagnostic is.
type Level string

// The levels, the surest first.
const (
	Error   Level = "error"
	Warning Level = "warning"
	Note    Level = "note"
)

// Diagnostic is one thing that is probably a mistake.
type Diagnostic struct {
	Code     string // names the check
	Level    Level
	RuleID   string
	RuleName string
	File     string
	Line     int // 1-based
	Col      int // 1-based, in code points
	Message  string
}

// Options say what rules are held against. The zero value is the built-in schema, and
// places where rules begin.
type Options struct {
	// Schema gives the fields' types; nil means schema.Builtin().
	Schema *schema.Schema
	// Mapped is set when Schema has a mapping of the user's own, which may have fields
	// that the usual sources have not.
	Mapped bool
	// Read returns the file that a rule was read from. nil, or an error, costs the places.
	Read func(file string) ([]byte, error)
}

// Doc describes a check for the help.
type Doc struct {
	Code  string
	Level Level
	Doc   string
}

// check is one thing that is looked for.
type check struct {
	Doc
	run func(c *context)
}

// checks lists what is looked for, in the order of the help.
var checks = []check{
	{Doc{"duplicate-id", Error, "two rules that run have one id"}, duplicateID},
	{Doc{"never-matches", Error, "the query can match no event at all"}, neverMatches},
	{Doc{"unknown-attack-id", Error, "ATT&CK has no tactic or technique of this id, or not there"}, attackIDs},
	{Doc{"never-true", Warning, "a clause that no event satisfies"}, neverTrue},
	{Doc{"unknown-field", Warning, "a field that no schema knows"}, unknownFields},
	{Doc{"field-without-source", Warning, "a field that no source of the rule's indices has"}, fieldsWithoutSource},
	{Doc{"attack-revoked", Warning, "ATT&CK has revoked or deprecated a technique"}, attackRevoked},
	{Doc{"incomplete", Warning, "a fact that the rule's source should hold and does not"}, incomplete},
	{Doc{"reading", Warning, "something in the rule's file that was not understood, or not used"}, reading},
	{Doc{"no-index", Note, "a query that has to be evaluated on every event of its kind"}, withoutIndex},
	{Doc{"not-run", Note, "the rule is read, and cannot be run"}, notRun},
	{Doc{"no-references", Note, "the rule names no reference"}, withoutReferences},
	{Doc{"no-attack", Note, "the rule names no tactic of ATT&CK"}, withoutATTACK},
}

// Checks describes all checks.
func Checks() []Doc {
	out := make([]Doc, len(checks))
	for i, c := range checks {
		out[i] = c.Doc
	}
	return out
}

// context is one rule under a check.
type context struct {
	first  map[string]*rules.Rule // by id, of the rules that run
	entry  rules.Entry
	rule   *rules.Rule // of entry
	runs   bool
	nevers map[query.Expr]string // what never said of the rule's parts
	opt    Options
	schema *schema.Schema
	names  *names
	place  *places
	check  Doc
	out    []Diagnostic
}

// say reports what stands at the first of words that is found behind anchor in the
// rule's text.
func (c *context) say(anchor, word, message string) {
	line, col := c.place.find(c.rule, anchor, word)
	c.out = append(c.out, Diagnostic{Code: c.check.Code, Level: c.check.Level, RuleID: c.rule.ID, RuleName: c.rule.Name,
		File: c.rule.File, Line: line, Col: col, Message: message})
}

// Check looks at every rule of a set but those that a newer version supersedes. The
// diagnostics are sorted by file, line, column and code.
func Check(set *rules.Set, opt Options) []Diagnostic {
	s := opt.Schema
	if s == nil {
		s = schema.Builtin()
	}
	c := &context{first: map[string]*rules.Rule{}, opt: opt, schema: s, names: newNames(s), place: newPlaces(opt.Read)}
	for _, e := range set.Entries {
		if e.Status == rules.Superseded {
			continue
		}
		c.entry, c.rule, c.runs = e, e.Rule, e.Status == rules.Runs
		c.nevers = map[query.Expr]string{}
		if c.runs && c.first[e.Rule.ID] == nil {
			c.first[e.Rule.ID] = e.Rule
		}
		for _, k := range checks {
			c.check = k.Doc
			k.run(c)
		}
	}
	slices.SortStableFunc(c.out, compare)
	return slices.Compact(c.out)
}

// compare orders as somebody reads who mends the files.
func compare(a, b Diagnostic) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col),
		cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message), cmp.Compare(a.RuleID, b.RuleID))
}
