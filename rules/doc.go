// Package rules holds what to look for: [Rule], and [Set], an ordered collection
// of rules in which each rule stands once, the newest version wins and what is not
// run is kept with its reason.
package rules
