package report

import (
	"fmt"
	"strings"
	"time"

	"coldcase/scanner"
)

// maxSentence bounds a sentence about a finding: a command line may be as long as a
// line of evidence.
const maxSentence = 2 << 10

// sentence says a finding on one safe line: "[high] Rule on mac01 by alice: kcc
// copy_cred_cache /tmp/a (3 events)".
func sentence(f *scanner.Finding) string {
	var b strings.Builder
	severity := f.Severity
	if f.Candidate {
		severity += " candidate"
	}
	fmt.Fprintf(&b, "[%s] %s", severity, ruleName(f))
	if f.Host != "" {
		b.WriteString(" on " + f.Host)
	}
	if f.User != "" {
		b.WriteString(" by " + f.User)
	}
	if what := deed(f); what != "" {
		b.WriteString(": " + clipped(what, maxSentence))
	}
	if f.Count > 1 {
		fmt.Fprintf(&b, " (%s events)", number(int64(f.Count)))
	}
	return Safe(b.String())
}

// deed is what was done, in the words of the event: its command line, process or
// message, the first that it has.
func deed(f *scanner.Finding) string {
	for _, s := range []string{f.Command, f.Message, f.Process} {
		if s != "" {
			return s
		}
	}
	return ""
}

// clipped cuts s to about n bytes and says how many there were.
func clipped(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + fmt.Sprintf("… (cut: %s bytes)", number(int64(len(s))))
}

// second writes a time in UTC to the second, "-" where there is none.
func second(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}
