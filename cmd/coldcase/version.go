package main

import (
	"fmt"
	"io"
	"regexp"
	"runtime"
	"runtime/debug"

	"coldcase/rules/attack"
	"coldcase/scanner"
)

// release is the version that this source is, or leads to.
const release = "0.1.0"

// tool names the program in outputs. It holds nothing that differs between two
// builds of one source.
func tool() scanner.Tool {
	return scanner.Tool{Name: "coldcase", Version: releaseOf(buildInfo()), ATTACK: attack.Version}
}

func buildInfo() *debug.BuildInfo {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return &debug.BuildInfo{}
	}
	return info
}

var tagged = regexp.MustCompile(`^v(\d+\.\d+\.\d+)$`)

// releaseOf returns the tag that "go install coldcase@v1.2.3" stamped, else release.
func releaseOf(info *debug.BuildInfo) string {
	if m := tagged.FindStringSubmatch(info.Main.Version); m != nil {
		return m[1]
	}
	return release
}

func writeVersion(w io.Writer, info *debug.BuildInfo) error {
	set := map[string]string{}
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	text := fmt.Sprintf("coldcase %s\n", releaseOf(info))
	if rev := set["vcs.revision"]; rev != "" {
		text += "revision " + rev
		if set["vcs.modified"] == "true" {
			text += ", with local changes"
		}
		text += "\n"
	}
	text += fmt.Sprintf("%s %s/%s\nATT&CK v%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, attack.Version)
	_, err := io.WriteString(w, text)
	return err
}
