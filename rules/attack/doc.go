// Package attack is the ATT&CK catalogue in the binary: the tactics and techniques
// of the Enterprise matrix, version 18.1, as facts in two CSV files with MITRE's
// licence (LICENSE-ATTACK.txt) beside them.
//
// What comes in is an id or a name as a rule states it; what goes out is the
// catalogue's own entry. A technique that ATT&CK has revoked resolves to its
// successor and says which id was asked for. Nothing is guessed: an id that the
// catalogue does not know is reported as unknown, and its caller keeps what the
// rule says.
//
// To move to another version, replace the CSV files and [Version]; the tests say
// what the files must satisfy.
package attack
