package report

import (
	"bufio"
	"encoding/json"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"coldcase/scanner"
)

// Timesketch writes one event of a timeline for each finding, as JSON Lines, or as CSV
// where opt.File ends in .csv (Timesketch tells the two by that ending). Message,
// datetime and timestamp_desc are what an import asks for; timestamp is the same time
// in microseconds (Timesketch, docs/guides/user/import-from-json-csv.md). Every text
// is made safe and stays on one line: an importer reads rows by line.
func Timesketch(w io.Writer, res *scanner.Result, opt Options) error {
	return writeTimesketch(w, res.Findings, opt)
}

func writeTimesketch(w io.Writer, findings walk, opt Options) error {
	bw := bufio.NewWriterSize(w, 64<<10)
	write := sketchJSON(bw)
	if strings.EqualFold(filepath.Ext(opt.File), ".csv") {
		write = sketchCSV(bw, opt.CSVRaw)
		if _, err := bw.Write(appendRecord(nil, sketchHeader)); err != nil {
			return err
		}
	}
	err := findings(func(f *scanner.Finding) error {
		e := newSketchEvent(f)
		return write(&e)
	})
	if err != nil {
		return err
	}
	return bw.Flush()
}

func sketchJSON(w io.Writer) func(*sketchEvent) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return func(e *sketchEvent) error { return enc.Encode(e) }
}

func sketchCSV(w io.Writer, raw bool) func(*sketchEvent) error {
	var record []byte
	return func(e *sketchEvent) error {
		row := e.row()
		for i, c := range row {
			row[i] = csvCell(c, raw)
		}
		record = appendRecord(record[:0], row)
		_, err := w.Write(record)
		return err
	}
}

// sketchEvent is one event of the timeline.
type sketchEvent struct {
	Message   string      `json:"message"`
	Timestamp int64       `json:"timestamp"` // microseconds since 1970, UTC
	Datetime  string      `json:"datetime"`
	Desc      string      `json:"timestamp_desc"`
	Last      string      `json:"last_datetime"`
	Severity  string      `json:"severity"`
	RiskScore int         `json:"risk_score"`
	Score     json.Number `json:"score"`
	Rule      string      `json:"rule_name"`
	RuleID    string      `json:"rule_id"`
	RuleType  string      `json:"rule_type"`
	Tactics   string      `json:"tactics"`
	Technique string      `json:"techniques"`
	Host      string      `json:"hostname"`
	User      string      `json:"username"`
	Process   string      `json:"process"`
	Command   string      `json:"command_line"`
	Count     int         `json:"count"`
	File      string      `json:"source_file"`
	Line      int64       `json:"source_line"`
	Offset    int64       `json:"source_offset"`
	ID        string      `json:"finding_id"`
	Tags      []string    `json:"tag"`
}

// sketchHeader names the columns of the CSV as the JSON names them.
var sketchHeader = []string{
	"message", "timestamp", "datetime", "timestamp_desc", "last_datetime", "severity", "risk_score", "score",
	"rule_name", "rule_id", "rule_type", "tactics", "techniques", "hostname", "username", "process",
	"command_line", "count", "source_file", "source_line", "source_offset", "finding_id", "tag",
}

// noTime is what plaso, Timesketch's own source of timelines, calls a time that is
// none; such an event stands at 1970.
const noTime = "Not a time"

func newSketchEvent(f *scanner.Finding) sketchEvent {
	r := ruleOf(f)
	at, last, desc := f.Time, f.Last, "Detected activity"
	if at.IsZero() {
		at, desc = time.Unix(0, 0), noTime
	}
	if last.Before(at) {
		last = at
	}
	e := sketchEvent{
		Message: sentence(f), Timestamp: at.UnixMicro(), Datetime: micros(at), Desc: desc, Last: micros(last),
		Severity: Safe(f.Severity), RiskScore: f.RiskScore, Score: json.Number(score(f.Score)),
		Rule: Safe(ruleName(f)), RuleID: Safe(r.ID), RuleType: Safe(ruleType(f)),
		Tactics: Safe(strings.Join(tacticNames(r), ";")), Technique: Safe(strings.Join(attackIDs(r, false), ";")),
		Host: Safe(f.Host), User: Safe(f.User), Process: Safe(f.Process),
		Command: Safe(f.Command), Count: f.Count, ID: f.ID, Tags: []string{"coldcase"},
	}
	if f.Candidate {
		e.Desc, e.Tags = candidateDesc(e.Desc), append(e.Tags, "candidate")
	}
	if f.Severity != "" {
		e.Tags = append(e.Tags, e.Severity)
	}
	for _, id := range attackIDs(r, true) {
		e.Tags = append(e.Tags, Safe(id))
	}
	if len(f.Evidence) > 0 {
		ev := &f.Evidence[0]
		e.File, e.Line, e.Offset = Safe(ev.File), ev.Origin.Line, ev.Origin.Offset
	}
	return e
}

// candidateDesc is what the time of a candidate is called: a search for detected activity
// does not find it.
func candidateDesc(desc string) string {
	if desc == noTime {
		return desc
	}
	return "Candidate activity"
}

// micros writes a time as ISO 8601 with microseconds: what an import of fewer digits
// was seen to set to zero (user-asks.md 62).
func micros(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000+00:00") }

func (e *sketchEvent) row() []string {
	return []string{
		e.Message, strconv.FormatInt(e.Timestamp, 10), e.Datetime, e.Desc, e.Last, e.Severity,
		strconv.Itoa(e.RiskScore), e.Score.String(), e.Rule, e.RuleID, e.RuleType, e.Tactics, e.Technique,
		e.Host, e.User, e.Process, e.Command, strconv.Itoa(e.Count), e.File,
		strconv.FormatInt(e.Line, 10), strconv.FormatInt(e.Offset, 10), e.ID, strings.Join(e.Tags, ";"),
	}
}
