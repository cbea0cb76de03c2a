// Package input turns paths into inputs and inputs into decoded bytes.
//
//	paths --Walk--> []Input --Open--> Stream: stored bytes -> codec -> decoded bytes
//	                                    |
//	                                    +--> SHA-256 of the stored bytes
//
// What may be lost at each stage, and where it is said:
//
//   - Walk: what is no evidence by its content, names that begin with a dot, links
//     and special files become [Skipped] entries. A file that cannot be looked into
//     stays an input and fails when it is opened, so that it is counted.
//   - Open: a file that cannot be opened is an error.
//   - Read: damage ends the decoded stream with a [DamageError], after every byte
//     that could be decoded before it.
//
// The package opens files for reading only, never follows a link out of a
// directory, and does not look into archives. Another compression is one more file
// and one more entry in codecs.
package input
