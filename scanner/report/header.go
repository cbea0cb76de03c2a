package report

import (
	"fmt"
	"io"
	"strings"

	"coldcase/rules"
	"coldcase/scanner"
)

// Header is what the screen says before a scan begins.
type Header struct {
	Tool      scanner.Tool
	RulesName string // as given: "builtin", "rules-corpus"
	Rules     *rules.Set
	Inputs    int
	Bytes     int64 // of the inputs as stored, where known
	Stdin     bool  // standard input is one of the inputs
}

// Start writes the head of the screen: version, rules and inputs; then how many
// rules are loaded, and how many are not run and why.
func Start(w io.Writer, h Header, opt Options) error {
	s := &screen{opt: opt}
	size := Size(h.Bytes)
	if h.Stdin {
		size = "standard input"
		if h.Inputs > 1 {
			size = Size(h.Bytes) + " and standard input"
		}
	}
	s.headed("coldcase "+Safe(h.Tool.Version), fmt.Sprintf("·  rules: %s  ·  %s, %s",
		Safe(h.RulesName), plural(int64(h.Inputs), "input"), size))
	s.headed("RULES", Census(h.Rules))
	s.line("")
	_, err := w.Write(s.buf.Bytes())
	return err
}

// Census says how many rules of a set run, and why the others do not: "1,505 loaded: 1,191 run, 314 not run (155 ES|QL, 80 machine learning, 79
// deprecated), 2 superseded; 1 file unreadable".
func Census(set *rules.Set) string {
	by := map[rules.Status]int{}
	why := map[string]int{}
	for _, e := range set.Entries {
		by[e.Status]++
		if e.Status == rules.NotRun {
			why[reasonKind(e.Reason)]++
		}
	}
	text := fmt.Sprintf("%s loaded: %s run", number(int64(len(set.Entries))), number(int64(by[rules.Runs])))
	if n := by[rules.NotRun]; n > 0 {
		text += fmt.Sprintf(", %s not run (%s)", number(int64(n)), reasons(sortedReasons(why), "%s %s"))
	}
	if n := by[rules.Superseded]; n > 0 {
		text += fmt.Sprintf(", %s superseded", number(int64(n)))
	}
	if n := by[rules.Excluded]; n > 0 {
		text += fmt.Sprintf(", %s excluded", number(int64(n)))
	}
	if n := len(set.Problems); n > 0 {
		text += fmt.Sprintf("; %s unreadable", number(int64(n)))
	}
	return text
}

// reasonKind cuts a reason down to the constant with which it begins, by which
// rules are counted.
func reasonKind(reason string) string {
	for _, k := range notRunKinds {
		if strings.HasPrefix(reason, k) {
			return k
		}
	}
	kind, _, _ := strings.Cut(reason, ":")
	return kind
}

var notRunKinds = []string{
	rules.ReasonESQL, rules.ReasonML, rules.ReasonDeprecated, rules.ReasonIndicators,
	rules.ReasonIncomplete, rules.ReasonUnsupported,
}
