package correlate

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"time"

	"coldcase/matchers/rows"
	"coldcase/rules"
)

// keep files a row of the result. One that no event stands behind, such as the count of
// no rows, is no finding: there would be nothing to show.
func (d *rowWindows) keep(t *track) error {
	if t.behind == nil || len(t.behind.records) == 0 {
		return nil
	}
	d.number++
	key := AppendInt(AppendInt(AppendText(nil, string(t.id)), d.window), d.number)
	return d.results.Add(key, t.append(d.p.AppendResult(nil, d.pipe.env.Row)))
}

// resultTail is the length of what follows the id in the key of a result.
const resultTail = 16

// cutKeyInt reads an integer in key form.
func cutKeyInt(key []byte) (n int64, ok bool) {
	if len(key) < 8 {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(key) ^ 1<<63), true
}

// rowEpisode is what windows that overlap saw of the same keys.
type rowEpisode struct {
	id          []byte // in key form
	own         []byte // as the rows have it
	first, last int64  // ends of windows
	windows     int64
	values      []rows.Value
	behind      *backing
}

// findings joins the results of windows that overlap.
func (d *rowWindows) findings() error {
	var ep *rowEpisode
	err := Merge([]*Sorter{d.results}, func(key, payload []byte) error {
		id := key[:len(key)-resultTail]
		end, _ := cutKeyInt(key[len(id):])
		values, rest, err := d.p.CutResult(payload)
		if err != nil {
			return err
		}
		t, err := cutTrack(rest)
		if err != nil {
			return err
		}
		if ep != nil && bytes.Equal(ep.id, id) && end-ep.last < d.width {
			if end != ep.last {
				ep.windows++
			}
			ep.last = end
			d.p.MergeResult(ep.values, values)
			ep.behind.unite(t.behind)
			return nil
		}
		if err := d.finding(ep); err != nil {
			return err
		}
		ep = &rowEpisode{bytes.Clone(id), t.id, end, end, 1, values, t.behind}
		return nil
	})
	if err != nil {
		return err
	}
	return d.finding(ep)
}

// finding makes a finding of an episode.
func (d *rowWindows) finding(ep *rowEpisode) error {
	if ep == nil {
		return nil
	}
	row, err := json.Marshal(d.p.Object(ep.values))
	if err != nil {
		return err
	}
	for _, r := range ep.behind.records {
		r.Key = keyOf(ep.own)
	}
	count := ep.behind.total()
	detail := map[string]any{"row": json.RawMessage(row), "rows": map[string]any{
		"sources": count, "window_s": int64(d.r.LookBack / time.Second), "windows": ep.windows,
	}}
	if d.r.Candidates {
		detail["candidate"] = verdictSkipped
	}
	scale := d.scale(ep, detail)
	f, err := newFinding(d.rule, ep.behind.records, detail)
	if err != nil {
		return err
	}
	f.Count, f.First, f.Last, f.Scale = count, ep.behind.first, ep.behind.last, scale
	return d.yield(f)
}

// verdictSkipped is said of what a language model would have been asked about.
const verdictSkipped = "verdict step skipped"

// candidateMark is the member of a finding's detail that says so, "" for other rules.
func candidateMark(r *rules.Rule) string {
	if !r.Candidates {
		return ""
	}
	return `"candidate":"` + verdictSkipped + `",`
}

// scale lowers the score of what was "first seen" on less history than the rule wants, as
// that of new terms.
func (d *rowWindows) scale(ep *rowEpisode, detail map[string]any) float64 {
	if d.age == 0 || d.rd.History == nil {
		return 1
	}
	window, known := time.Duration(d.width)*time.Millisecond, time.Duration(0)
	first := ep.behind.records[0]
	if start, ok := d.rd.History(first, window); ok && start < first.Time {
		known = time.Duration(min(uint64(window), elapsed(start, first.Time)))
	}
	detail["first_seen"] = map[string]any{"baseline_days": days(known), "window_days": days(window)}
	return math.Max(0.2, math.Min(1, float64(known)/float64(window)))
}
