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
// whenever the tree does ([fields.anchorsOf]):
//
//   - a leaf holds only when its field has a value, so "the field is present" is an
//     atom of every positive leaf;
//   - a term on a text holds only when a value equals it, so "a value is this text" is
//     one, for each literal;
//   - a wildcard holds only when a value begins and ends with its literal text there,
//     where it has any, and contains each of its literal texts, so each of "begins
//     with", "ends with" (up to seven bytes) and "contains these four bytes" is one;
//     for a regular expression that which its required literal gives;
//   - a term on a number, be it a numeric field, a literal that was written as a number
//     or a field that no schema knows, holds only when a value is that number. A literal
//     of up to 18 digits and nothing else gives "a value is this number, or is a number
//     in another spelling": two such texts are the same number exactly when their digits
//     give the same integer, and a value that begins like a number and is not spelled so
//     (a sign, a fraction that a long cuts, an exponent, more digits) is a candidate for
//     all numbers of the field. Texts that begin with neither digit, sign nor point are
//     no numbers;
//   - a term on an address of IPv4 holds only when a value is the same address. Without
//     leading zeros, which are refused, dotted notation is unique, and all others have a
//     colon: "a value is this text, or has a colon";
//   - a term on a boolean holds only when a value is "true", or one of "false" and "";
//   - an and holds only when all its parts do: the atoms of any one part will do, and
//     the cheapest are taken (cost.go guesses how often an atom holds; a wrong guess
//     costs evaluations);
//   - an or holds only when one of its parts does: the atoms of all parts together,
//     or none when one part has none.
//
// A not, a script, a nested query and a predicate on any field have no atoms; a tree
// without atoms is always evaluated. Literals that no atom is wide enough for, and
// fields with a lower-casing normalizer or a text for nulls, take the presence atom.
//
// # Keys
//
// Atoms are looked up by keys of 64 bits that are made of texts alike on both sides
// (key.go): texts that are equal but for the case of ASCII letters have equal keys,
// since each byte takes part with bit 0x20 set and by its place, and the lookup compares
// whole keys. Unequal texts may share a key, by chance or by intent. That makes a
// candidate too many, which is evaluated like any other, and never one too few; so the
// keys need no random seed. All a hostile event can reach is the cost of evaluating the
// trees of its class, which is that of the reference path.
//
// # What is remembered
//
// Nothing is remembered here from event to event: of cmd/evgen's events a class with all
// rules looks at some eight values each, and at fifty bytes for grams, which leaves a
// memo little to save. It was not tried.
// Package matchers remembers results of single costly tests (costly.go), and takes a
// result only for the very leaf, kind and bytes that gave it.
//
// Limits (number of classes, length of class values) end in evaluating more, never
// less.
package index
