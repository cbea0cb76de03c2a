package matchers

import (
	"bytes"
	"net/netip"
)

// parseAddr reads an IPv4 or IPv6 address without allocating (the errors of
// netip.ParseAddr hold the text). An IPv4 address and its IPv4-mapped IPv6 form
// are the same, as in Elasticsearch's ip type; zones are refused.
func parseAddr(b []byte) (netip.Addr, bool) {
	for _, c := range b {
		if c == ':' {
			return parseIPv6(b)
		}
	}
	a, ok := parseIPv4(b)
	if !ok {
		return netip.Addr{}, false
	}
	return netip.AddrFrom4(a), true
}

func parseIPv4(b []byte) (a [4]byte, ok bool) {
	part, digits, value := 0, 0, 0
	for i := 0; i <= len(b); i++ {
		if i == len(b) || b[i] == '.' {
			if digits == 0 || part > 3 || value > 255 || digits > 1 && b[i-digits] == '0' {
				return a, false // a leading zero could mean octal
			}
			a[part] = byte(value)
			part, digits, value = part+1, 0, 0
			continue
		}
		if b[i] < '0' || b[i] > '9' || digits == 3 {
			return a, false
		}
		value, digits = value*10+int(b[i]-'0'), digits+1
	}
	return a, part == 4
}

// parseIPv6 reads eight groups of up to four hex digits, one run of which may be
// "::" and the last two an IPv4 address.
func parseIPv6(b []byte) (netip.Addr, bool) {
	var a [16]byte
	n, gap, i := 0, -1, 0
	if len(b) > 1 && b[0] == ':' && b[1] == ':' {
		gap, i = 0, 2
	}
	for i < len(b) {
		if n == 16 {
			return netip.Addr{}, false
		}
		value, digits, j := hexGroup(b[i:])
		if j < len(b)-i && b[i+j] == '.' {
			four, ok := parseIPv4(b[i:])
			if !ok || n > 12 {
				return netip.Addr{}, false
			}
			n += copy(a[n:], four[:])
			break
		}
		if digits == 0 {
			return netip.Addr{}, false
		}
		a[n], a[n+1] = byte(value>>8), byte(value)
		n, i = n+2, i+j
		if i == len(b) {
			break
		}
		if b[i] != ':' || i+1 == len(b) {
			return netip.Addr{}, false
		}
		i++
		if b[i] == ':' {
			if gap >= 0 {
				return netip.Addr{}, false
			}
			gap, i = n, i+1
		}
	}
	return closeGap(a, n, gap)
}

func closeGap(a [16]byte, n, gap int) (netip.Addr, bool) {
	if gap < 0 {
		return netip.AddrFrom16(a).Unmap(), n == 16
	}
	if n == 16 {
		return netip.Addr{}, false
	}
	tail := n - gap
	copy(a[16-tail:], a[gap:n])
	clear(a[gap : 16-tail])
	return netip.AddrFrom16(a).Unmap(), true
}

func hexGroup(b []byte) (value, digits, n int) {
	for n < len(b) && digits < 4 {
		c := b[n]
		switch {
		case c >= '0' && c <= '9':
			value = value<<4 | int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			value = value<<4 | int(c|0x20-'a'+10)
		default:
			return value, digits, n
		}
		n, digits = n+1, digits+1
	}
	return value, digits, n
}

// parseNet reads "10.0.0.0/8", host bits allowed, or a bare address. As with bare
// addresses, ::ffff:10.0.0.0/104 and 10.0.0.0/8 are the same.
func parseNet(b []byte) (netip.Prefix, bool) {
	text, length, slash := bytes.Cut(b, []byte{'/'})
	a, ok := parseAddr(text)
	if !ok || !slash {
		return netip.PrefixFrom(a, a.BitLen()), ok
	}
	bits, ok := prefixLength(length)
	if a.Is4() && bytes.IndexByte(text, ':') >= 0 {
		if bits < 96 && ok { // wider than all of IPv4
			return netip.PrefixFrom(netip.AddrFrom16(a.As16()), bits).Masked(), true
		}
		bits -= 96
	}
	if !ok || bits > a.BitLen() {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, bits).Masked(), true
}

func prefixLength(b []byte) (bits int, ok bool) {
	if len(b) == 0 || len(b) > 3 || !allDigits(b) || len(b) > 1 && b[0] == '0' {
		return 0, false
	}
	for _, c := range b {
		bits = bits*10 + int(c-'0')
	}
	return bits, true
}

// containsAddr says whether p holds a. An IPv6 network such as ::/0 also holds
// IPv4 addresses, which Elasticsearch indexes as ::ffff:a.b.c.d.
func containsAddr(p netip.Prefix, a netip.Addr) bool {
	if p.Addr().Is4() == a.Is4() {
		return p.Contains(a)
	}
	return a.Is4() && p.Contains(netip.AddrFrom16(a.As16()))
}
