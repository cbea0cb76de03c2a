package matchers

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"coldcase/rules"
	"coldcase/rules/eql"
	"coldcase/rules/kql"
	"coldcase/rules/query"
	"coldcase/rules/source"
)

// generator makes queries and lines that have a fair chance to meet: few fields, one
// or more of each type, and few values.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) generator { return generator{rand.New(rand.NewPCG(seed, 1))} }

func (g generator) one(of ...string) string { return of[g.IntN(len(of))] }

// chance is true once in n times.
func (g generator) chance(n int) bool { return g.IntN(n) == 0 }

var genFields = []string{
	"event.category", "event.category", "event.type", "event.action", "event.kind", "event.module", "event.code",
	"host.os.type", "process.name", "process.name", "process.name.text", "process.name.caseless", "process.args",
	"process.args", "process.command_line", "process.pid", "process.parent.name", "process.code_signature.trusted",
	"process", "source.ip", "message", "@timestamp", "user.id", "unknown.x", "unknown", "labels.a", "endgame.metadata.type",
	"endgame.pid", "m.kw", "m.wc", "m.txt", "m.lng", "m.dbl", "m.ip", "m.bool", "m.dat", "m.ver", "m.con", "m.nul",
	"m.low", "m.nst.a", "m.nst.b", "m.flat.a", "m.flat",
}

var genTexts = []string{
	"process", "file", "start", "end", "info", "executed", "alert", "event", "windows", "linux", "cmd.exe", "CMD.EXE",
	"powershell.exe", "copy_cred_cache", "kcc", "-enc", "/bin/sh", `C:\Windows\System32\cmd.exe`, "a", "", "b c", "4",
	"4.5", "4.0", "true", "false", "10.1.2.3", "::1", "2020-03-06", "2020-03-06T10:11:12.5Z", "1.10.0", "äß", "ÄSS",
	"+4", "04", "4e0", ".4e1", "-0", "0", "5", "::ffff:10.1.2.3", "10.1.2.30", "192.168.001.1",
	"K\u212a\u017f", "a*b", "a?b", "null", "\"q\"", "x\\y", "detection", "xcopy_cred_cache.exe", "abcabcabd",
}

func (g generator) field() string { return genFields[g.IntN(len(genFields))] }
func (g generator) text() string {
	s := genTexts[g.IntN(len(genTexts))]
	switch {
	case g.chance(8):
		return s + g.one("x", " ", s, ".exe")
	case g.chance(12):
		return strings.Repeat(s, 1+1100/(len(s)+1))
	}
	return s
}

// rule makes a rule of any language; ok is false when the text does not parse.
func (g generator) rule() (r *rules.Rule, ok bool) {
	x, err := parseAny(g.query())
	if err != nil {
		return nil, false
	}
	r = eventRule(x)
	switch g.IntN(6) {
	case 0:
		r.Indices = []string{"logs-endpoint.*"}
	case 1:
		r.Indices = []string{"auditbeat-*", "endgame-*"}
	case 2:
		r.Indices = []string{"logs-*", "-logs-endpoint.alerts-*"}
	}
	return r, true
}

func (g generator) query() string {
	if g.chance(2) {
		return g.kql(3)
	}
	return g.one("any", "process", "file") + " where " + g.eql(3)
}

// parseAny reads EQL when the text has a "where", KQL otherwise.
func parseAny(q string) (query.Expr, error) {
	if !strings.Contains(q, " where ") {
		return kql.Parse(source.Text{Body: q})
	}
	p, err := eql.Parse(source.Text{Body: q}, eql.Options{})
	if err != nil {
		return nil, err
	}
	if p.Event == nil {
		return nil, fmt.Errorf("no event query")
	}
	return p.Event, nil
}

func (g generator) kql(depth int) string {
	if depth == 0 {
		return g.kqlLeaf()
	}
	switch g.IntN(7) {
	case 0, 1:
		return g.kql(depth-1) + " and " + g.kql(depth-1)
	case 2:
		return g.kql(depth-1) + " or " + g.kql(depth-1)
	case 3:
		return "not " + g.kql(depth-1)
	case 4:
		return "(" + g.kql(depth-1) + ")"
	}
	return g.kqlLeaf()
}

func (g generator) kqlLeaf() string {
	f := g.field()
	switch g.IntN(12) {
	case 0:
		return f + ":*"
	case 1:
		return f + g.one(" < ", " <= ", " > ", " >= ") + g.kqlQuoted()
	case 2:
		return f + ":(" + g.kqlValue() + g.one(" or ", " and ", " and not ") + g.kqlValue() + ")"
	case 3:
		return "m.nst:{ a:" + g.kqlValue() + g.one(" and ", " or ") + "b:" + g.kqlValue() + " }"
	case 4:
		return g.one("m.*", "process.*", "*.name", "unknown*", "*") + ":" + g.kqlValue()
	case 5:
		if g.chance(3) {
			return g.kqlValue()
		}
	}
	return f + ":" + g.kqlValue()
}

func (g generator) kqlValue() string {
	if g.chance(3) {
		return g.kqlQuoted()
	}
	s := kqlPlain.Replace(g.text())
	switch g.IntN(6) {
	case 0:
		return s + "*"
	case 1:
		return "*" + s
	case 2:
		return "*" + s + "*"
	case 3:
		if i := g.IntN(len(s) + 1); i > 0 && s[i-1] != '\\' {
			return s[:i] + "*" + s[i:]
		}
	}
	return s
}

var kqlPlain = strings.NewReplacer(`\`, `\\`, `(`, `\(`, `)`, `\)`, `:`, `\:`, `<`, `\<`, `>`, `\>`, `"`, `\"`, `*`, `\*`)

func (g generator) kqlQuoted() string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(g.text()) + `"`
}

func (g generator) eql(depth int) string {
	if depth == 0 {
		return g.eqlLeaf()
	}
	switch g.IntN(7) {
	case 0, 1:
		return g.eql(depth-1) + " and " + g.eql(depth-1)
	case 2:
		return g.eql(depth-1) + " or " + g.eql(depth-1)
	case 3:
		return "not (" + g.eql(depth-1) + ")"
	case 4:
		return "(" + g.eql(depth-1) + ")"
	}
	return g.eqlLeaf()
}

func (g generator) eqlLeaf() string {
	f := g.one("", "", "?") + g.eqlField()
	switch g.IntN(10) {
	case 0:
		return f + g.one(" == ", " != ") + g.one("null", "4", "4.5", "true", "-1", g.eqlText())
	case 1:
		return f + g.one(" < ", " <= ", " > ", " >= ") + g.one("4", "3.5", g.eqlText())
	case 2:
		return f + g.one(" in ", " in~ ", " not in ", " : ", " like~ ", " like ") + "(" + g.eqlText() + ", " + g.eqlText() + ")"
	case 3:
		return f + g.one(" regex ", " regex~ ") + g.one(`".*cmd.*"`, `"[a-k].*"`, `"(start|end)"`, `"c?MD\\.exe"`, `".{3,9}"`, `"\\w+"`)
	case 4:
		return g.eqlFunction(f)
	case 5:
		return g.eqlScript(f)
	}
	return f + g.one(" == ", " : ", " != ", " like ", " like~ ", " : ") + g.eqlPattern()
}

func (g generator) eqlField() string {
	return strings.ReplaceAll(g.field(), "@timestamp", "`@timestamp`")
}

func (g generator) eqlFunction(f string) string {
	name := g.one("startsWith", "endsWith", "stringContains", "startsWith~", "endsWith~", "stringContains~")
	if g.chance(4) {
		return `cidrMatch(` + f + `, "10.0.0.0/8", "::1")`
	}
	return name + "(" + f + ", " + g.eqlText() + ")"
}

func (g generator) eqlScript(f string) string {
	switch g.IntN(9) {
	case 0:
		return "length(" + f + ") " + g.one("> 3", "== 4", "!= 1")
	case 1:
		return "substring(" + f + ", " + g.one("0, 3", "-4", "1") + ") " + g.one(": ", "== ", "!= ", "like~ ") + g.eqlPattern()
	case 2:
		return "indexOf" + g.one("", "~") + "(" + f + ", " + g.eqlText() + ") " + g.one("> 0", "== null", "== 0")
	case 3:
		return "between" + g.one("", "~") + "(" + f + `, "c", "e") == ` + g.eqlText()
	case 4:
		return "concat(" + f + `, ":", ` + g.eqlField() + ") == " + g.eqlText()
	case 5:
		return f + g.one(" + ", " * ", " - ", " / ", " % ") + g.one("2", "0", "1.5") + " > 4"
	case 6:
		return "endsWith~(substring(" + f + ", 1), " + g.eqlText() + ")"
	case 7:
		return "number(" + f + g.one(")", ", 16)") + " == 4"
	}
	return "string(" + f + ") in~ (" + g.eqlText() + ", " + g.eqlText() + ")"
}

func (g generator) eqlText() string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(g.text()) + `"`
}

func (g generator) eqlPattern() string {
	s := g.eqlText()
	switch g.IntN(4) {
	case 0:
		return s[:len(s)-1] + `*"`
	case 1:
		return `"*` + s[1:]
	case 2:
		return `"?` + s[1:len(s)-1] + `?"`
	}
	return s
}

// line makes a line in one of the spellings that are one event: nested and dotted
// names, names that stand twice, lists and lists of objects, escapes, envelopes.
func (g generator) line() string {
	body := g.body()
	switch g.IntN(8) {
	case 0:
		return `{"_index":` + g.quote(g.one("logs-endpoint.events.file-default", "auditbeat-8", "x", ".ds-logs-a-b-2026.01.01-000001")) +
			`,"_id":"1","_source":` + body + `}`
	case 1:
		return `{"_id":"1","_index":"endgame-1","sort":[1],"_source":` + body + `}`
	case 2:
		return `{"_index":"logs-x","_id":"1","fields":` + body + `}`
	}
	return body
}

// body makes the event itself, with these members first.
func (g generator) body(members ...string) string {
	for range g.IntN(12) {
		members = append(members, g.member(genFields[g.IntN(len(genFields))], g.json(2)))
	}
	for _, hint := range []string{"agent.type", "data_stream.type", "data_stream.dataset", "event.kind"} {
		if g.chance(3) {
			value := g.one("auditbeat", "endpoint", "logs", "endpoint.events.process", "endpoint.alerts", "alert")
			members = append(members, g.member(hint, g.quote(value)))
		}
	}
	return "{" + strings.Join(members, g.one(",", " , ")) + "}"
}

// member spells one field: each dot of its name is one of the name or a brace.
func (g generator) member(name, value string) string {
	segs := strings.Split(name, ".")
	out, closing := "", ""
	key := segs[0]
	for _, seg := range segs[1:] {
		if g.chance(3) {
			key += "." + seg
			continue
		}
		if g.chance(6) {
			out += g.quoteKey(key) + ":[{"
			closing = "}]" + closing
		} else {
			out += g.quoteKey(key) + ":{"
			closing = "}" + closing
		}
		key = seg
	}
	return out + g.quoteKey(key) + ":" + value + closing
}

func (g generator) json(depth int) string {
	switch g.IntN(10) {
	case 0:
		return g.one("null", "true", "false", "[]", "{}", "[null]", `""`)
	case 1:
		return g.one("4", "4.0", "4.5", "-1", "0", "1583452800000", "4e0", "9223372036854775807")
	case 2, 3:
		if depth > 0 {
			return "[" + g.json(depth-1) + ", " + g.json(depth-1) + "]"
		}
	case 4:
		if depth > 0 {
			return "{" + g.member(g.one("a", "b", "name", "x", "pid", "a.b"), g.json(depth-1)) + "}"
		}
	}
	return g.quote(g.text())
}

func (g generator) quoteKey(s string) string {
	if g.chance(40) {
		return g.quote(s)
	}
	return `"` + s + `"`
}

// quote writes a JSON string, some characters as escapes.
func (g generator) quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	odd := g.chance(4)
	for _, r := range s {
		switch {
		case odd && r < 0x10000 && g.chance(5):
			fmt.Fprintf(&b, `\u%04x`, r)
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '/' && odd:
			b.WriteString(`\/`)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
