package report

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"coldcase/scanner"
)

// csvColumn makes one cell of a finding. row is the finding under the fixed header.
type csvColumn func(row []string, fields map[string]*fieldValues) string

// CheckColumns says whether each name is a column of the fixed CSV header or may be the
// dotted path of a field of the event, as --csv-columns takes them.
func CheckColumns(names []string) error {
	for _, n := range names {
		if !slices.Contains(csvHeader, n) && !isFieldPath(n) {
			return fmt.Errorf("%q is neither a column (%s) nor a field of the event such as process.parent.name",
				n, strings.Join(csvHeader, ", "))
		}
	}
	return nil
}

// fieldPath is what a field of an event is called; with a dot or an @ in it, as nearly
// all have, so that a mistyped column is not taken for a field that is always empty.
var fieldPath = regexp.MustCompile(`^[@A-Za-z_][\w@-]*(\.[\w@-]+)*$`)

// maxFieldPath bounds a path in bytes.
const maxFieldPath = 512

func isFieldPath(s string) bool {
	return len(s) <= maxFieldPath && fieldPath.MatchString(s) &&
		(strings.ContainsAny(s, ".@") || s == "tags")
}

// writeCSVColumns is writeCSV with the columns that opt chooses: columns of the fixed
// header, and fields of the events behind the finding, whose distinct values are
// joined by ";" in the order of the evidence.
func writeCSVColumns(w io.Writer, findings walk, opt Options) error {
	bw := bufio.NewWriterSize(w, 64<<10)
	record := appendRecord(nil, opt.CSVColumns)
	if _, err := bw.Write(record); err != nil {
		return err
	}
	columns, fields := chosenColumns(opt.CSVColumns)
	reader := newFieldReader()
	var whole []string
	row := make([]string, len(columns))
	err := findings(func(f *scanner.Finding) error {
		whole = appendRow(whole[:0], f)
		readFields(reader, f, fields)
		for i, c := range columns {
			row[i] = csvCell(c(whole, fields), opt.CSVRaw)
		}
		record = appendRecord(record[:0], row)
		_, err := bw.Write(record)
		return err
	})
	if err != nil {
		return err
	}
	return bw.Flush()
}

func chosenColumns(names []string) ([]csvColumn, map[string]*fieldValues) {
	columns := make([]csvColumn, len(names))
	fields := map[string]*fieldValues{}
	for i, n := range names {
		if at := slices.Index(csvHeader, n); at >= 0 {
			columns[i] = func(row []string, _ map[string]*fieldValues) string { return row[at] }
			continue
		}
		fields[n] = &fieldValues{}
		columns[i] = func(_ []string, fields map[string]*fieldValues) string {
			return strings.Join(fields[n].values, ";")
		}
	}
	return columns, fields
}

// fieldValues are the distinct values of one field of one finding.
type fieldValues struct {
	values []string
	seen   map[string]bool
}

func (v *fieldValues) add(text []byte) {
	if v.seen[string(text)] {
		return
	}
	if v.seen == nil {
		v.seen = map[string]bool{}
	}
	s := string(text)
	v.seen[s] = true
	v.values = append(v.values, s)
}

func readFields(r *fieldReader, f *scanner.Finding, fields map[string]*fieldValues) {
	if len(fields) == 0 {
		return
	}
	for _, v := range fields {
		v.values, v.seen = v.values[:0], nil
	}
	for i := range f.Evidence {
		r.each(f.Evidence[i].Event, func(name, text []byte) bool {
			if v := fields[string(name)]; v != nil {
				v.add(text)
			}
			return true
		})
	}
}
