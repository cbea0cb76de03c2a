// Coldcase is an offline forensic scanner: it matches archived NDJSON exports
// against Elastic's detection rules and prints ranked findings.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A closed pipe on standard output ("coldcase ... | head") is told by the write
	// that fails, not by a signal that kills: outputs must still be finished.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal ends the scan in good order. From then on signals act as
	// they do by default, so that a second one ends the program at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
