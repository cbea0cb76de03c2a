// Package claim reads findings files: what each line says of a finding, and nothing of
// whether it is so.
//
//	findings file --Reader.Next--> Finding (or an Error, of the one line)
//
// A findings file may come from anywhere: lines, texts and numbers of evidence are bounded,
// and what no scan writes is refused with its line. Its row, of a rule in ES|QL, is kept
// as hashes ([RowSums]), and so is an event ([EventSum]): both may be of any size, and both
// are asked for equality alone.
package claim
