// Package journal keeps what a run has done in one file that is only ever appended to, so
// that it is worth something when the run is cut off: by a signal, kill -9 or a loss of
// power.
//
//	file  = magic frame...
//	frame = kind, number, length of the data as stored, CRC-32C of all that, data
//
// A reader takes frames from the beginning up to the first that is not whole, which is
// where the file was cut off (or damaged), and nothing behind it: frames that vouch for
// others stand behind those. What is behind is cut off when the next frame is appended.
//
// Data is compressed (S2) where that is worth it. The content is hostile when it is read
// back: no frame makes more memory than a few MiB, or than it takes in the file. What the
// data means is the caller's business, and to distrust as well: a checksum tells an accident
// and not a forgery.
package journal
