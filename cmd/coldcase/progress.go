package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"coldcase/rules"
	"coldcase/scanner"

	"github.com/schollz/progressbar/v3"
)

// progressEvery is how often the bar is drawn.
const progressEvery = 200 * time.Millisecond

// watch draws the progress of a scan of so many stored bytes on w until the returned
// function is called, which removes the bar. It owns one goroutine, gone when that
// function returns.
func watch(w io.Writer, width int, stored int64, p *scanner.Progress) (stop func()) {
	return watchText(w, width, stored, p, func() string { return progressText(p, width) })
}

// watchText is watch with words of its own behind the bar.
func watchText(w io.Writer, width int, stored int64, p *scanner.Progress, text func() string) (stop func()) {
	done := make(chan struct{})
	var drawing sync.WaitGroup
	drawing.Go(func() {
		bar := newBar(w, width, stored)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				_ = bar.Clear() // a bar that cannot be removed loses nothing
				return
			case <-tick.C:
				draw(bar, text(), stored, p)
			}
		}
	})
	return func() {
		close(done)
		drawing.Wait()
	}
}

// newBar has the bytes, the rate and the time left from the library, and the rest
// from the description at the end of its line. On a narrow terminal the bar itself
// gives way.
func newBar(w io.Writer, width int, stored int64) *progressbar.ProgressBar {
	return progressbar.NewOptions64(stored+1,
		progressbar.OptionSetWriter(w),
		progressbar.OptionShowBytes(true),
		progressbar.OptionShowTotalBytes(true),
		progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetWidth(max(5, min(30, width-100))),
		progressbar.OptionShowDescriptionAtLineEnd(),
		progressbar.OptionThrottle(0),
		progressbar.OptionSetTheme(progressbar.Theme{
			Saucer: "=", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]",
		}),
	)
}

// draw brings the bar up to date. A bar that is full counts as finished and is not
// drawn any more, but the merge and the reports are still to come, and standard
// input has no total at all: the total is always one byte more than what is read.
func draw(bar *progressbar.ProgressBar, text string, stored int64, p *scanner.Progress) {
	done := p.StoredBytes.Load()
	total := max(stored-p.KeptBytes.Load(), p.TotalBytes.Load(), done) + 1
	if total != bar.GetMax64() {
		bar.ChangeMax64(total)
	}
	// Errors of drawing are those of a terminal that has gone: the scan goes on.
	_ = bar.Set64(done)
	bar.Describe(text)
}

// wide is the width from which severities are spelt out beside the bar.
const wide = 110

// progressText: "18.3M events  crit 0 high 14 med 122 low 61  bad 3".
func progressText(p *scanner.Progress, width int) string {
	text := compact(p.Events.Load()) + " events "
	for i := len(rules.Severities) - 1; i >= 0; i-- {
		name := abbreviated[rules.Severities[i]] + " "
		if width < wide {
			name = name[:1]
		}
		text += " " + name + compact(p.BySeverity[i].Load())
	}
	return text + "  bad " + compact(p.BadLines.Load())
}

var abbreviated = map[string]string{"critical": "crit", "high": "high", "medium": "med", "low": "low"}

// compact writes a count in at most six columns: 999, 18.3k, 18.3M.
func compact(n int64) string {
	v, unit := float64(n), ""
	for _, u := range []string{"k", "M", "G", "T"} {
		if v < 999.95 {
			break
		}
		v, unit = v/1000, u
	}
	if unit == "" {
		return fmt.Sprint(n)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0") + unit
}
