package matchers

import (
	"cmp"
	"net/netip"
	"slices"
)

// manyNets is from how many networks on a search beats trying one after the other.
const manyNets = 16

// netRanges are the addresses of a set of networks as ranges that neither touch nor
// overlap, ascending. IPv4 addresses stand in their IPv4-mapped form, which gives
// containsAddr's answers: a network of IPv6 such as ::/0 holds them, too.
type netRanges []netRange

type netRange struct{ first, last [16]byte }

func newNetRanges(nets []netip.Prefix) netRanges {
	all := make(netRanges, len(nets))
	for i, p := range nets {
		all[i] = rangeOf(p)
	}
	slices.SortFunc(all, func(a, b netRange) int { return cmp.Or(cmpBytes(a.first, b.first), cmpBytes(a.last, b.last)) })
	out := all[:0]
	for _, r := range all {
		if n := len(out); n > 0 && cmpBytes(r.first, out[n-1].last) <= 0 {
			if cmpBytes(r.last, out[n-1].last) > 0 {
				out[n-1].last = r.last
			}
			continue
		}
		out = append(out, r)
	}
	return out
}

func rangeOf(p netip.Prefix) netRange {
	bits := p.Bits()
	if p.Addr().Is4() {
		bits += 96
	}
	r := netRange{first: p.Masked().Addr().As16()}
	r.last = r.first
	for i := bits; i < 128; i++ {
		r.last[i/8] |= 0x80 >> (i % 8)
	}
	return r
}

func cmpBytes(a, b [16]byte) int { return slices.Compare(a[:], b[:]) }

// contains says whether a is in one of the ranges.
func (rs netRanges) contains(a netip.Addr) bool {
	key := a.As16()
	i, found := slices.BinarySearchFunc(rs, key, func(r netRange, key [16]byte) int { return cmpBytes(r.first, key) })
	return found || i > 0 && cmpBytes(key, rs[i-1].last) <= 0
}
