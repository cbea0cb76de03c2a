// Package flate decodes DEFLATE streams (RFC 1951) and the gzip members around them
// (RFC 1952), about twice as fast as klauspost/compress (flate_bench_test.go), and says
// exactly where it stands: how many stored bytes were consumed, at which bit they
// stop making sense, and from which bits decoding could go on.
//
//	Source --Peek--> bitReader --+--> header: codes -> tables (table.go, symbols.go)
//	   ^                         |
//	   +---Discard: to the byte  +--> stored  --+
//	                             +--> fast    --+--> out: 32 KiB window, piece --> Next
//	                             +--> careful --+
//
// fast decodes while neither the end of the buffered input nor that of out is near;
// careful decodes the rest a symbol at a time, asking the source for no byte that
// the next symbol may not need. Both come to the same result: tests hold them
// against a decoder that goes bit by bit, the standard library and
// klauspost/compress.
//
// What may be lost: nothing that was decoded. All bytes before damage are returned
// before the error, which is io.ErrUnexpectedEOF for an input that ends too early, a
// [CorruptError], or ErrHeader, ErrChecksum or ErrTrailing of a [GzipReader].
//
// What counts as damage is what the standard library refuses, with three differences
// in the gzip header: reserved flags are refused, as the RFC wants; names and
// comments may be longer; padding with zeros is an end. The package does not look for
// a next member behind damage: that is for whoever owns the source.
package flate
