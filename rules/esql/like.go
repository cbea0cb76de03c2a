package esql

import (
	"coldcase/rules/query"
	"coldcase/rules/source"
)

// like reads the pattern or patterns of LIKE and RLIKE. A pattern that takes any string is
// a test for null, as Elasticsearch's optimiser has it: NOT x LIKE "*" keeps the rows
// without x, and a list of values passes.
func (p *parser) like(start source.Span, x Expr, re bool) (Expr, error) {
	patterns, err := p.patternTexts()
	if err != nil {
		return nil, err
	}
	out := &Like{X: x, Regexp: re}
	for _, t := range patterns {
		text, ok := constantText(t)
		if !ok {
			return nil, p.unsupported(t.Span(), "computed pattern in LIKE and RLIKE")
		}
		if re && text == ".*" || !re && text == "*" {
			test := &IsNull{node{p.from(start), Boolean}, x}
			return p.negated(start, test), nil
		}
		out.Texts = append(out.Texts, text)
		if !re {
			out.Patterns = append(out.Patterns, query.EscapedPattern(text))
			continue
		}
		program, err := translateRegexp(text)
		if err != nil {
			return nil, p.regexpError(t.Span(), err)
		}
		out.Programs = append(out.Programs, program)
	}
	out.node = node{p.from(start), Boolean}
	return out, nil
}

// patternTexts reads one pattern or a list of them in parentheses.
func (p *parser) patternTexts() ([]Expr, error) {
	if p.accept("(") {
		return p.arguments()
	}
	x, err := p.sum()
	return []Expr{x}, err
}

func (p *parser) regexpError(at source.Span, err error) error {
	if bad, ok := err.(*regexpUnsupported); ok {
		return p.unsupported(at, bad.construct)
	}
	return p.errorf(at, "RLIKE: %s", err.Error())
}

// printPattern writes a pattern of names: text that is no plain name goes into backticks.
func printPattern(p query.Pattern) string {
	out := ""
	for _, part := range p {
		if part.Kind == query.Any {
			out += "*"
			continue
		}
		out += printNamePart(part.Text)
	}
	return out
}
