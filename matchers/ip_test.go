package matchers

import (
	"net/netip"
	"strings"
	"testing"
)

func TestParseAddr(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		a, ok := parseAddr([]byte(in))
		if got := a.String(); ok != (want != "") || ok && got != want {
			t.Errorf("parseAddr(%q) = %s %v, want %q", in, got, ok, want)
		}
	}
	f("10.1.2.3", "10.1.2.3")
	f("::ffff:10.1.2.3", "10.1.2.3") // one with its IPv4 form
	f("::FFFF:0a01:0203", "10.1.2.3")
	f("2001:DB8:0:0:0:0:0:1", "2001:db8::1")
	f("::", "::")
	f("1::", "1::")
	f("64:ff9b::192.0.2.33", "64:ff9b::c000:221")
	for _, bad := range []string{"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.0004", "1.2..4", "a", ":", ":::", "1:2",
		"1::2::3", "12345::", "::1%eth0", "1:2:3:4:5:6:7:8:9", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", " ::1", "1:2:3:4:5:6:7::8:"} {
		f(bad, "")
	}
}

// FuzzParseAddr: the same addresses as netip reads, but for zones, and IPv4 in
// IPv6 is IPv4.
func FuzzParseAddr(f *testing.F) {
	for _, s := range []string{"1.2.3.4", "::ffff:1.2.3.4", "1:2:3:4:5:6:7:8", "fe80::1%lo", "::", "1::2:3", "0:0::0.0.0.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := parseAddr([]byte(s))
		want, err := netip.ParseAddr(s)
		wantOK := err == nil && !strings.Contains(s, "%")
		if ok != wantOK || ok && got != want.Unmap() {
			t.Fatalf("parseAddr(%q) = %v %v, netip %v %v", s, got, ok, want, err)
		}
	})
}

// FuzzParseNet: a network holds an address exactly when their first bits agree, both
// taken as 16 bytes; that is how Elasticsearch indexes addresses.
func FuzzParseNet(f *testing.F) {
	f.Add("10.6.48.157/8", "10.1.2.3")
	f.Add("::/0", "1.2.3.4")
	f.Add("::ffff:10.0.0.0/104", "10.9.9.9")
	f.Add("::ffff:10.0.0.0/90", "::fffe:0:1")
	f.Add("::1", "::1")
	f.Add("1.2.3.4/33", "1.2.3.4")
	f.Fuzz(func(t *testing.T, network, addr string) {
		p, ok := parseNet([]byte(network))
		want, wantOK := refPrefix(network)
		if ok != wantOK {
			t.Fatalf("parseNet(%q) is read: %v, want %v", network, ok, wantOK)
		}
		a, aok := parseAddr([]byte(addr))
		if !ok || !aok {
			return
		}
		if got := containsAddr(p, a); got != want.Contains(netip.AddrFrom16(a.As16())) {
			t.Fatalf("%q holds %q: %v", network, addr, got)
		}
	})
}

// refPrefix reads a network as one of 128 bits. (netip keeps apart what
// AddrFrom16 and an IPv4 network are, so all is IPv6 here.)
func refPrefix(s string) (p refNet, ok bool) {
	text, _, slash := strings.Cut(s, "/")
	if strings.Contains(s, "%") {
		return refNet{}, false
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return refNet{}, false
	}
	bits := a.BitLen()
	if slash {
		q, err := netip.ParsePrefix(s)
		if err != nil {
			return refNet{}, false
		}
		bits = q.Bits()
	}
	if a.Is4() {
		bits += 96
	}
	return refNet{a.As16(), bits}, true
}

type refNet struct {
	addr [16]byte
	bits int
}

func (n refNet) Contains(a netip.Addr) bool {
	b := a.As16()
	for i := range n.bits {
		mask := byte(0x80) >> (i % 8)
		if n.addr[i/8]&mask != b[i/8]&mask {
			return false
		}
	}
	return true
}
