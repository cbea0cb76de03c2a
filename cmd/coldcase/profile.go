package main

import (
	"runtime/pprof"

	"coldcase/scanner/report"
)

// cpuProfile is where --cpuprofile goes while a scan runs.
type cpuProfile struct {
	out *output
	err error // the first of a write, which the profiler does not return
}

// Write implements io.Writer for the profiler.
func (c *cpuProfile) Write(b []byte) (int, error) {
	n, err := c.out.w.Write(b)
	if c.err == nil {
		c.err = err
	}
	return n, err
}

var cpuProfileFormat = report.Format{Name: "cpuprofile", Flag: "cpuprofile"}

// startCPUProfile begins a profile in the format of go tool pprof; "" is none. The file is
// opened as other outputs are: beside no evidence and over nothing unasked.
func startCPUProfile(p *program, o *options, ev evidence) (*cpuProfile, error) {
	if o.cpuProfile == "" {
		return nil, nil
	}
	out, err := openOutput(cpuProfileFormat, o.cpuProfile, o.overwrites(), p.stdout, ev)
	if err != nil {
		return nil, err
	}
	c := &cpuProfile{out: out}
	if err := pprof.StartCPUProfile(c); err != nil {
		discard([]*output{out})
		return nil, outputError(cpuProfileFormat, o.cpuProfile, err)
	}
	return c, nil
}

// stop ends the profile and gives its file its name.
func (c *cpuProfile) stop() error {
	if c == nil {
		return nil
	}
	pprof.StopCPUProfile()
	err := c.err
	if err == nil {
		err = c.out.keep(false)
	}
	if err != nil {
		discard([]*output{c.out})
		return outputError(cpuProfileFormat, c.out.path, err)
	}
	return nil
}
