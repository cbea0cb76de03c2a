package rows

import (
	"net/netip"

	"coldcase/rules/esql"
)

// addresses are functions on IP addresses.
var addresses = map[string]function{"CIDR_MATCH": cidrMatch, "IP_PREFIX": ipPrefix, "NETWORK_DIRECTION": networkDirection}

// cidrMatch is true when the address lies in a block, null when a block is null or none.
func cidrMatch(_ *Env, a []Value) Value {
	s, ok := as(a[0][0], esql.IP)
	if !ok {
		return nil
	}
	at, out := s.addr(), no
	for _, block := range a[1:] {
		text, ok := block.text()
		net, isNet := parseNet(text)
		switch {
		case !ok || !isNet:
			out = nil
		case net.Contains(at):
			return yes
		}
	}
	return out
}

// parseNet reads a block, or an address as the block of it alone.
func parseNet(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	a = a.Unmap()
	return netip.PrefixFrom(a, a.BitLen()), true
}

// ipPrefix cuts an address to a number of bits, given for both kinds.
func ipPrefix(_ *Env, a []Value) Value {
	s, ok := as(a[0][0], esql.IP)
	bits4, ok4 := a[1].integer()
	bits6, ok6 := a[2].integer()
	if !ok || !ok4 || !ok6 {
		return nil
	}
	at, bits := s.addr(), bits6
	if at.Is4() {
		bits = bits4
	}
	if bits < 0 || bits > int64(at.BitLen()) {
		return nil
	}
	return Value{address(netip.PrefixFrom(at, int(bits)).Masked().Addr())}
}
