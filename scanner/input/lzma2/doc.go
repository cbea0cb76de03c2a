// Package lzma2 decodes LZMA2, the one compression that .xz files of text have, and hands
// out every byte that it decoded before it met damage or the end of what is there.
// That is what it is for: ulikunitz/xz keeps up to a dictionary of decoded bytes to
// itself when a chunk is cut, which is all of a small file. Tests hold the two against
// each other.
//
//	source --> chunk headers --+--> uncompressed --+--> dict --> Read
//	           (reader.go)     +--> coder ---------+
//	                                (coder.go, rangecoder.go)
//
// The format has no specification of its own; what is done here is what liblzma does
// (lzma2_decoder.c, lzma_decoder.c) and the LZMA specification of the LZMA SDK says. The
// range decoder takes its next byte not before a bit needs it, so that a cut costs no
// symbol that stands before it.
//
// What may be lost: nothing that was decoded. What it refuses: distances beyond the
// dictionary or its beginning, end markers, which LZMA2 does not have, and chunks that do
// not end where their header says. Checksums are for whoever reads the container.
package lzma2
