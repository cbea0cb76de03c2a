package main

import (
	"errors"
	"fmt"
	"testing"
)

func TestOutcomeCode(t *testing.T) {
	f := func(o outcome, want int) {
		t.Helper()
		if got := o.code(); got != want {
			t.Errorf("%+v: %d, want %d", o, got, want)
		}
	}
	all := outcome{interrupted: true, unusable: true, output: true, found: true, incomplete: true}
	f(all, 130)
	all.interrupted = false
	f(all, 2)
	all.unusable = false
	f(all, 4)
	all.output = false
	f(all, 1)
	all.found = false
	f(all, 3)
	f(outcome{}, 0)
}

func TestExitCode(t *testing.T) {
	f := func(err error, want int) {
		t.Helper()
		if got := exitCode(err); got != want {
			t.Errorf("exitCode(%v) = %d, want %d", err, got, want)
		}
	}
	f(nil, 0)
	f(errors.New("unknown flag"), 2)
	f(usage("no"), 2)
	f(&exitError{code: 3}, 3)
	f(fmt.Errorf("wrapped: %w", &exitError{code: 4, err: errors.New("disk full")}), 4)
}
