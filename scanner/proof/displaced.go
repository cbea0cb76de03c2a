package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"coldcase/scanner/input"
	"coldcase/scanner/lines"
)

// maxDisplaced bounds the lines of one input that are looked for elsewhere in it; of
// more, the rest is reported as it is.
const maxDisplaced = 10_000

// displaced are the lines of one input that are not at their place. The input is read
// once more for them: a line that was deleted or put in moves all behind it.
type displaced struct {
	bySum map[string][]*displacedLine
	n     int
	found input.Input
}

type displacedLine struct {
	want *wantedLine
	part *part
}

// take keeps a line that is not at its place; false means that it is reported as it is.
func (d *displaced) take(want *wantedLine, p *part) bool {
	if !p.lost || d.n == maxDisplaced {
		return false
	}
	if d.bySum == nil {
		d.bySum = map[string][]*displacedLine{}
	}
	d.n++
	d.bySum[want.LineSum] = append(d.bySum[want.LineSum], &displacedLine{want, p})
	return true
}

// search looks for the lines by their hash, says where each stands now, and files them.
// The error is one of ctx, or of the temporary directory.
func (e *evidence) search(d *displaced) error {
	if d.n == 0 {
		return nil
	}
	if err := e.searchInput(d); err != nil {
		return err
	}
	for _, ls := range d.bySum {
		for _, l := range ls {
			if err := e.v.addPart(l.want, l.part); err != nil {
				return err
			}
		}
	}
	d.bySum, d.n = nil, 0
	return nil
}

func (e *evidence) searchInput(d *displaced) error {
	opener := e.opener
	if d.found.Follows(d.found) {
		opener = e.again // the other one is behind the member
	}
	s, err := opener.Open(d.found)
	if err != nil {
		return nil // it was open a moment ago: what is known of it is reported
	}
	defer s.Close()
	docs, err := lines.NewDocuments(e.v.ctx, lines.NewReader(s, 0, e.budget), e.budget, e.worker)
	if err != nil {
		return err
	}
	defer docs.Release()
	for {
		l, err := docs.Next(e.v.ctx)
		if err != nil {
			return e.v.ctx.Err()
		}
		sum := sha256.Sum256(docs.Raw(l))
		for _, x := range d.bySum[hex.EncodeToString(sum[:])] {
			x.part.standsAt(l.Number)
		}
	}
}

// standsAt notes where a line is now; the first such place counts.
func (p *part) standsAt(line int64) {
	if !p.lost {
		return
	}
	p.lost = false
	p.Status = Changed
	p.Reason = fmt.Sprintf("the line stands at line %d now; %s", line, p.Reason)
}
