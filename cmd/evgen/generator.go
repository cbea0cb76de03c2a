package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// generator makes events. Equal seeds and mixes make equal events.
type generator struct {
	r              *rand.Rand
	source         mix
	linux, windows []image
	hosts          []*host // those that the mix has
	now            time.Time
	seq            int // number of the event, part of each: no line comes twice
}

// newGenerator makes the hosts and what runs on them when the story begins.
func newGenerator(seed uint64, source mix) *generator {
	g := &generator{
		r: rand.New(rand.NewPCG(seed, 42)), source: source,
		now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), seq: 1000,
	}
	g.linux = g.images(linuxPrograms, "/")
	g.windows = g.images(windowsPrograms, `\`)
	for i := range hostCount {
		if h := g.newHost(i); source.has(h) {
			g.hosts = append(g.hosts, h)
		}
	}
	return g
}

// appendEvent appends the next event, without its newline.
func (g *generator) appendEvent(b []byte) []byte {
	g.now = g.now.Add(time.Duration(1+g.r.IntN(3000)) * time.Microsecond)
	g.seq++
	h := g.hosts[g.skewed(len(g.hosts))]
	return g.source.append(g, b, h)
}

// process returns a process of h, a new one when it has just begun.
func (g *generator) process(h *host, begun bool) *process {
	i := g.skewed(len(h.running))
	if begun {
		h.running[i] = g.newProcess(h)
	}
	return &h.running[i]
}

// mix is a choice of events.
type mix struct {
	name   string
	has    func(h *host) bool
	append func(g *generator, b []byte, h *host) []byte
}

func onLinux(h *host) bool   { return !h.windows }
func onWindows(h *host) bool { return h.windows }
func anywhere(*host) bool    { return true }

var mixes = []mix{
	{"all", anywhere, (*generator).any},
	{"auditbeat", onLinux, (*generator).auditbeat},
	{"endpoint", anywhere, (*generator).endpoint},
	{"endgame", onWindows, (*generator).endgame},
}

// any picks among the agents that a host may have: auditbeat runs on Linux only,
// Endgame on Windows only.
func (g *generator) any(b []byte, h *host) []byte {
	switch n := g.r.IntN(10); {
	case !h.windows && n < 6:
		return g.auditbeat(b, h)
	case h.windows && n < 3:
		return g.endgame(b, h)
	default:
		return g.endpoint(b, h)
	}
}

func mixNames() string {
	var names []string
	for _, m := range mixes {
		names = append(names, m.name)
	}
	return strings.Join(names, ", ")
}

func mixNamed(name string) (mix, error) {
	for _, m := range mixes {
		if m.name == name {
			return m, nil
		}
	}
	return mix{}, fmt.Errorf("-mix %q: expected one of %s", name, mixNames())
}
