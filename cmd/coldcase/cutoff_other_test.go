//go:build !unix

package main

import "github.com/rogpeppe/go-internal/testscript"

// cutOff needs named pipes: its script is left out.
func cutOff(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("cutoff: there are no named pipes here")
}
