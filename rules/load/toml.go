package load

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"

	"coldcase/rules"
	"coldcase/rules/source"
)

// tomlFormat is a file of elastic/detection-rules (rule-formats.md section 1), and of
// the built-in pack, which adds rule.version, rule.derived_facts_from and [[tests]].
var tomlFormat = format{name: "toml", sniff: looksTOML, read: readTOML}

// ruleTable finds what opens the rule: "[rule]", "[[rule.threat]]", "rule.name = ".
var ruleTable = regexp.MustCompile(`(?m)^[ \t]*(\[\[?[ \t]*"?rule"?[ \t]*[.\]]|"?rule"?[ \t]*[.=][^=])`)

// firstStatement is how a TOML file begins after its comments. A page that quotes a
// rule begins otherwise.
var firstStatement = regexp.MustCompile(`^(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*(?:\[|["'\w.-]+[ \t]*=)`)

func looksTOML(data []byte) bool {
	return firstStatement.Match(data) && ruleTable.Match(data)
}

func readTOML(path string, data []byte) ([]*rules.Rule, []rules.Problem) {
	r, name, err := parseTOML(path, string(data))
	if err != nil {
		return nil, problem(path, name, err)
	}
	return []*rules.Rule{r}, nil
}

// parseTOML returns the rule, and its name even when something else in it is wrong.
func parseTOML(path, body string) (r *rules.Rule, name string, err error) {
	if len(body) > maxRule {
		return nil, "", tooLarge("rule", maxRule)
	}
	text := source.Text{Path: path, Body: body}
	values, limit := scanTOML(text)
	if limit != nil {
		return nil, "", limit
	}
	file, err := decodeTOML(text)
	if err != nil {
		return nil, "", err
	}
	log := new(notes)
	top := newObject(file, log)
	body2, ok := top.object("rule")
	if !ok {
		return nil, "", text.Errorf(source.Span{}, "no table [rule]")
	}
	body2.path = ""
	d := draft{text: text, body: body2, log: log}
	d.locate = func(key string) int {
		if at, ok := values["rule."+key]; ok {
			return at
		}
		return -1
	}
	d.finish = func(r *rules.Rule) { tomlExtras(r, top) }
	return d.rule()
}

// decodeTOML parses the text into tables, lists and scalars.
func decodeTOML(text source.Text) (file map[string]any, err error) {
	_, err = toml.Decode(text.Body, &file)
	var bad toml.ParseError
	if errors.As(err, &bad) {
		at := bad.Position.Start
		return nil, text.Errorf(source.Span{Start: at, End: at + bad.Position.Len}, "%s", tomlMessage(bad))
	}
	if err != nil {
		return nil, fmt.Errorf("toml: %w", err)
	}
	tableList(file)
	return file, nil
}

// tomlMessage brings the package's message into our shape: lower case, one line.
func tomlMessage(bad toml.ParseError) string {
	msg := bad.Message
	if msg == "" {
		msg = bad.Error()
	}
	msg, _, _ = strings.Cut(msg, "\n")
	return "toml: " + strings.TrimSuffix(strings.TrimPrefix(msg, "toml: "), ".")
}

// tomlExtras reads what stands beside the table [rule].
func tomlExtras(r *rules.Rule, top object) {
	if meta, ok := top.object("metadata"); ok {
		r.Maturity = meta.str("maturity")
		meta.ignore("creation_date", "updated_date", "integration", "min_stack_version", "min_stack_comments",
			"deprecation_date", "deprecated_reason", "promotion", "bypass_bbr_timing", "comments", "os_type_list",
			"related_endpoint_rules", "query_schema_validation", "extended")
		meta.finish()
	}
	if r.Maturity == "deprecated" || inDeprecated(r.File) {
		r.Deprecated = true
	}
	if t, ok := top.object("transform"); ok {
		r.Pivots = pivots(t, r)
		t.finish()
	}
	for _, t := range top.objects("tests") {
		r.Tests = append(r.Tests, rules.Test{Name: t.str("name"), Match: t.boolean("match"), Event: t.str("event")})
		t.finish()
	}
	top.finish()
}

// inDeprecated reports whether the file lies in a folder in which detection-rules
// keeps what it has given up.
func inDeprecated(path string) bool {
	return strings.HasPrefix(path, "_deprecated/") || strings.Contains(path, "/_deprecated/")
}

// pivots lists the suggested searches of [transform] and puts their labels where the
// note has placeholders such as $investigate_0.
func pivots(t object, r *rules.Rule) []string {
	var out []string
	var replace []string
	for _, kind := range []string{"investigate", "osquery"} {
		for i, p := range t.objects(kind) {
			label := p.str("label")
			out = append(out, label)
			replace = append(replace, fmt.Sprintf("$%s_%d", kind, i), "["+label+"]")
			p.ignore("description", "providers", "relativeFrom", "relativeTo", "query")
			p.finish()
		}
	}
	// The longest placeholder first: $osquery_1 is the beginning of $osquery_10.
	var longest []string
	for i := len(replace) - 2; i >= 0; i -= 2 {
		longest = append(longest, replace[i], replace[i+1])
	}
	r.Note = strings.NewReplacer(longest...).Replace(r.Note)
	return out
}
