package load

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"coldcase/rules"
	"coldcase/rules/source"
)

// Limits on indicators. A feed beyond them is refused by name, not read in part.
const (
	maxIndicatorFile = 256 << 20 // bytes of one file
	maxIndicatorLine = 4 << 20   // bytes of one document
	maxIndicators    = 1_000_000 // of all files
	maxBadLines      = 1_000     // problems told of one file; the rest are counted
)

// Indicators reads the indicators of compromise that threat_match rules look for. The
// form of a file is told by what stands in it:
//
//	{"threat":{"indicator":...}}   NDJSON of ECS documents, bare or in the envelope of a hit
//	{"type":"bundle",...}          STIX 2.1 (stix.go)
//	type,value                     CSV; the header names a type and a value, or ECS fields
//	10.1.2.3                       one value a line, whose type is guessed (indicatortype.go)
//
// Only ECS documents are held against a rule's threat_query. What cannot be read is a
// problem with its line; the rest goes on. An error is returned only when a path does
// not exist.
func Indicators(paths []string) (*rules.Indicators, error) {
	r := &indicatorReader{out: &rules.Indicators{}}
	for _, p := range paths {
		data, err := readIndicatorFile(p)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, err
		case err != nil:
			r.begin(filepath.ToSlash(p))
			r.problem(err)
		default:
			r.begin(filepath.ToSlash(p))
			r.file(data)
		}
		r.end()
	}
	slices.Sort(r.out.Notes)
	return r.out, nil
}

func readIndicatorFile(p string) ([]byte, error) {
	info, err := os.Stat(p)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return nil, errors.New("is a directory; name the files in it")
	}
	f, err := os.Open(p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxIndicatorFile+1))
	if err == nil && len(data) > maxIndicatorFile {
		err = tooLarge("file", maxIndicatorFile)
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), err
}

// indicatorReader gathers what stands in the files.
type indicatorReader struct {
	out *rules.Indicators
	// of the file at hand
	path             string
	found, bad       int
	defanged, hidden int
	full             bool
}

func (r *indicatorReader) begin(path string) { *r = indicatorReader{out: r.out, path: path} }

// end says what is to be said of the whole file.
func (r *indicatorReader) end() {
	if r.bad > maxBadLines {
		r.out.Problems = append(r.out.Problems, rules.Problem{Path: r.path,
			Err: fmt.Errorf("%d more indicators could not be read", r.bad-maxBadLines)})
	}
	if r.found == 0 && r.bad == 0 {
		r.problem(errors.New("no indicator found: neither ECS documents, STIX, CSV nor one value a line"))
	}
	if r.defanged > 0 {
		r.out.Notes = append(r.out.Notes, fmt.Sprintf("%s: %d defanged values are read as they were before", r.path, r.defanged))
	}
	if r.hidden > 0 {
		r.out.Notes = append(r.out.Notes, fmt.Sprintf("%s: %d revoked indicators are left out", r.path, r.hidden))
	}
}

func (r *indicatorReader) problem(err error) {
	if r.bad++; r.bad <= maxBadLines {
		r.out.Problems = append(r.out.Problems, rules.Problem{Path: r.path, Err: err})
	}
}

// wrong notes what cannot be read on a line.
func (r *indicatorReader) wrong(line int, format string, args ...any) {
	at := source.Text{Path: r.path, Line: line}
	r.problem(at.Errorf(source.Span{}, format, args...))
}

// add keeps an indicator, if there is room.
func (r *indicatorReader) add(ind *rules.Indicator) {
	r.found++
	if len(r.out.Items) >= maxIndicators {
		if !r.full {
			r.full = true
			r.wrong(ind.Line, "there are more than %d indicators; those from here on are not read", maxIndicators)
		}
		return
	}
	ind.File = r.path
	r.out.Items = append(r.out.Items, ind)
}

// file tells the form of a file and reads it.
func (r *indicatorReader) file(data []byte) {
	text := bytes.TrimSpace(data)
	switch {
	case len(text) == 0:
	case !bytes.ContainsRune([]byte("{["), rune(text[0])):
		r.text(string(data))
	case isBundle(data):
		r.stix(data)
	case text[0] == '[' && json.Valid(data):
		r.wrong(1, "expected one document a line, found a JSON array")
	case text[0] == '[': // a bare IPv6 address in brackets, or defanged text
		r.text(string(data))
	default:
		r.documents(data)
	}
}

// documents reads ECS documents, one a line.
func (r *indicatorReader) documents(data []byte) {
	n := 0
	for line := range bytes.Lines(data) {
		n++
		line = bytes.TrimSpace(line)
		switch {
		case len(line) == 0:
		case len(line) > maxIndicatorLine:
			r.wrong(n, "%v", tooLarge("line", maxIndicatorLine))
		case line[0] != '{' || !json.Valid(line):
			r.wrong(n, "expected a JSON object on one line")
		case !bytes.Contains(line, []byte("indicator")):
			r.wrong(n, "expected a document with threat.indicator")
		default:
			r.add(&rules.Indicator{Line: n, Doc: line})
		}
	}
}

// text reads CSV, if the first line is a header, or one value a line.
func (r *indicatorReader) text(text string) {
	first, rest, n := "", text, 0
	for rest != "" && first == "" {
		line, after, _ := strings.Cut(rest, "\n")
		n++
		if first = strings.TrimSpace(line); strings.HasPrefix(first, "#") {
			first = ""
		}
		rest = after
	}
	if h, ok := newHeader(first); ok {
		r.csv(h, rest, n)
		return
	}
	n = 0
	for line := range strings.Lines(text) {
		n++
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			r.value(n, "", line)
		}
	}
}

// value adds an indicator of one value, guessing its type where kind is "".
func (r *indicatorReader) value(line int, kind, text string) {
	plain := refang(text)
	t, ok := typeNamed(kind, plain)
	if kind == "" {
		t, ok = guessType(plain)
	}
	if !ok {
		if kind != "" {
			r.wrong(line, "unknown type of indicator %.60q", kind)
		} else {
			r.wrong(line, "cannot tell what %.60q is: expected an address, hash, URL, domain, registry path or email address", text)
		}
		return
	}
	fields, err := t.fields(plain)
	if err != nil {
		r.wrong(line, "%v", err)
		return
	}
	if plain != text {
		r.defanged++
	}
	r.add(&rules.Indicator{Line: line, Type: t.ecsType(plain), Fields: fields})
}

// csvHeader says what the columns of a CSV file are.
type csvHeader struct {
	comma       rune
	kind, value int      // columns, -1 for none
	paths       []string // by column: an ECS field, "" for a column that says nothing
}

// newHeader reads a line as a header; ok is false when it names no column that is known.
func newHeader(line string) (h csvHeader, ok bool) {
	h = csvHeader{comma: ',', kind: -1, value: -1}
	for _, sep := range ",;\t" {
		if strings.ContainsRune(line, sep) {
			h.comma = sep
			break
		}
	}
	names, err := h.reader(line).Read()
	if err != nil {
		return h, false
	}
	known := false
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		switch name {
		case "type", "indicator_type", "ioc_type":
			h.kind = i
		case "value", "indicator", "ioc", "ioc_value":
			h.value = i
		}
		path := ecsPath(name)
		h.paths = append(h.paths, path)
		known = known || path != ""
	}
	return h, h.value >= 0 && (h.kind >= 0 || len(names) == 1) || known
}

func (h csvHeader) reader(text string) *csv.Reader {
	c := csv.NewReader(strings.NewReader(text))
	c.Comma, c.FieldsPerRecord, c.Comment = h.comma, -1, '#'
	c.ReuseRecord, c.TrimLeadingSpace = true, true
	return c
}

// csv reads the rows below a header, which begin behind line above.
func (r *indicatorReader) csv(h csvHeader, text string, above int) {
	c := h.reader(text)
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			r.wrong(above+bad.StartLine, "csv: %v", bad.Err)
			if !errors.Is(bad.Err, csv.ErrBareQuote) && !errors.Is(bad.Err, csv.ErrFieldCount) {
				return // an open quote: what follows has no rows
			}
			continue
		}
		if err != nil {
			r.problem(err)
			return
		}
		line, _ := c.FieldPos(0)
		r.row(h, above+line, row)
	}
}

// row adds the indicator of one row: a type and a value, or several ECS fields.
func (r *indicatorReader) row(h csvHeader, line int, row []string) {
	cell := func(i int) string {
		if i < 0 || i >= len(row) {
			return ""
		}
		return strings.TrimSpace(row[i])
	}
	if h.value >= 0 {
		if v := cell(h.value); v != "" {
			r.value(line, cell(h.kind), v)
		} else {
			r.wrong(line, "the row has no value")
		}
		return
	}
	ind := &rules.Indicator{Line: line}
	for i, path := range h.paths {
		v := cell(i)
		switch {
		case path == "" || v == "":
		case path == "threat.indicator.type":
			ind.Type = v
		default:
			plain := refang(v)
			if plain != v {
				r.defanged++
			}
			ind.Fields = append(ind.Fields, rules.IndicatorField{Path: path, Value: plain})
		}
	}
	if len(ind.Fields) == 0 {
		r.wrong(line, "the row has no value")
		return
	}
	r.add(ind)
}
