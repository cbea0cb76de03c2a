package main

import (
	"runtime/pprof"

	"coldcase/scanner/report"
)

// cpuProfile is where --cpuprofile goes while a scan runs.
type cpuProfile struct{ out *output }

var cpuProfileFormat = report.Format{Name: "cpuprofile", Flag: "cpuprofile"}

// startCPUProfile begins a profile in the format of go tool pprof; "" is none. The file is
// opened as other outputs are: beside no evidence and over nothing unasked.
func startCPUProfile(p *program, o *options, ev evidence) (*cpuProfile, error) {
	if o.cpuProfile == "" {
		return nil, nil
	}
	out, err := openOutput(cpuProfileFormat, o.cpuProfile, o.force, p.stdout, ev)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(out.w); err != nil {
		discard([]*output{out})
		return nil, outputError(cpuProfileFormat, o.cpuProfile, err)
	}
	return &cpuProfile{out}, nil
}

// stop ends the profile and gives its file its name.
func (c *cpuProfile) stop() error {
	if c == nil {
		return nil
	}
	pprof.StopCPUProfile()
	var err error
	if c.out.file != nil {
		err = c.out.file.Close()
	}
	if err == nil && c.out.partial != "" {
		err = c.out.rename()
	}
	if err != nil {
		return outputError(cpuProfileFormat, c.out.path, err)
	}
	return nil
}
