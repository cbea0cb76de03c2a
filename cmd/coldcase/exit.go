package main

import (
	"errors"
	"fmt"
)

// The exit codes of product.md.
const (
	exitOK          = 0
	exitFound       = 1   // a finding reached --fail-on; a rule's own test failed
	exitUsage       = 2   // usage error, or nothing could be scanned
	exitIncomplete  = 3   // something given was not read whole
	exitOutput      = 4   // an output could not be written
	exitInterrupted = 130 // SIGINT or SIGTERM
)

// outcome collects what happened in a run. Several may hold.
type outcome struct {
	interrupted bool
	unusable    bool // nothing was scanned
	output      bool
	found       bool
	incomplete  bool
}

// code returns the first that holds of 130, 2, 4, 1, 3, 0 (product.md).
func (o outcome) code() int {
	switch {
	case o.interrupted:
		return exitInterrupted
	case o.unusable:
		return exitUsage
	case o.output:
		return exitOutput
	case o.found:
		return exitFound
	case o.incomplete:
		return exitIncomplete
	}
	return exitOK
}

// exitError ends a command with a code. err is nil when all has been said.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usage is a mistake of the user: nothing has been scanned.
func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// exitCode maps the error of a command to its code. What is no exitError comes from
// the command line's parser.
func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	return exitUsage
}
