package event

import (
	"fmt"
	"testing"
)

// Fingerprints and hashes follow the secret, and come back with it.
func TestSecret(t *testing.T) {
	was := Secret()
	defer SetSecret(was)
	p := NewParser(NewLayout())
	taken := func() string {
		return fmt.Sprintf("%x %x", p.Fingerprint([]byte(`{"a":"b"}`)), KeyedHash('e', []byte("host"), []byte("id")))
	}
	before := taken()
	SetSecret([32]byte([]byte("0123456789abcdefghijklmnopqrstuv")))
	if taken() == before {
		t.Error("another secret, the same fingerprints")
	}
	if SetSecret(was); taken() != before || Secret() != was {
		t.Error("the same secret, other fingerprints")
	}
}

// Kinds and texts are told apart, wherever one ends and the other begins.
func TestKeyedHash(t *testing.T) {
	seen := map[uint64]string{}
	for _, kind := range []byte("eps") {
		for _, pair := range [][2]string{{"", ""}, {"a", ""}, {"", "a"}, {"ab", "c"}, {"a", "bc"}, {"c", "ab"}, {"abc", ""}, {"a\x00", ""}, {"", "a\x00"}} {
			h := KeyedHash(kind, []byte(pair[0]), []byte(pair[1]))
			name := fmt.Sprintf("%c %q", kind, pair)
			if other, ok := seen[h]; ok {
				t.Errorf("%s and %s are one", name, other)
			}
			seen[h] = name
		}
	}
}
