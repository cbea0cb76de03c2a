package main

import (
	"os"
	"runtime"
	"slices"
	"time"
)

// running are the flags that change no result: a manifest keeps them with the facts of
// its run.
var running = []string{"jobs", "max-memory", "temp-dir", "force", "quiet", "no-color", "full", "profile-rules", "cpuprofile", "config"}

// canonical returns the flags given, in the order of the help and each as often as it
// was given: those that say what is run, and those that change no result.
func (o *options) canonical() (command, run []manifestFlag) {
	command, run = []manifestFlag{}, []manifestFlag{}
	for _, f := range flags {
		for _, g := range o.given {
			switch {
			case g.Name != f.name:
			case slices.Contains(running, f.name):
				run = append(run, g)
			default:
				command = append(command, g)
			}
		}
	}
	return command, run
}

// toolOf names the program as exactly as its build allows.
func toolOf() manifestTool {
	info, t := buildInfo(), tool()
	out := manifestTool{Name: t.Name, Version: t.Version, ATTACK: t.ATTACK}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			out.Revision = textOrNull(s.Value)
		case "vcs.modified":
			out.Modified = s.Value == "true"
		}
	}
	return out
}

// runOf is what differs from run to run.
func runOf(j *job, flags []manifestFlag) manifestRun {
	r := manifestRun{Ended: utc(time.Now()), Go: runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH, Jobs: j.o.jobs, MaxMemory: j.o.maxMemory, Flags: flags}
	r.Started, r.Resumed = j.state.times(j.started)
	if r.Jobs == 0 {
		r.Jobs = runtime.GOMAXPROCS(0)
	}
	// Where the system does not say, the field stays empty.
	r.Host, _ = os.Hostname()
	r.Directory, _ = os.Getwd()
	return r
}
