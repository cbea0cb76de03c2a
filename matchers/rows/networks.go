package rows

import (
	"net/netip"

	"coldcase/rules/esql"
)

// networks are the networks that NETWORK_DIRECTION knows by name; others are blocks
// (J:NetworkDirectionUtils).
var networks = map[string]func(a netip.Addr) bool{
	"loopback":                  netip.Addr.IsLoopback,
	"unicast":                   isUnicast,
	"global_unicast":            isUnicast,
	"link_local_unicast":        netip.Addr.IsLinkLocalUnicast,
	"interface_local_multicast": netip.Addr.IsInterfaceLocalMulticast,
	"link_local_multicast":      netip.Addr.IsLinkLocalMulticast,
	"multicast":                 netip.Addr.IsMulticast,
	"unspecified":               netip.Addr.IsUnspecified,
	"private":                   isPrivate,
	"public":                    isPublic,
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

func isUnicast(a netip.Addr) bool {
	return a != broadcast && !a.IsUnspecified() && !a.IsLoopback() && !a.IsMulticast() && !a.IsLinkLocalUnicast()
}

// isPrivate takes of IPv6 but the half of fc00::/7 that is in use.
func isPrivate(a netip.Addr) bool {
	return a.IsPrivate() && (a.Is4() || a.As16()[0] == 0xfd)
}

func isPublic(a netip.Addr) bool {
	return !isPrivate(a) && !a.IsLoopback() && !a.IsUnspecified() && !a.IsLinkLocalUnicast() &&
		!a.IsLinkLocalMulticast() && !a.IsInterfaceLocalMulticast() && a != broadcast
}

// networkDirection says how traffic goes, seen from the networks that are internal; null when
// one of them is none.
func networkDirection(_ *Env, a []Value) Value {
	if len(a[0]) > 1 || len(a[1]) > 1 {
		return nil
	}
	from, ok := as(a[0][0], esql.IP)
	to, tok := as(a[1][0], esql.IP)
	if !ok || !tok {
		return nil
	}
	fromInside, ok := inNetworks(from.addr(), a[2])
	toInside, tok := inNetworks(to.addr(), a[2])
	switch {
	case !ok || !tok:
		return nil
	case fromInside && toInside:
		return textValue("internal")
	case fromInside:
		return textValue("outbound")
	case toInside:
		return textValue("inbound")
	}
	return textValue("external")
}

// inNetworks looks at the networks in order, up to the first that the address is in. ok is
// false when one before it is no network.
func inNetworks(at netip.Addr, list Value) (in, ok bool) {
	for _, s := range list {
		if holds := networks[s.S]; s.Type == esql.Keyword && holds != nil {
			if holds(at) {
				return true, true
			}
			continue
		}
		net, isNet := parseNet(s.S)
		if s.Type != esql.Keyword || !isNet {
			return false, false
		}
		if net.Contains(at) {
			return true, true
		}
	}
	return false, true
}
