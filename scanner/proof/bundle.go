package proof

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"coldcase/matchers/correlate"
	"coldcase/scanner"
	"coldcase/scanner/input"
	"coldcase/scanner/lines"
)

// Bundled counts what was written into a bundle.
type Bundled struct {
	Lines    int64 // events
	Findings int64 // of them evidence of findings
	Copies   int64 // left out: the same line of another input is there
	Dropped  int64 // neighbours left out because they made findings that the run has not
	Unread   int64 // lines that could not be read again
	Changed  int64 // lines whose text was put on one line, or made from a row of a table
}

// mapSchema names the schema of a line of a bundle's map.
const mapSchema = "coldcase/map/1"

// mapLine says where a line of a bundle came from.
type mapLine struct {
	Schema     string   `json:"schema"`
	Line       int64    `json:"line"`   // of the bundle, 1-based
	Offset     int64    `json:"offset"` // in the bundle's decoded stream
	File       string   `json:"file"`
	FileSHA256 *string  `json:"file_sha256"`
	FileLine   int64    `json:"file_line"`
	FileOffset int64    `json:"file_offset"`
	Length     int32    `json:"length"`      // in the file
	LineSHA256 string   `json:"line_sha256"` // of the line as it stands in the file
	Why        []string `json:"why"`
	// Rewritten says that the line of the bundle is not the bytes of the file: the event
	// stood on several lines, in a table, or in UTF-16.
	Rewritten bool `json:"rewritten"`
}

// Write writes the lines of a selection in the order of their origin to events, each as
// it stands in its input and behind its bulk action where it has one, and to places a
// JSON object for each that says where it came from. results are those of the run. It
// may be called again.
func (s *Selection) Write(ctx context.Context, results []scanner.InputResult, events, places io.Writer) (Bundled, error) {
	next, stop, failed := pull(s.lines)
	defer stop()
	w := &bundleWriter{s: s, ctx: ctx, events: events, next: next, copies: map[[16]byte]*copies{}, line: 1}
	w.places = json.NewEncoder(places)
	w.places.SetEscapeHTML(false)
	s.at = s.at[:0]
	w.advance()
	r := scanner.NewRereader(ctx, s.cfg)
	defer r.Close() // it only reads
	for w.more {
		index := w.cur.Input
		worker := s.cfg.Matcher.NewWorker(s.cfg.Reference)
		err := r.Each(ctx, index, worker, func(d *lines.Documents, l lines.Line) error { return w.take(d, l, &results[index]) })
		if err != nil && !scanner.IsDamage(err) && err != errInputDone {
			return w.out, err
		}
		for w.more && w.cur.Input == index {
			w.out.Unread++
			w.advance()
		}
	}
	return w.out, failed()
}

// errInputDone ends the reading of an input that has no more lines to give.
var errInputDone = errors.New("no more lines of this input")

// bundleWriter is a Write under way.
type bundleWriter struct {
	s      *Selection
	ctx    context.Context
	events io.Writer
	places *json.Encoder
	next   func() ([]byte, bool)
	ahead  []byte // the key after the current line's
	more   bool
	cur    bundleLine
	why    []string
	out    Bundled
	copies map[[16]byte]*copies
	line   int64 // of the bundle, of the next line
	offset int64
}

// advance moves to the next line of the selection with all its reasons.
func (w *bundleWriter) advance() {
	for {
		if w.ahead == nil {
			k, ok := w.next()
			if !ok {
				w.more = false
				return
			}
			w.ahead = bytes.Clone(k)
		}
		w.read()
		if w.s.drop[w.cur] {
			w.out.Dropped++
			continue
		}
		return
	}
}

// read takes the keys of one line: they differ in their last byte, the reason.
func (w *bundleWriter) read() {
	why := w.ahead[placeSize]
	w.cur = bundleLine{placeOf(w.ahead), why}
	w.why, w.more = []string{whyWords[why]}, true
	here := w.ahead[:placeSize]
	for {
		k, ok := w.next()
		if !ok {
			w.ahead = nil
			return
		}
		if !bytes.Equal(k[:placeSize], here) {
			w.ahead = bytes.Clone(k)
			return
		}
		if word := whyWords[k[placeSize]]; !slices.Contains(w.why, word) {
			w.why = append(w.why, word)
		}
	}
}

// take writes a document, or pieces of it, when they are next in the selection.
func (w *bundleWriter) take(d *lines.Documents, l lines.Line, in *scanner.InputResult) error {
	o := d.Origin(l)
	switch {
	case !w.more || w.cur.Input != o.Input:
		return errInputDone
	case w.cur.Offset >= endOf(d.Origin(l)):
		return nil
	}
	if err := w.piece(d, l, in); err != nil {
		return err
	}
	if w.within(d, l) {
		for p := range d.Pieces(l) {
			if p.Lost != "" {
				continue
			}
			if err := w.piece(d, p.Line, in); err != nil {
				return err
			}
		}
	}
	for w.within(d, l) {
		w.out.Unread++
		w.advance()
	}
	return nil
}

// within says whether the next line of the selection lies in l, or before it.
func (w *bundleWriter) within(d *lines.Documents, l lines.Line) bool {
	return w.more && w.cur.Input == d.Origin(l).Input && w.cur.Offset < endOf(d.Origin(l))
}

// piece writes a line, or a piece of one, when it is the next of the selection.
func (w *bundleWriter) piece(d *lines.Documents, l lines.Line, in *scanner.InputResult) error {
	if !w.more || w.cur.Origin != d.Origin(l) {
		return nil
	}
	if err := w.write(d, l, in); err != nil {
		return err
	}
	w.advance()
	return nil
}

// write writes one line, unless the same of another input is there.
func (w *bundleWriter) write(d *lines.Documents, l lines.Line, in *scanner.InputResult) error {
	raw := slices.Clone(d.Raw(l))
	text, ok := oneLine(d.Bytes(l))
	if !ok {
		w.out.Unread++
		return nil
	}
	sum := sha256.Sum256(raw)
	if w.isCopy([16]byte(sum[:16])) {
		w.out.Copies++
		return nil
	}
	m := mapLine{Schema: mapSchema, File: in.File, FileLine: l.Number, FileOffset: l.Offset, Length: d.Origin(l).Length,
		LineSHA256: hex.EncodeToString(sum[:]), Why: w.why, Rewritten: !bytes.Equal(raw, text)}
	if in.SHA256 != "" {
		m.FileSHA256 = &in.SHA256
	}
	if m.Rewritten {
		w.out.Changed++
	}
	w.out.Lines++
	if w.cur.why == whyFinding {
		w.out.Findings++
	}
	if at, ok := d.Action(); ok {
		if action, ok := oneLine(d.Bytes(at)); ok {
			if err := w.put(action); err != nil {
				return err
			}
		}
	}
	m.Line, m.Offset = w.line, w.offset
	w.remember()
	if err := w.put(text); err != nil {
		return err
	}
	return w.places.Encode(m)
}

func (w *bundleWriter) put(line []byte) error {
	w.line++
	w.offset += int64(len(line)) + 1
	_, err := w.events.Write(append(line[:len(line):len(line)], '\n'))
	return err
}

// maxRemembered bounds the lines of a bundle of which a check can tell where they came
// from.
const maxRemembered = 1 << 20

// remember keeps where a line of the bundle came from, in the place of its number.
func (w *bundleWriter) remember() {
	if w.line >= maxRemembered {
		return
	}
	for int64(len(w.s.at)) <= w.line {
		w.s.at = append(w.s.at, bundleLine{})
	}
	w.s.at[w.line] = w.cur
}

// oneLine returns an event on one line.
func oneLine(text []byte) ([]byte, bool) {
	if bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') < 0 {
		return text, true
	}
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return nil, false
	}
	return b.Bytes(), true
}

// copies counts equal lines as correlate counts equal events: of those in several
// inputs as many are kept as the input that has most of them holds. In the bundle all
// stand in one.
type copies struct {
	input      int32
	here, most int32
}

// maxCopies bounds the distinct lines that are told apart.
const maxCopies = 500_000

func (w *bundleWriter) isCopy(sum [16]byte) bool {
	c := w.copies[sum]
	if c == nil {
		if len(w.copies) == maxCopies {
			return false
		}
		c = &copies{}
		w.copies[sum] = c
	}
	if c.input != w.cur.Input {
		c.input, c.here = w.cur.Input, 0
	}
	if c.here++; c.here <= c.most {
		return true
	}
	c.most = c.here
	return false
}

// Checked is how the findings in a bundle compare with those of the run.
type Checked struct {
	Same, Missing, Extra int64
	// Droppable says that neighbours had a part in extra findings: Write leaves them out
	// from now on.
	Droppable bool
}

// Check scans a bundle, written to path, with the configuration of the run, and holds
// the findings against those of res, by finding_id.
func (s *Selection) Check(ctx context.Context, res *scanner.Result, path string) (c Checked, err error) {
	inputs, _, err := input.Walk([]string{path}, input.WalkOptions{})
	if err != nil {
		return c, err
	}
	cfg := s.cfg
	cfg.Inputs, cfg.Spool, cfg.Progress, cfg.NearMisses, cfg.Audit, cfg.ProfileRules = inputs, nil, nil, false, 0, false
	again, err := scanner.Run(ctx, cfg)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, again.Close()) }()
	ids := correlate.NewSorter(s.dir, int(s.cfg.MaxMemory/sorterShare))
	defer ids.Close()
	if err := addIDs(ids, res, 0, nil); err != nil {
		return c, err
	}
	if err := addIDs(ids, again, 1, s.at); err != nil {
		return c, err
	}
	return c, s.compare(ids, &c)
}

// addIDs files the ids of the findings of one run; of the bundle's, with the lines that
// could be left out.
func addIDs(ids *correlate.Sorter, res *scanner.Result, side byte, at []bundleLine) error {
	n := int64(0)
	return res.Findings(func(f *scanner.Finding) error {
		n++
		var payload []byte
		for _, e := range f.Evidence {
			if e.Origin.Line < int64(len(at)) && at[e.Origin.Line].why > whyCounted {
				payload = correlate.AppendInt(payload, e.Origin.Line)
			}
		}
		return ids.Add(correlate.AppendInt(append(correlate.AppendText(nil, f.ID), side), n), payload)
	})
}

// compare walks the ids of both runs. Ids are told apart by what stands before the
// side and the number.
func (s *Selection) compare(ids *correlate.Sorter, c *Checked) error {
	var id []byte
	var counts [2]int64
	var neighbours []byte
	end := func() {
		c.Same += min(counts[0], counts[1])
		c.Missing += max(0, counts[0]-counts[1])
		if extra := counts[1] - counts[0]; extra > 0 {
			c.Extra += extra
			c.Droppable = s.leaveOut(neighbours) || c.Droppable
		}
	}
	err := correlate.Merge([]*correlate.Sorter{ids}, func(key, payload []byte) error {
		head := key[:len(key)-9]
		if !bytes.Equal(head, id) {
			end()
			id, counts, neighbours = bytes.Clone(head), [2]int64{}, nil
		}
		counts[key[len(key)-9]]++
		neighbours = append(neighbours, payload...)
		return nil
	})
	end()
	return err
}

// leaveOut drops lines from the selection, given by their numbers in the bundle.
func (s *Selection) leaveOut(numbers []byte) bool {
	any := false
	for ; len(numbers) >= 8; numbers = numbers[8:] {
		l := s.at[correlateInt(numbers)]
		any = any || !s.drop[l]
		s.drop[l] = true
	}
	return any
}
