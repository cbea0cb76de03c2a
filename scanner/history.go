package scanner

import (
	"time"

	"coldcase/matchers"
	"coldcase/matchers/correlate"
)

// historyOf answers how much evidence there was before an event, of its host and of its
// data source.
func historyOf(c *matchers.Census) correlate.History {
	return func(r *correlate.Record, window time.Duration) (start int64, ok bool) {
		return c.HistoryStart(r.HostKey, r.Index, r.Time, window)
	}
}
