package esql

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"coldcase/rules/source"
)

// GrokPattern is a compiled pattern of GROK.
type GrokPattern struct {
	Text string // as written
	// Program is a Go regular expression, not anchored: '^' and '$' are the ends of lines.
	Program string
	// Fields are the values that it takes out, in the order of the pattern.
	Fields []GrokField
}

// GrokField is one output of a pattern. Groups are the numbers of the submatches of
// Program that fill it, several for a name that stands there several times: a group that
// took no part adds no value.
type GrokField struct {
	Name   string
	Type   Type
	Groups []int
}

// Limits of a GROK pattern: its length, and those of the expressions that one pattern and
// all of a query stand for, which take time to compile.
const (
	maxGrok         = 16 << 10
	maxGrokExpanded = 64 << 10
	maxGrokQuery    = 512 << 10
	maxGrokDepth    = 20
)

// grok reads the arguments of GROK.
func (p *parser) grok(start source.Span) (Command, error) {
	x, err := p.primary()
	if err != nil {
		return nil, err
	}
	c := &Grok{X: x}
	for {
		t := p.cur()
		if t.kind != tokString {
			return nil, p.unexpected("a GROK pattern in double quotes")
		}
		p.take()
		pattern, err := compileGrok(t.text)
		if bad, ok := err.(*regexpUnsupported); ok {
			return nil, p.unsupported(t.span, bad.construct)
		}
		if err != nil {
			return nil, p.errorf(t.span, "GROK: %s", err.Error())
		}
		if p.grokked += len(pattern.Program); p.grokked > maxGrokQuery {
			return nil, p.errorf(t.span, "GROK: the patterns of the query are too large")
		}
		if err := c.add(pattern); err != nil {
			return nil, p.errorf(t.span, "GROK: %s", err.Error())
		}
		if err := p.count(len(pattern.Fields)); err != nil {
			return nil, err
		}
		if !p.accept(",") {
			c.place = p.from(start)
			return c, nil
		}
	}
}

// add appends a pattern and its outputs.
func (c *Grok) add(p *GrokPattern) error {
	c.Patterns = append(c.Patterns, p)
	for _, f := range p.Fields {
		i, found := slices.BinarySearchFunc(c.Outputs, f.Name, func(c Column, name string) int {
			return strings.Compare(c.Name, name)
		})
		if found && c.Outputs[i].Type != f.Type {
			return fmt.Errorf("%s is both %s and %s", f.Name, c.Outputs[i].Type, f.Type)
		}
		if !found {
			c.Outputs = slices.Insert(c.Outputs, i, Column{Name: f.Name, Type: f.Type})
		}
	}
	return nil
}

// compileGrok translates a pattern: library patterns are put in place, names of groups,
// which may have dots, become numbers, and Oniguruma's syntax becomes Go's.
func compileGrok(text string) (*GrokPattern, error) {
	if len(text) > maxGrok {
		return nil, fmt.Errorf("pattern of %d bytes: the limit is %d", len(text), maxGrok)
	}
	g := &grokCompiler{}
	body, err := g.expand(text, 0)
	if err != nil {
		return nil, err
	}
	out := &GrokPattern{Text: text, Program: "(?m)" + body}
	re, err := regexp.Compile(out.Program)
	if err != nil {
		return nil, fmt.Errorf("regular expression: %w", err)
	}
	for i, name := range re.SubexpNames() {
		if name != "" {
			if err := out.addGroup(g.fields[name], i); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (p *GrokPattern) addGroup(f GrokField, group int) error {
	for i := range p.Fields {
		if p.Fields[i].Name == f.Name {
			if p.Fields[i].Type != f.Type {
				return fmt.Errorf("%s is both %s and %s", f.Name, p.Fields[i].Type, f.Type)
			}
			p.Fields[i].Groups = append(p.Fields[i].Groups, group)
			return nil
		}
	}
	f.Groups = []int{group}
	p.Fields = append(p.Fields, f)
	return nil
}

type grokCompiler struct {
	// fields maps the group names of the Go expression to what they stand for.
	fields map[string]GrokField
	size   int
}

// group opens a group for a field, "name" or "name:type".
func (g *grokCompiler) group(field string) (string, error) {
	name, typeName, typed := strings.Cut(field, ":")
	t := Keyword
	if typed {
		var ok bool
		if t, ok = grokTypes[typeName]; !ok {
			return "", fmt.Errorf("unknown type %q, expected int, long, float, double, boolean or string", typeName)
		}
	}
	if name == "" {
		return "", fmt.Errorf("empty name in %q", field)
	}
	if g.fields == nil {
		g.fields = map[string]GrokField{}
	}
	key := "g" + strconv.Itoa(len(g.fields))
	g.fields[key] = GrokField{Name: name, Type: t}
	return "(?P<" + key + ">", nil
}

var grokTypes = map[string]Type{
	"string": Keyword, "int": Integer, "long": Long, "float": Double, "double": Double, "boolean": Boolean,
}

// expand translates a pattern or a part of the library.
func (g *grokCompiler) expand(text string, depth int) (string, error) {
	if g.size += len(text); g.size > maxGrokExpanded || depth > maxGrokDepth {
		return "", fmt.Errorf("pattern is too large")
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		n, out, err := g.part(text[i:], depth)
		if err != nil {
			return "", err
		}
		b.WriteString(out)
		i += n
	}
	return b.String(), nil
}

// part translates what s begins with, and returns how many bytes of s that is.
func (g *grokCompiler) part(s string, depth int) (n int, out string, err error) {
	switch {
	case strings.HasPrefix(s, "%{"):
		return g.reference(s, depth)
	case s[0] == '\\':
		return onigEscape(s)
	case s[0] == '[':
		n, err = classLength(s)
		return n, s[:n], err
	case strings.HasPrefix(s, "(?"):
		return g.special(s)
	case len(s) > 1 && strings.IndexByte("?*+", s[0]) >= 0 && s[1] == '+':
		return 0, "", &regexpUnsupported{"possessive quantifier in GROK"}
	}
	return 1, s[:1], nil
}

// reference puts a pattern of the library in place: %{NAME}, %{NAME:field} or
// %{NAME:field:type}.
func (g *grokCompiler) reference(s string, depth int) (int, string, error) {
	end := strings.IndexByte(s, '}')
	if end < 0 {
		return 0, "", fmt.Errorf("missing '}' behind %q", s[:min(len(s), 20)])
	}
	name, field, named := strings.Cut(s[2:end], ":")
	def, ok := grokLibrary[name]
	if !ok {
		return 0, "", &regexpUnsupported{"GROK pattern " + name}
	}
	open := "(?:"
	if named {
		var err error
		if open, err = g.group(field); err != nil {
			return 0, "", err
		}
	}
	body, err := g.expand(def, depth+1)
	return end + 1, open + body + ")", err
}

// onigEscape translates an escape outside of a class.
func onigEscape(s string) (int, string, error) {
	if len(s) == 1 {
		return 0, "", fmt.Errorf("pattern ends in a backslash")
	}
	switch s[1] {
	case 'h':
		return 2, "[0-9a-fA-F]", nil
	case 'H':
		return 2, "[^0-9a-fA-F]", nil
	case 'Z':
		return 2, `\n?\z`, nil
	case 'k', 'g', 'G', 'R', 'X', 'K':
		return 0, "", &regexpUnsupported{`\` + s[1:2] + " in GROK"}
	}
	return 2, s[:2], nil
}

// classLength returns the length of the class at the front of s.
func classLength(s string) (int, error) {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '[' && strings.HasPrefix(s[i:], "[:"):
			end := strings.Index(s[i:], ":]")
			if end < 0 {
				return 0, fmt.Errorf("missing ':]' in class")
			}
			i += end + 1
		case s[i] == '[', strings.HasPrefix(s[i:], "&&"):
			return 0, &regexpUnsupported{"nested class in GROK"}
		case s[i] == ']' && i > 1 && (i > 2 || s[1] != '^'):
			return i + 1, nil
		}
	}
	return 0, fmt.Errorf("missing ']' in pattern")
}

// special translates what begins with "(?": a named group, flags, or a lookaround, which is
// refused. Oniguruma's flag m is Go's s; ^ and $ always are the ends of lines there.
func (g *grokCompiler) special(s string) (int, string, error) {
	switch {
	case strings.HasPrefix(s, "(?<="), strings.HasPrefix(s, "(?<!"), strings.HasPrefix(s, "(?="), strings.HasPrefix(s, "(?!"):
		return 0, "", &regexpUnsupported{"lookaround in GROK"}
	case strings.HasPrefix(s, "(?>"):
		return 0, "", &regexpUnsupported{"atomic group in GROK"}
	case strings.HasPrefix(s, "(?<"):
		end := strings.IndexByte(s, '>')
		if end < 0 {
			return 0, "", fmt.Errorf("missing '>' behind the name of a group")
		}
		open, err := g.group(s[3:end])
		return end + 1, open, err
	}
	end := strings.IndexAny(s, ":)")
	if end < 0 || strings.Trim(s[2:end], "imx-") != "" {
		return 0, "", fmt.Errorf("unknown group %q", s[:min(len(s), 10)])
	}
	if strings.Contains(s[:end], "x") {
		return 0, "", &regexpUnsupported{"flag x in GROK"}
	}
	return end + 1, strings.ReplaceAll(s[:end+1], "m", "s"), nil
}
