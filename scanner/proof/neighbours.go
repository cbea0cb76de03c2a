package proof

import "coldcase/matchers/event"

// maxRings bounds the hosts of one input of which the last lines are remembered.
const maxRings = 16_384

// ring remembers the last lines of one host in one input.
type ring struct {
	last  []event.Origin // at most n, oldest first
	after int            // lines still to be selected after a finding's
}

// neighbours selects a line, or remembers it in case the next one of its host is
// evidence.
func (p *selecting) neighbours(o event.Origin, host string, wanted bool) error {
	r := p.hosts[host]
	if r == nil {
		if len(p.hosts) == maxRings {
			p.lost += int64(len(p.hosts))
			clear(p.hosts)
		}
		r = &ring{}
		p.hosts[host] = r
	}
	if wanted {
		return p.around(o, r)
	}
	if r.after > 0 {
		r.after--
		return p.s.add(o, whyNeighbour)
	}
	if p.n > 0 {
		if len(r.last) == p.n {
			copy(r.last, r.last[1:])
			r.last = r.last[:p.n-1]
		}
		r.last = append(r.last, o)
	}
	return nil
}

// around selects a line of evidence and those before it; those after it are to come.
func (p *selecting) around(o event.Origin, r *ring) error {
	for _, before := range r.last {
		if err := p.s.add(before, whyNeighbour); err != nil {
			return err
		}
	}
	r.last, r.after = r.last[:0], p.n
	return p.s.add(o, whyFinding)
}
