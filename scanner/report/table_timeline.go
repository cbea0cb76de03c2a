package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"coldcase/rules"
	"coldcase/scanner"
)

// Levels of the bars: the first stands for nothing, the second for anything at all.
var (
	blockLevels = []string{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}
	plainLevels = []string{" ", ".", ":", "-", "=", "+", "*", "#", "@"}
)

// Sizes of the timeline.
const (
	timelineLabel = 12 // columns before the bars
	timelineCount = 12 // and behind
	fullColumns   = 120
	busiestShown  = 5
)

// timeline draws the findings over time, a row for each severity, and says what is
// busiest.
func (s *screen) timeline() {
	if !s.opt.Timeline || s.res.Counts.Findings == 0 {
		return
	}
	columns := fullColumns
	if w := s.opt.fitTo(); w > 0 {
		columns = max(w-timelineLabel-timelineCount, 8)
	}
	t := newTimeline(s.res.First, s.res.Last, columns)
	err := findingsOf(s.res)(func(f *scanner.Finding) error {
		t.add(f.Time, f.Severity)
		return nil
	})
	if err != nil {
		s.err = cmp.Or(s.err, err)
		return
	}
	text := "no finding has a readable time"
	switch {
	case len(t.bars) == 0 && !s.res.First.IsZero():
		text = "the times of the findings lie too far apart to be drawn"
	case len(t.bars) > 0:
		text = "findings by the time of their first event, UTC; each column is " + stepName(t.step)
		if t.noTime > 0 {
			text += "; " + plural(t.noTime, "finding") + " without a readable time not drawn"
		}
	}
	s.headed("TIMELINE", text)
	for i := len(rules.Severities) - 1; i >= 0; i-- {
		s.timelineRow(t, i)
	}
	s.timelineAxis(t)
	s.busiest(t)
	s.line("")
}

// timelineRow draws the bars of one severity, the highest as high as the row.
func (s *screen) timelineRow(t *timeline, severity int) {
	total, most := int64(0), int64(0)
	for _, bar := range t.bars {
		total += bar[severity]
		most = max(most, bar[severity])
	}
	if total == 0 {
		return
	}
	levels := plainLevels
	if s.opt.Terminal {
		levels = blockLevels
	}
	var b strings.Builder
	for _, bar := range t.bars {
		b.WriteString(levels[level(bar[severity], most, len(levels)-1)])
	}
	name := rules.Severities[severity]
	pad := strings.Repeat(" ", timelineLabel-3-len(name))
	s.line("  %s%s|%s| %s", paint(name, severityColours[name], s.opt), pad, paint(b.String(), severityColours[name], s.opt), number(total))
}

// level is how high a bar is, from 0 to top; what counts anything is at least 1.
func level(n, most int64, top int) int {
	if n <= 0 || most <= 0 {
		return 0
	}
	return max(int(float64(n)/float64(most)*float64(top)+0.5), 1)
}

// timelineAxis names the beginning and the end below the bars, where there is room.
func (s *screen) timelineAxis(t *timeline) {
	ticks := t.ticks()
	if len(ticks) == 0 {
		return
	}
	first, last := ticks[0].Text, ticks[len(ticks)-1].Text
	text := first
	if gap := len(t.bars) - len(first) - len(last); len(ticks) > 1 && gap > 0 {
		text = first + strings.Repeat(" ", gap) + last
	} else if len(ticks) > 1 {
		text = first + " to " + last
	}
	s.line("%*s%s", timelineLabel, "", text)
}

// countedName is a name with how many findings it has.
type countedName struct {
	name string
	n    int64
}

// busiest names the hosts, rules, tactics and times with the most findings.
func (s *screen) busiest(t *timeline) {
	hosts := map[string]int64{}
	for i := range s.res.Groups {
		if g := &s.res.Groups[i]; g.Host != "" {
			hosts[g.Host] += g.Count
		}
	}
	var byHost, byRule, byTactic, byTime []countedName
	for name, n := range hosts {
		byHost = append(byHost, countedName{name, n})
	}
	for i := range s.res.Rules {
		if r := &s.res.Rules[i]; r.Rule != nil && r.Findings > 0 {
			byRule = append(byRule, countedName{r.Rule.Name, r.Findings})
		}
	}
	for i := range s.res.Tactics {
		byTactic = append(byTactic, countedName{s.res.Tactics[i].Name, s.res.Tactics[i].Count})
	}
	for i, bar := range t.bars {
		if n := sum(bar); n > 0 {
			byTime = append(byTime, countedName{t.from(i).Format(time.DateTime), n})
		}
	}
	for _, part := range []struct {
		name string
		list []countedName
	}{{"hosts", byHost}, {"rules", byRule}, {"tactics", byTactic}, {"times", byTime}} {
		s.busiestOf(part.name, part.list)
	}
}

func (s *screen) busiestOf(name string, list []countedName) {
	if len(list) == 0 {
		return
	}
	slices.SortFunc(list, func(a, b countedName) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.name, b.name))
	})
	shown := list[:min(len(list), busiestShown)]
	texts := make([]string, len(shown))
	for i, c := range shown {
		texts[i] = cell(c.name, 60) + " " + number(c.n)
	}
	text := fmt.Sprintf("  busiest %-8s %s", name, strings.Join(texts, "; "))
	if more := len(list) - len(shown); more > 0 {
		text += fmt.Sprintf(" and %s more", number(int64(more)))
	}
	s.wrapped(text, 19)
}
