package main

import (
	"bytes"
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	f := func(main, want string) {
		t.Helper()
		if got := releaseOf(&debug.BuildInfo{Main: debug.Module{Version: main}}); got != want {
			t.Errorf("releaseOf(%q) = %q, want %q", main, got, want)
		}
	}
	f("", release)
	f("(devel)", release)
	f("v1.2.3", "1.2.3")
	f("v0.0.0-20260301080000-abcdef123456", release)
	f("v1.2.3+dirty", release)

	var b bytes.Buffer
	info := &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}}
	if err := writeVersion(&b, info); err != nil || !strings.Contains(b.String(), "revision abc, with local changes\n") {
		t.Errorf("%q, %v", b.String(), err)
	}
}
