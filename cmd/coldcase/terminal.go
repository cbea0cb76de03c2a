package main

import (
	"errors"
	"io"
	"os"
	"strconv"
	"syscall"

	"coldcase/scanner/report"

	"golang.org/x/term"
)

// isTerminal reports whether w is a terminal, and its width in columns.
func isTerminal(w any) (width int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		width = 80
	}
	return width, true
}

const (
	minWidth = 60  // what the narrowest screen needs
	maxRows  = 100 // rows of each part of the screen on a terminal
)

// screenOptions says how to draw on w. A pipe gets everything; a terminal gets the
// rows that a person reads, with the rest counted.
func screenOptions(w any, o *options) report.Options {
	opt := report.Options{Full: o.full, BuildingBlocks: o.blocks, Explain: o.explain, Timeline: o.timeline}
	width, tty := isTerminal(w)
	opt.Terminal = tty
	if tty {
		opt.Limit = maxRows
		opt.Color = !o.noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	} else if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil {
		width = min(n, 1000)
	}
	if width > 0 {
		opt.Width = max(width, minWidth)
	}
	return opt
}

// pipe is an output that may be closed by its reader, which is no error: whoever
// closed it has seen enough. The first other error is kept.
type pipe struct {
	w      io.Writer
	closed bool
	err    error
}

func (p *pipe) Write(b []byte) (int, error) {
	if p.closed {
		return len(b), nil
	}
	n, err := p.w.Write(b)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		p.closed = true
		return len(b), nil
	}
	if err != nil && p.err == nil {
		p.err = err
	}
	return n, err
}
