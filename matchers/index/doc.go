// Package index tells which rules can match an event at all, so that the others need
// not be tried. It works on predicate trees and never decides a match: what it lets
// through is evaluated, and what it keeps back must be certain not to match.
//
// # Classes
//
// Events with the same index candidates and the same values of a few fields of low
// cardinality (event.category, event.type, host.os.type, ...) are of one class. For a
// class the leaves about those fields have one value, so each rule's tree is reduced
// by them once ([Reduce]); rules whose tree becomes false are dropped. Reduction only
// replaces a leaf by the value that evaluation gives it on every event of the class,
// and simplifies and, or and not by the laws of two-valued logic. So a reduced tree
// and the rule's own agree on every event of the class.
//
// # Anchors
//
// For each remaining tree [Table] keeps a set of atoms of which at least one holds
// whenever the tree does ([anchorsOf]):
//
//   - a leaf holds only when its field has a value, so "the field is present" is an
//     atom of every positive leaf;
//   - a term on a text holds only when a value equals it, so "the field has this
//     value, but for the case of ASCII letters" is one, for each literal;
//   - a wildcard or regular expression holds only when a value contains each of its
//     literal texts, so "the field contains these four bytes, but for case" is one,
//     when the literal has four bytes;
//   - an and holds only when all its parts do: the atoms of any one part will do, and
//     the cheapest are taken;
//   - an or holds only when one of its parts does: the atoms of all parts together,
//     or none when one part has none.
//
// A not, a script, a nested query and a predicate on any field have no atoms; a tree
// without atoms is always evaluated. Values are held against the atoms in full, and
// hashes only choose a bucket whose key is then compared, so no collision can hide an
// event. Literals that also compare as numbers, and fields with a lower-casing
// normalizer, whose equality is wider than that of bytes, take the presence atom.
//
// Limits (number of classes, length of class values) end in evaluating more, never
// less.
package index
