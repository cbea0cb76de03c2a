package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
	"coldcase/scanner"
	"coldcase/scanner/claim"
	"coldcase/scanner/input"
	"coldcase/scanner/lines"
)

// readEvidence holds all wanted lines against their inputs, each opened once. Inputs
// come in the order of their names, but for members of a compressed archive, which is
// decoded in its order: their lines wait until all of that archive are known.
func (v *verifier) readEvidence() error {
	e := v.newEvidence()
	var at *foundInput
	err := correlate.Merge([]*correlate.Sorter{v.wanted}, func(_, payload []byte) error {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		want := &wantedLine{}
		if err := json.Unmarshal(payload, want); err != nil {
			return scanner.ErrSpilled
		}
		if at == nil || !at.is(want) {
			if at != nil && outerFile(at.File) != outerFile(want.File) {
				if err := e.takeLater(); err != nil {
					return err
				}
			}
			at = v.find(want)
		}
		if at.later() {
			return e.wait(at, want)
		}
		return e.take(at, want)
	})
	if err == nil {
		err = e.takeLater()
	}
	return e.end(err)
}

func (v *verifier) addPart(want *wantedLine, p *part) error {
	p.Place, p.Step, p.NoHash = want.Place, want.Step, !want.KnowsSum
	if p.Status != Proven {
		p.File, p.Line = want.File, &want.Line
	}
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return v.parts.Add(partKey(want.N, want.Place+1), b)
}

// openInput is an input whose lines are being proven. A nil one is none.
type openInput struct {
	name, sum string // as the findings file has them
	status    string // of the input as a whole
	reason    string

	v      *verifier
	stream *input.Stream // nil when it could not be opened
	docs   *lines.Documents
	line   lines.Line // the document at hand
	ended  error      // what ended the documents
	last   int64      // number of the last line seen
	worker *matchers.Worker
	proven lastProven

	displaced displaced
}

// lastProven is the last line that was found to be as it was.
type lastProven struct {
	n      int64
	origin event.Origin
}

// open opens an input that was found, or not. The error is one of ctx.
func (e *evidence) open(at *foundInput) (*openInput, error) {
	v := e.v
	v.counts.Inputs++
	in := &openInput{v: v, name: at.File, sum: at.FileSum, status: at.Status, reason: at.Reason, worker: e.worker}
	if at.Status == Missing {
		return in, v.ctx.Err()
	}
	if at.Moved {
		v.counts.Moved++
	}
	in.displaced.found = at.located.Input
	v.cfg.Progress.TotalBytes.Add(at.located.Input.Size)
	var err error
	if in.stream, err = e.opener.Open(at.located.Input); err != nil {
		in.status, in.reason = Missing, "the input cannot be read: "+plainFileError(err).Error()
		return in, nil
	}
	in.docs, err = lines.NewDocuments(v.ctx, lines.NewReader(in.stream, 0, e.budget), e.budget, e.worker)
	if err != nil {
		return nil, errors.Join(err, in.stream.Close())
	}
	return in, in.next()
}

// plainFileError drops the path, which the finding names.
func plainFileError(err error) error {
	if errors.Is(err, errNotFound) {
		return err
	}
	return input.WithoutPath(err)
}

func (in *openInput) close() {
	if in == nil || in.stream == nil {
		return
	}
	if in.docs != nil {
		in.docs.Release()
	}
	_ = in.stream.Close() // it was only read
	in.stream, in.docs = nil, nil
}

// next moves to the next document. The error is one of ctx; the end of the input is
// kept.
func (in *openInput) next() error {
	if in.ended != nil {
		return nil
	}
	l, err := in.docs.Next(in.v.ctx)
	if err == nil {
		in.line, in.last = l, l.Number
		return nil
	}
	in.ended = err
	if errors.Is(err, input.ErrStopped) {
		return errors.Join(in.v.ctx.Err(), err)
	}
	return in.v.ctx.Err()
}

// prove holds one wanted line against the input. Lines come in the order of offsets.
func (in *openInput) prove(v *verifier, want *wantedLine) (*part, error) {
	if in.stream == nil {
		return &part{Status: in.status, Reason: in.reason}, nil
	}
	for in.ended == nil && endOf(in.docs.Origin(in.line)) <= want.Offset {
		if err := in.next(); err != nil {
			return nil, err
		}
	}
	if in.ended != nil && in.last < want.Line {
		return in.gone(want), nil
	}
	if in.ended == nil {
		if p := in.found(v, want); p != nil {
			return p, nil
		}
	}
	return &part{Status: Changed, lost: true, Reason: in.because(fmt.Sprintf("no event begins at line %d, offset %d", want.Line, want.Offset))}, nil
}

// endOf is the offset behind a line.
func endOf(o event.Origin) int64 { return o.Offset + int64(o.Length) }

// found holds the line at hand, or a piece of it, against what is wanted. It is nil when
// neither begins where that does.
func (in *openInput) found(v *verifier, want *wantedLine) *part {
	at := event.Origin{Line: want.Line, Offset: want.Offset, Length: want.Length}
	if in.docs.Origin(in.line) == at {
		return in.held(v, want, in.line)
	}
	for p := range in.docs.Pieces(in.line) {
		if p.Lost == "" && in.docs.Origin(p.Line) == at {
			return in.held(v, want, p.Line)
		}
	}
	if in.line.Number == want.Line && in.line.Offset == want.Offset {
		return in.held(v, want, in.line)
	}
	return nil
}

// gone says of a line behind the end of what can be read why it is not there.
func (in *openInput) gone(want *wantedLine) *part {
	if in.ended == io.EOF {
		return &part{Status: Missing, lost: true, Reason: in.because(fmt.Sprintf("line %d is not there: the input ends at line %d", want.Line, in.last))}
	}
	return &part{Status: Missing, Reason: in.because(fmt.Sprintf("line %d cannot be read: %v", want.Line, in.ended))}
}

// because puts what is wrong with a line before what is wrong with its input.
func (in *openInput) because(reason string) string {
	if in.reason == "" {
		return reason
	}
	return reason + "; " + in.reason
}

// held holds the line at its place against what the findings file says of it.
func (in *openInput) held(v *verifier, want *wantedLine, l lines.Line) *part {
	text := in.docs.Bytes(l)
	if sum := in.lineSum(l, text, want.LineSum); sum != want.LineSum {
		return &part{Status: Changed, lost: true, Reason: in.because(fmt.Sprintf("line %d is another: its SHA-256 is %s", want.Line, sum))}
	}
	if want.Length != in.docs.Origin(l).Length {
		return &part{Status: Changed, Reason: in.because("the length in the findings file is not that of the line")}
	}
	p := &part{Status: in.status, Reason: in.reason}
	if p.Status == Changed {
		p.Reason = "the line is as it was, but " + p.Reason
	}
	origin := event.Origin{Line: want.Line, Offset: want.Offset, Length: want.Length}
	p.Twice = in.proven == lastProven{want.N, origin}
	in.proven = lastProven{want.N, origin}
	if want.Alerts {
		p.Hit = true
		return p
	}
	if reason := in.match(v, want, text, p); reason != "" {
		p.Status, p.Reason = Changed, in.because(reason)
	}
	return p
}

// lineSum is the SHA-256 of a line as it stands in the input, or of its event
// where that is the one wanted: that of a row of a table is made from the row.
func (in *openInput) lineSum(l lines.Line, text []byte, wanted string) string {
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) == wanted {
		return wanted
	}
	sum := sha256.Sum256(in.docs.Raw(l))
	return hex.EncodeToString(sum[:])
}

// match holds the event and the rule against the line, and files what the rule would
// join in p.
func (in *openInput) match(v *verifier, want *wantedLine, text []byte, p *part) (reason string) {
	hits, err := in.worker.Match(text)
	if err != nil {
		return "the line is no event: " + err.Error()
	}
	f, source := in.worker.Facts()
	if sha256.Sum256(claim.EventJSON(source)) != want.EventSum {
		return "the event in the findings file is not that of the line"
	}
	if want.NoRule {
		return ""
	}
	rule, place := int32(want.Rule), event.Origin{Line: int64(want.Place), Length: want.Length}
	p.Hit = hitsRule(hits, rule)
	for _, x := range scanner.RecordsOf(in.worker, hits, rule, f, place) {
		p.Record = append(p.Record, x.Append(nil))
	}
	return ""
}

func hitsRule(hits []matchers.Hit, rule int32) bool {
	return slices.ContainsFunc(hits, func(h matchers.Hit) bool { return h.Rule == rule })
}
