package main

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"os"
)

// digest hashes and counts what is written through it.
type digest struct {
	w io.Writer
	h hash.Hash
	n int64
}

func newDigest(w io.Writer) *digest { return &digest{w: w, h: sha256.New()} }

func (d *digest) Write(b []byte) (int, error) {
	n, err := d.w.Write(b)
	d.h.Write(b[:n])
	d.n += int64(n)
	return n, err
}

func (d *digest) sum() string { return hex.EncodeToString(d.h.Sum(nil)) }

// fileDigest returns the SHA-256 of a file in hex, and its size. ok is false for what
// is no regular file, or cannot be read.
func fileDigest(path string) (sum string, size int64, ok bool) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return "", 0, false
	}
	f, err := os.Open(path)
	if err != nil {
		return "", 0, false
	}
	defer f.Close()
	d := newDigest(io.Discard)
	if _, err := io.Copy(d, f); err != nil {
		return "", 0, false
	}
	return d.sum(), d.n, true
}
