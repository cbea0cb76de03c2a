package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"coldcase/rules"
	"coldcase/rules/source"
)

// isBundle reports whether a file begins with an object whose type is a STIX bundle.
func isBundle(data []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(data))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return false
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return false
		}
		var v json.RawMessage
		if dec.Decode(&v) != nil {
			return key == "objects" // damaged within
		}
		if key == "type" {
			return string(v) == `"bundle"`
		}
	}
	return false
}

// stixIndicator is what is read of an indicator object of STIX 2.1.
type stixIndicator struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	Pattern     string `json:"pattern"`
	PatternType string `json:"pattern_type"`
	Revoked     bool   `json:"revoked"`
}

// stix reads the indicators of a bundle. Patterns that compare one property with
// constants are read exactly; all others are refused by name.
func (r *indicatorReader) stix(data []byte) {
	text := source.Text{Path: r.path, Body: string(data)}
	dec := json.NewDecoder(bytes.NewReader(data))
	place := newCursor(text.Body)
	err := eachObject(dec, func() error {
		at := int(dec.InputOffset())
		at += len(text.Body[at:]) - len(strings.TrimLeft(text.Body[at:], " \t\r\n,"))
		line, _ := place.moveTo(at)
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		var o stixIndicator
		if json.Unmarshal(raw, &o) == nil && o.Type == "indicator" {
			r.stixObject(line, o)
		}
		return nil
	})
	if err != nil {
		var bad *json.SyntaxError
		if errors.As(err, &bad) {
			err = jsonError(text, err)
		}
		r.problem(err)
	}
}

// eachObject calls read before each element of the list under the key "objects".
func eachObject(dec *json.Decoder, read func() error) error {
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		if key != "objects" {
			var skipped json.RawMessage
			if err := dec.Decode(&skipped); err != nil {
				return err
			}
			continue
		}
		if t, err := dec.Token(); err != nil || t != json.Delim('[') {
			return errors.Join(err, errors.New("stix: expected a list of objects"))
		}
		for dec.More() {
			if err := read(); err != nil {
				return err
			}
		}
		if _, err := dec.Token(); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

func (r *indicatorReader) stixObject(line int, o stixIndicator) {
	switch {
	case o.Revoked:
		r.hidden++
		return
	case o.PatternType != "" && o.PatternType != "stix":
		r.wrong(line, "%.80s: a pattern of type %.40q cannot be read, only stix", o.ID, o.PatternType)
		return
	}
	found, err := parsePattern(o.Pattern)
	if err != nil {
		r.wrong(line, "%.80s: %v", o.ID, err)
		return
	}
	for _, ind := range found {
		ind.Line = line
		r.add(ind)
	}
}

// parsePattern reads a pattern:
//
//	pattern     = observation { "OR" observation }
//	observation = "[" comparison { "OR" comparison } "]"      or "[" hash { "AND" hash } "]"
//	comparison  = path ( "=" string | "IN" "(" string { "," string } ")" | "ISSUBSET" string )
//
// Each comparison is an indicator of its own. An AND of the hashes of one file is read
// as its parts, since each of them names the file; any other AND would match too much.
func parsePattern(pattern string) ([]*rules.Indicator, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("the pattern is longer than %d bytes", maxPattern)
	}
	p := &stixParser{rest: pattern}
	var out []*rules.Indicator
	for {
		inds, err := p.observation()
		if err != nil {
			return nil, err
		}
		out = append(out, inds...)
		switch word := p.word(); word {
		case "":
			if p.rest != "" {
				return nil, fmt.Errorf("expected the end of the pattern, found %.20q", p.rest)
			}
			return out, nil
		case "OR":
		default:
			return nil, fmt.Errorf("a pattern with %s cannot be read, only observations joined by OR", word)
		}
	}
}

// maxPattern bounds one pattern.
const maxPattern = 64 << 10

type stixParser struct{ rest string }

func (p *stixParser) space() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

// take reads a text if it comes next.
func (p *stixParser) take(s string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.rest, s)
	if ok {
		p.rest = rest
	}
	return ok
}

// word reads a keyword, "" when none comes next.
func (p *stixParser) word() string {
	p.space()
	n := 0
	for n < len(p.rest) && (p.rest[n] >= 'A' && p.rest[n] <= 'Z' || p.rest[n] >= 'a' && p.rest[n] <= 'z') {
		n++
	}
	w := p.rest[:n]
	p.rest = p.rest[n:]
	return strings.ToUpper(w)
}

func (p *stixParser) observation() ([]*rules.Indicator, error) {
	if !p.take("[") {
		return nil, fmt.Errorf("expected [, found %.20q", p.rest)
	}
	var out []*rules.Indicator
	joined := ""
	for {
		inds, err := p.comparison()
		if err != nil {
			return nil, err
		}
		out = append(out, inds...)
		if p.take("]") {
			break
		}
		word := p.word()
		if word != "OR" && word != "AND" {
			return nil, fmt.Errorf("expected OR, AND or ], found %.20q", word+p.rest)
		}
		if joined != "" && joined != word {
			return nil, errors.New("a pattern with both AND and OR cannot be read")
		}
		joined = word
	}
	if joined == "AND" && !allHashes(out) {
		return nil, errors.New("a pattern of several comparisons joined by AND cannot be read, but for the hashes of a file")
	}
	return out, nil
}

func allHashes(inds []*rules.Indicator) bool {
	for _, ind := range inds {
		if !strings.HasPrefix(ind.Fields[0].Path, "threat.indicator.file.hash.") {
			return false
		}
	}
	return true
}

// comparison reads a path, an operator and its constants.
func (p *stixParser) comparison() ([]*rules.Indicator, error) {
	path := p.path()
	t, ok := stixType(path)
	if !ok {
		return nil, fmt.Errorf("a comparison of %.60q cannot be read", path)
	}
	values, err := p.constants()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var out []*rules.Indicator
	for _, v := range values {
		fields, err := t.fields(v)
		if err != nil {
			return nil, err
		}
		out = append(out, &rules.Indicator{Type: t.ecsType(v), Fields: fields})
	}
	return out, nil
}

// path reads an object path, with the quotes around a part of it taken off.
func (p *stixParser) path() string {
	p.space()
	var b strings.Builder
	for p.rest != "" {
		c := p.rest[0]
		switch {
		case c == '\'' || c == '"':
			end := strings.IndexByte(p.rest[1:], c)
			if end < 0 {
				return b.String() + p.rest
			}
			b.WriteString(p.rest[1 : 1+end])
			p.rest = p.rest[end+2:]
			continue
		case strings.IndexByte(" \t\r\n=!<>[](),", c) >= 0:
			return b.String()
		}
		b.WriteByte(c)
		p.rest = p.rest[1:]
	}
	return b.String()
}

func (p *stixParser) constants() ([]string, error) {
	if p.take("=") {
		return p.one()
	}
	p.space()
	before := p.rest
	switch p.word() {
	case "ISSUBSET":
		return p.one()
	case "IN":
		return p.list()
	}
	return nil, fmt.Errorf("expected =, IN or ISSUBSET, found %.20q", before)
}

func (p *stixParser) one() ([]string, error) {
	s, err := p.str()
	return []string{s}, err
}

func (p *stixParser) list() ([]string, error) {
	if !p.take("(") {
		return nil, fmt.Errorf("expected (, found %.20q", p.rest)
	}
	var out []string
	for {
		s, err := p.str()
		if err != nil {
			return nil, err
		}
		out = append(out, s)
		if p.take(")") {
			return out, nil
		}
		if !p.take(",") {
			return nil, fmt.Errorf("expected , or ), found %.20q", p.rest)
		}
	}
}

// str reads a string constant: quoted by ', in which \ escapes.
func (p *stixParser) str() (string, error) {
	if !p.take("'") {
		return "", fmt.Errorf("expected a string in single quotes, found %.20q", p.rest)
	}
	var b strings.Builder
	for i := 0; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\'':
			p.rest = p.rest[i+1:]
			return b.String(), nil
		case c == '\\' && i+1 < len(p.rest):
			i++
			b.WriteByte(p.rest[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", errors.New("the string is not closed")
}

// stixPaths are the object paths that have a place in ECS, by what the type is called.
var stixPaths = map[string]string{
	"ipv4-addr:value": "ip", "ipv6-addr:value": "ip",
	"network-traffic:src_ref.value": "ip", "network-traffic:dst_ref.value": "ip",
	"domain-name:value": "domain", "url:value": "url", "email-addr:value": "email",
	"email-message:from_ref.value": "email", "email-message:sender_ref.value": "email",
	"windows-registry-key:key": "registry", "file:name": "filename",
}

// stixType returns the type of indicator that a comparison of an object path is.
func stixType(path string) (indicatorType, bool) {
	name, ok := stixPaths[path]
	if algorithm, hash := strings.CutPrefix(path, "file:hashes."); hash {
		name, ok = strings.ToLower(strings.ReplaceAll(algorithm, "-", "")), true
		if !strings.HasPrefix(name, "md5") && !strings.HasPrefix(name, "sha") {
			return indicatorType{}, false
		}
	}
	if !ok {
		return indicatorType{}, false
	}
	return typeNamed(name, "")
}
