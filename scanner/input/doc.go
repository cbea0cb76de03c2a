// Package input turns paths into inputs and inputs into decoded bytes.
//
//	paths --Walk--> []Input --Opener.Open--> Stream: stored bytes -> codec -> decoded bytes
//	           |                               |         |
//	   members of archives                     |         +--> SHA-256 of the stored bytes
//	   are inputs of their own                 +--> *Gap between bytes, *DamageError at the end,
//	                                                Ledger: what was lost and what is unverified
//
// What may be lost at each stage, and where it is said:
//
//   - Walk: what is no evidence by its content, names that begin with a dot, links
//     and special files become [Skipped] entries. A file or a member that cannot be
//     looked into, is encrypted, or stands behind a limit, and an archive of which a part
//     is lost, stay inputs and fail when they are opened, so that they are counted.
//   - Open: a file that cannot be opened is an error.
//   - Read: a [Gap] where bytes are missing between those before and those after; a
//     [DamageError] at the end of every stream that was not whole, after every byte that
//     could be decoded. The [Ledger] has both, and what no checksum vouches for.
//
// # Archives
//
// ZIP and tar archives are known by their content; a tar archive may be compressed, and
// an archive may stand in one other. A member's stored bytes are those that the archive
// holds once it is unpacked, a .gz still compressed: its SHA-256, offsets and ledger are
// of those, as if it had been extracted, which it never is. Members of a ZIP archive and
// of a plain tar archive are read where they stand. A compressed tar archive is decoded
// once by Walk, which notes where its members are, and once more by an [Opener] that reads
// them in their order. A compressed ZIP archive in another archive is held in memory, up
// to 64 MiB. Names of members are labels: nothing is opened by them.
//
// # Damage
//
// A compressed stream is a [series] of units that decode alone: gzip members, zstd frames,
// xz blocks, bzip2 blocks. Behind a damaged one it goes on with the next that decodes,
// looked for from its beginning on, since a decoder may run far over a damaged place before
// it notices. Within one gzip member or zstd frame nothing follows damage.
//
// # Several cores
//
// One stream is decoded by one core, with two exceptions. Units whose ends can be found
// without decoding them, BGZF members and zstd frames of bounded size, are decoded ahead of
// the reader, several at once, when [Limits].Parallel says so (ahead.go). The members of
// other gzip files end where decoding them ends. But a stream of those can note [Place]s
// while it is decoded, for whoever reads the file a second time: see [OpenAt].
//
// The package opens files for reading only and never follows a link out of a directory.
// Another compression is one more file and one more entry in codecs.
package input
