package report

import (
	"time"

	"coldcase/rules"
)

// timeline counts findings by time and severity in bars of equal width.
type timeline struct {
	start  int64     // seconds since 1970: a time.Duration ends at 292 years
	step   int64     // seconds
	bars   [][]int64 // by bar, then by place in rules.Severities
	noTime int64
}

// maxBars bounds the bars of a timeline.
const maxBars = 60

const (
	minuteSeconds = 60
	hourSeconds   = 60 * minuteSeconds
	daySeconds    = 24 * hourSeconds
)

// barSteps are widths in seconds that a reader can name.
var barSteps = []int64{
	1, 5, 15, 30, minuteSeconds, 5 * minuteSeconds, 15 * minuteSeconds, 30 * minuteSeconds,
	hourSeconds, 3 * hourSeconds, 6 * hourSeconds, 12 * hourSeconds,
	daySeconds, 7 * daySeconds, 30 * daySeconds, 91 * daySeconds, 365 * daySeconds, 5 * 365 * daySeconds, 25 * 365 * daySeconds,
}

// newTimeline makes at most so many bars from first to last; none without a first.
func newTimeline(first, last time.Time, most int) *timeline {
	t := &timeline{}
	if first.IsZero() || last.Before(first) {
		return t
	}
	for _, t.step = range barSteps {
		t.start = floor(first.Unix(), t.step)
		if n := (last.Unix()-t.start)/t.step + 1; n <= int64(most) {
			t.bars = make([][]int64, n)
			break
		}
	}
	for i := range t.bars {
		t.bars[i] = make([]int64, len(rules.Severities))
	}
	return t
}

// floor is the multiple of step at or before seconds.
func floor(seconds, step int64) int64 {
	return seconds - ((seconds%step)+step)%step
}

// from is the beginning of a bar.
func (t *timeline) from(bar int) time.Time { return time.Unix(t.start+int64(bar)*t.step, 0).UTC() }

func (t *timeline) add(at time.Time, severity string) {
	i := int64(-1)
	if !at.IsZero() && t.step > 0 {
		i = (floor(at.Unix(), t.step) - t.start) / t.step
	}
	if i < 0 || i >= int64(len(t.bars)) {
		t.noTime++
		return
	}
	for s, name := range rules.Severities {
		if name == severity {
			t.bars[i][s]++
		}
	}
}

// Size of the drawing, in its own units.
const (
	chartWidth  = 1000
	chartHeight = 180
)

// chart is a timeline as it is drawn.
type chart struct {
	Width, Height int
	Bars          []chartBar
	Most          int64
	Step          string
	Ticks         []chartTick
	NoTime        int64
}

// chartBar is one bar: its parts from the bottom up, least severe first.
type chartBar struct {
	From   string
	Total  int64
	Counts []int64 // critical first
	Parts  []chartPart
}

type chartPart struct {
	Severity string
	X, Y     int
	W, H     int
}

type chartTick struct {
	X      int
	Text   string
	Anchor string
}

func (t *timeline) chart() chart {
	c := chart{Width: chartWidth, Height: chartHeight, Step: stepName(t.step), NoTime: t.noTime}
	for _, bar := range t.bars {
		c.Most = max(c.Most, sum(bar))
	}
	for i := range t.bars {
		c.Bars = append(c.Bars, t.bar(i, c.Most))
	}
	c.Ticks = t.ticks()
	return c
}

func sum(ns []int64) (n int64) {
	for _, v := range ns {
		n += v
	}
	return n
}

// bar lays out one bar. A part that counts anything is at least two units high: one
// critical finding among thousands must be seen.
func (t *timeline) bar(i int, most int64) chartBar {
	n := len(t.bars)
	b := chartBar{From: t.from(i).Format("2006-01-02 15:04:05"), Total: sum(t.bars[i])}
	x, next := i*chartWidth/n, (i+1)*chartWidth/n
	y := chartHeight
	for s, count := range t.bars[i] {
		if count > 0 {
			h := min(max(int(count*(chartHeight-8)/most), 2), y)
			y -= h
			b.Parts = append(b.Parts, chartPart{Severity: rules.Severities[s], X: x + 1, Y: y, W: max(min(next-x-2, 48), 2), H: h})
		}
		b.Counts = append([]int64{count}, b.Counts...)
	}
	return b
}

// ticks name the beginning, the middle and the end.
func (t *timeline) ticks() []chartTick {
	if len(t.bars) == 0 {
		return nil
	}
	layout := "2006-01-02 15:04:05"
	if t.step >= daySeconds {
		layout = "2006-01-02"
	} else if t.step >= minuteSeconds {
		layout = "2006-01-02 15:04"
	}
	at := func(i int) string { return t.from(i).Format(layout) }
	n := len(t.bars)
	ticks := []chartTick{{0, at(0), "start"}}
	if n > 3 {
		ticks = append(ticks, chartTick{n / 2 * chartWidth / n, at(n / 2), "middle"})
	}
	if n > 1 {
		ticks = append(ticks, chartTick{chartWidth, at(n), "end"})
	}
	return ticks
}

func stepName(seconds int64) string {
	switch {
	case seconds >= daySeconds:
		return plural(seconds/daySeconds, "day")
	case seconds >= hourSeconds:
		return plural(seconds/hourSeconds, "hour")
	case seconds >= minuteSeconds:
		return plural(seconds/minuteSeconds, "minute")
	}
	return plural(seconds, "second")
}
