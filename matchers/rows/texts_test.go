package rows

import (
	"fmt"
	"testing"
)

func TestTextFunctions(t *testing.T) {
	valuesAre(t,
		`BIT_LENGTH("aé")`, "24", `BIT_LENGTH(null)`, "null", `BIT_LENGTH("")`, "0",
		// A start of 0 is that of 1; a negative one counts from the end.
		`LOCATE("abcabc", "bc", 0)`, "2", `LOCATE("abcabc", "bc", 1)`, "2", `LOCATE("abcabc", "bc", 3)`, "5", `LOCATE("abcabc", "bc", -2)`, "5",
		`LOCATE("abcabc", "bc", -1)`, "0", `LOCATE("abcabc", "bc", -100)`, "2", `LOCATE("abcabc", "bc", 100)`, "0", `LOCATE("ééa", "a", -1)`, "3",
		`LOCATE("ab", "abc")`, "0", `LOCATE("a", null)`, "null", `LOCATE(["a", "b"], "a")`, "null", `LOCATE("🐱a", "a")`, "2",
		`SUBSTRING("abc", 4)`, `""`, `SUBSTRING("abc", -9, 2)`, `"ab"`, `SUBSTRING("abc", 2, 0)`, `""`, `SUBSTRING("abc", 1, -1)`, "null", `SUBSTRING("🐱é", 2)`, `"é"`,
		`LEFT("🐱é", 1)`, `"🐱"`, `RIGHT("🐱é", 1)`, `"é"`, `RIGHT("abc", 0)`, `""`, `LEFT(null, 1)`, "null",
		`LTRIM("\t a ")`, `"a "`, `RTRIM(" a \n")`, `" a"`, `TRIM("")`, `""`, "REPEAT(\"a\", 0)", `""`, `REPEAT("a", -1)`, "null", `REPEAT("", 5)`, `""`,
		`SPACE(0)`, `""`, `SPLIT(";", ";")`, `["",""]`, `SPLIT("", ";")`, `""`, `SPLIT("aéb", MV_FIRST("é"))`, "null", `CONCAT("a", ["b", "c"])`, "null",
		`STARTS_WITH("abc", "")`, "true", `ENDS_WITH("abc", "bc")`, "true", `CONTAINS("abc", "")`, "true", `STARTS_WITH(null, "a")`, "null",
		`TO_LOWER(null)`, "null", `TO_UPPER("aßﬁ")`, `"ASSFI"`, `REPLACE("aXbX", "X", "")`, `"ab"`, `REPLACE("a.b", "\\.", "-")`, `"a-b"`, `REPLACE(null, "a", "b")`, "null",
		`URL_ENCODE("a b/é~*-._")`, `"a+b%2F%C3%A9~%2A-._"`, `URL_ENCODE_COMPONENT("a b+c")`, `"a%20b%2Bc"`, `URL_DECODE(URL_ENCODE("ü & ö"))`, "\"ü \\u0026 ö\"",
		`URL_DECODE("%2")`, "null", `FROM_BASE64(TO_BASE64("é"))`, `"é"`, `FROM_BASE64("YQ")`, `"a"`, `TO_BASE64("")`, `""`,
	)
}

// A replacement that repeats what was found is null before it is too long.
func TestReplaceIsBounded(t *testing.T) {
	f := func(textLength, groups int, want string) {
		t.Helper()
		x := fmt.Sprintf(`REPLACE(REPEAT("a", %d), "a+", CONCAT("<", REPEAT("$0", %d)))`, textLength, groups)
		valuesAre(t, "LENGTH("+x+")", want)
	}
	f(1000, 1000, "1000001")
	f(1000, 2000, "null")
	f(1_000_000, 500_000, "null")
}

// The digests of "abc" are those of FIPS 180 and 202, and of RFC 1321.
func TestHash(t *testing.T) {
	valuesAre(t,
		`HASH("md5", "abc")`, `"900150983cd24fb0d6963f7d28e17f72"`,
		`HASH("SHA", "abc")`, `"a9993e364706816aba3e25717850c26c9cd0d89d"`,
		`HASH("sha-1", "abc")`, `"a9993e364706816aba3e25717850c26c9cd0d89d"`,
		`HASH("SHA-224", "abc")`, `"23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"`,
		`HASH("sha-256", "abc")`, `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`,
		`HASH("SHA-256", "abc") == SHA256("abc")`, "true",
		`LENGTH(HASH("SHA-384", "abc"))`, "96", `LENGTH(HASH("SHA-512", "abc"))`, "128", `LENGTH(HASH("SHA-512/256", "abc"))`, "64",
		`HASH("SHA3-256", "abc")`, `"3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"`,
		`HASH(MV_FIRST("rot13"), "abc")`, "null", `HASH(null, "abc")`, "null", `HASH("md5", null)`, "null", `HASH("md5", ["a", "b"])`, "null",
	)
}

// Characters are turned around as people see them.
func TestReverse(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := reversed(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	f("", "")
	f("abc", "cba")
	f("aé", "éa")
	f("ae\u0301b", "be\u0301a")           // an accent stays on its letter
	f("a👍🏽b", "b👍🏽a")                     // and a colour on its hand
	f("x👩\u200d💻y", "y👩\u200d💻x")         // two pictures that are one
	f("🇦🇹🇩🇪🇨", "🇨🇩🇪🇦🇹")                   // flags are pairs
	f("1\ufe0f\u20e3a", "a1\ufe0f\u20e3") // a key
	f("a\r\nb", "b\r\na")                 // one line end
	f("\u0301a", "a\u0301")               // a mark with nothing to stand on
	f("a\xff\xfeb", "b\xfe\xffa")         // no text at all
}

// A path has keys behind dots and, in brackets, places and quoted keys.
func TestJSONPaths(t *testing.T) {
	const doc = `{"a b": {"it's": 1, "q\"": 2, "": 3, "x]": 4, "b\\": 5}, "l": [[1, 2], {"k": null}], "t": true, "n": -1.50e3, "e": {}}`
	f := func(path, want string) {
		t.Helper()
		got := "null"
		if v := jsonExtract(doc, path); v != nil {
			got = v[0].S
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	f("a b['it\\'s']", "1")
	f(`$['a b']["q\""]`, "2")
	f("['a b']['']", "3")
	f("['a b']['x]']", "4")
	f(`['a b']['b\\']`, "5")
	f("$.l[0][1]", "2")
	f("l[ 0 ][\t1 ]", "2")
	f("l[ 'k' ]", "null") // a list has no keys
	f("l[1].k", "null")
	f("l[1]", `{"k": null}`)
	f("t", "true")
	f("n", "-1.50e3")
	f("e", "{}")
	f("$", doc)
	f("$.", doc)
	for _, bad := range []string{"$t", ".t", "t.", "l..k", "l.[0]", "l[0]k", "l[00]", "l[-1]", "l[", "l[]", "l['k'", "l['k]", "l['k'x]", "t]", "l[0:1]", "l[*]"} {
		f(bad, "null")
	}
}

func TestNetworkDirection(t *testing.T) {
	f := func(from, to, networks, want string) {
		t.Helper()
		valuesAre(t, `NETWORK_DIRECTION("`+from+`", TO_IP("`+to+`"), `+networks+`)`, want)
	}
	f("10.1.2.3", "8.8.8.8", `"10.0.0.0/8"`, `"outbound"`)
	f("8.8.8.8", "10.1.2.3", `["192.168.0.0/16", "10.0.0.0/8"]`, `"inbound"`)
	f("10.1.2.3", "fd00::1", `"private"`, `"internal"`)
	f("8.8.8.8", "fc00::1", `"private"`, `"external"`)
	f("8.8.8.8", "172.32.0.1", `"public"`, `"internal"`)
	f("255.255.255.255", "169.254.0.1", `"public"`, `"external"`)
	f("127.0.0.1", "::1", `"loopback"`, `"internal"`)
	f("0.0.0.0", "::", `"unspecified"`, `"internal"`)
	f("224.0.0.5", "ff05::1", `["link_local_multicast", "multicast"]`, `"internal"`)
	f("ff01::1", "fe80::1", `["interface_local_multicast", "link_local_unicast"]`, `"internal"`)
	f("8.8.8.8", "224.0.0.5", `"unicast"`, `"outbound"`)
	f("10.0.0.1", "::ffff:10.0.0.2", `["10.0.0.1", "10.0.0.2/32"]`, `"internal"`)
	f("10.0.0.1", "10.0.0.2", `"nowhere"`, "null")
	valuesAre(t,
		`NETWORK_DIRECTION(null, "10.0.0.1", "private")`, "null", `NETWORK_DIRECTION("10.0.0.1", "10.0.0.1", null)`, "null",
		`NETWORK_DIRECTION(TO_IP(["10.0.0.1", "10.0.0.2"]), "10.0.0.1", "private")`, "null",
	)
}
