package event

import "encoding/binary"

// Secret returns what keys Fingerprint and KeyedHash in this process. It goes with what was
// mapped here and is reduced elsewhere, or later, and is for nobody who made the evidence.
func Secret() (b [32]byte) {
	for i, word := range secret {
		binary.LittleEndian.PutUint64(b[8*i:], word)
	}
	return b
}

// SetSecret makes this process take fingerprints and hashes as the one did whose Secret it
// is. It is to be called while no event is looked at, and what was taken before means
// nothing beside what is taken after.
func SetSecret(b [32]byte) {
	for i := range secret {
		secret[i] = binary.LittleEndian.Uint64(b[8*i:]) | 1
	}
}

// KeyedHash hashes two texts of a kind, each for itself, so that nobody outside can make two
// pairs collide. It is safe for concurrent use.
func KeyedHash(kind byte, a, b []byte) uint64 {
	return mum(hash(a)^uint64(kind)*wordMix, hash(b)^secret[2])
}
