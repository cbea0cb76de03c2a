package report

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"coldcase/rules"
	"coldcase/scanner"
)

// csvHeader is fixed: programs rely on it (product.md).
var csvHeader = []string{
	"time", "severity", "risk_score", "score", "rule_name", "rule_id", "rule_version",
	"rule_type", "tactics", "techniques", "host", "user", "process", "command_line",
	"message", "count", "file", "line", "offset", "finding_id",
}

// CSV writes one row for each finding: RFC 4180, UTF-8, CRLF. Unless opt.CSVRaw is
// set, a cell that a spreadsheet would run as a formula gets a ' in front, and
// control characters are written out (\x1b), but for tabs and line ends, which
// quoting carries. opt.CSVColumns chooses other columns than the fixed ones. A candidate
// has the rule_type "esql_candidate".
func CSV(w io.Writer, res *scanner.Result, opt Options) error {
	if len(opt.CSVColumns) > 0 {
		return writeCSVColumns(w, res.Findings, opt)
	}
	return writeCSV(w, res.Findings, opt)
}

// walk is [scanner.Result.Findings].
type walk func(yield func(*scanner.Finding) error) error

func writeCSV(w io.Writer, findings walk, opt Options) error {
	bw := bufio.NewWriterSize(w, 64<<10)
	row := make([]string, 0, len(csvHeader))
	record := appendRecord(nil, csvHeader)
	if _, err := bw.Write(record); err != nil {
		return err
	}
	err := findings(func(f *scanner.Finding) error {
		row = appendRow(row[:0], f)
		for i, c := range row {
			row[i] = csvCell(c, opt.CSVRaw)
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

func appendRow(row []string, f *scanner.Finding) []string {
	r := ruleOf(f)
	file, line, offset := "", "", ""
	if len(f.Evidence) > 0 {
		ev := &f.Evidence[0]
		file = ev.File
		line = strconv.FormatInt(ev.Origin.Line, 10)
		offset = strconv.FormatInt(ev.Origin.Offset, 10)
	}
	return append(row,
		csvTime(f.Time), f.Severity, strconv.Itoa(f.RiskScore), score(f.Score),
		ruleName(f), r.ID, csvVersion(r.Version), ruleType(f),
		strings.Join(tacticNames(r), ";"), strings.Join(attackIDs(r, false), ";"),
		f.Host, f.User, f.Process, f.Command, f.Message,
		strconv.Itoa(f.Count), file, line, offset, f.ID)
}

// noRule stands where a finding has none, so that a report never panics.
var noRule = &rules.Rule{}

func ruleOf(f *scanner.Finding) *rules.Rule {
	if f.Rule == nil {
		return noRule
	}
	return f.Rule
}

// ruleName is the name after rule_name_override.
func ruleName(f *scanner.Finding) string {
	if f.RuleName != "" {
		return f.RuleName
	}
	return ruleOf(f).Name
}

// candidateType stands in place of a rule's type in rows that are no findings: the columns
// are fixed, and who asks for rules of one type gets no candidate by that.
const candidateType = "esql_candidate"

func ruleType(f *scanner.Finding) string {
	if f.Candidate {
		return candidateType
	}
	return string(ruleOf(f).Type)
}

func csvTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}

// csvVersion leaves the cell empty where the source states no version.
func csvVersion(v int) string {
	if v == 0 {
		return ""
	}
	return strconv.Itoa(v)
}

// appendRecord appends one record as RFC 4180 has it. encoding/csv is not used: it
// rewrites the line ends inside a cell, and --csv-raw promises the text as it is.
func appendRecord(dst []byte, row []string) []byte {
	for i, c := range row {
		if i > 0 {
			dst = append(dst, ',')
		}
		if !strings.ContainsAny(c, ",\"\r\n\t ") {
			dst = append(dst, c...)
			continue
		}
		dst = append(dst, '"')
		dst = append(dst, strings.ReplaceAll(c, `"`, `""`)...)
		dst = append(dst, '"')
	}
	return append(dst, '\r', '\n')
}

// csvCell makes one cell safe, or with raw only valid UTF-8.
func csvCell(s string, raw bool) string {
	if raw {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	if formula(s) {
		return "'" + csvText(s)
	}
	return csvText(s)
}

// formula: ASVS 1.2.10 and CWE-1236, with the full-width forms that spreadsheets of
// East Asian locales take for the same. Some programs trim spaces and control
// characters before they decide, so leading ones do not hide a formula, and a
// leading control character is itself a reason.
func formula(s string) bool {
	t := strings.TrimLeft(s, " \u00a0\ufeff")
	r, n := utf8.DecodeRuneInString(t)
	return n > 0 && (r < ' ' || strings.ContainsRune("=+-@＝＋－＠", r))
}

// csvText writes out control characters, bidirectional overrides and bytes that are
// not UTF-8. Tabs and line ends stay: they are text, and quoted cells hold them.
func csvText(s string) string {
	if printableASCII(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if csvSafe(r, n) || r == '\r' && strings.HasPrefix(s[i+n:], "\n") {
			b.WriteString(s[i : i+n])
		} else {
			writeEscaped(&b, r, s[i:i+n])
		}
		i += n
	}
	return b.String()
}

func printableASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

func csvSafe(r rune, size int) bool {
	switch {
	case r == utf8.RuneError && size == 1:
		return false
	case r == '\n' || r == '\t':
		return true
	case unicode.IsControl(r):
		return false
	}
	return !unicode.Is(unicode.Bidi_Control, r)
}
