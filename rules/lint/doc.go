// Package lint says of rules what is probably a mistake, and where it stands.
//
//	rules.Set --Check--> Diagnostics, by file, line and column
//
// What comes in are rules that could be read: what could not is a problem of the set
// already. Nothing here decides what a rule finds; a diagnostic is an opinion with a
// place. Its [Level] says how sure it is: an error is wrong whatever the evidence, a
// warning is wrong for the usual evidence, a note is a matter of taste or cost.
//
// The trees of queries do not know where their parts stood, so places are found by
// looking for a name or id in the rule's own text; where it is not found, the place is
// where the rule begins.
//
// To add a check, write its function and list it in [Checks].
package lint
