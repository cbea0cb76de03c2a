package event

import "strings"

// splitName cuts a dotted name into its segments. Empty segments stay, so that a
// name with a leading, trailing or double dot is a name of its own.
func splitName(name string) []string { return strings.Split(name, ".") }
