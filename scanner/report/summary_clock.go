package report

import (
	"time"

	"coldcase/scanner"
)

// jsonInputClock is what the times of an input's events say, in the order of its lines.
type jsonInputClock struct {
	Events     int64   `json:"events"` // whose time says when something happened
	First      *string `json:"first"`
	Last       *string `json:"last"`
	Back       int64   `json:"steps_back"`
	Jump       float64 `json:"largest_jump_back_seconds"`
	JumpLine   int64   `json:"largest_jump_back_line"` // 0 for none, as below
	Early      int64   `json:"before_2000"`
	EarlyLine  int64   `json:"first_before_2000_line"`
	Future     int64   `json:"in_future"`
	FutureLine int64   `json:"first_in_future_line"`
}

type jsonClocks struct {
	Hosts  []jsonHostClock `json:"hosts"`
	Capped bool            `json:"capped"` // nothing was kept of further hosts
}

type jsonHostClock struct {
	Key    string  `json:"key"`
	Host   string  `json:"host"`
	Events int64   `json:"events"`
	First  *string `json:"first"`
	Last   *string `json:"last"`
	Early  int64   `json:"before_2000"`
	Future int64   `json:"in_future"`
	// Slot is the grain of the silences, Rhythm how far apart events usually are.
	Slot        float64       `json:"slot_seconds"`
	Rhythm      float64       `json:"rhythm_seconds"`
	Longest     *jsonSilence  `json:"longest_silence"` // null when no slot is without events
	Unusual     []jsonSilence `json:"unusual_silences"`
	MoreUnusual int           `json:"more_unusual_silences"`
	// Skew is the median of event.ingested less @timestamp; null without either.
	Skew    *float64 `json:"ingest_delay_seconds"`
	Arrived int64    `json:"ingest_delay_events"`
}

type jsonSilence struct {
	From    *string `json:"from"`
	To      *string `json:"to"`
	Seconds float64 `json:"seconds"`
}

func summaryInputClock(c *scanner.InputClock) jsonInputClock {
	return jsonInputClock{Events: c.Events, First: jsonTime(c.First), Last: jsonTime(c.Last), Back: c.Back,
		Jump: c.Jump.Seconds(), JumpLine: c.JumpLine, Early: c.Early, EarlyLine: c.EarlyLine, Future: c.Ahead, FutureLine: c.AheadLine}
}

func summaryClocks(c *scanner.Continuity) jsonClocks {
	return jsonClocks{Hosts: each(c.Hosts, summaryHostClock), Capped: c.Capped}
}

func summaryHostClock(h *scanner.HostClock) jsonHostClock {
	out := jsonHostClock{Key: h.Key, Host: h.Host, Events: h.Events, First: jsonTime(h.First), Last: jsonTime(h.Last),
		Early: h.Early, Future: h.Ahead, Slot: h.Slot.Seconds(), Rhythm: h.Rhythm.Round(time.Millisecond).Seconds(),
		Unusual: each(h.Unusual, summarySilence), MoreUnusual: h.MoreUnusual, Arrived: h.Arrived}
	if h.Longest.Length() > 0 {
		longest := summarySilence(&h.Longest)
		out.Longest = &longest
	}
	if h.Arrived > 0 {
		skew := h.Skew.Seconds()
		out.Skew = &skew
	}
	return out
}

func summarySilence(s *scanner.Silence) jsonSilence {
	return jsonSilence{jsonTime(s.From), jsonTime(s.To), s.Length().Seconds()}
}
