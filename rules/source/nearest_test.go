package source

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	known := []string{"host.id", "host.ip", "process.executable", "process.name"}
	f := func(name, want string) {
		t.Helper()
		if got := Nearest(name, known); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	f("host.di", "host.id")
	f("host.id", "host.id")
	f("procss.nme", "process.name")
	f("process.exe", "")
	f("", "")
	f(strings.Repeat("a", 5000), "")
}
