package report

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNumber(t *testing.T) {
	f := func(n int64, want string) {
		t.Helper()
		if got := number(n); got != want {
			t.Errorf("number(%d) = %q, want %q", n, got, want)
		}
	}
	f(0, "0")
	f(999, "999")
	f(1000, "1,000")
	f(18301772, "18,301,772")
	f(-1234, "-1,234")
	f(100000, "100,000")
}

func TestSize(t *testing.T) {
	f := func(n int64, want string) {
		t.Helper()
		if got := Size(n); got != want {
			t.Errorf("Size(%d) = %q, want %q", n, got, want)
		}
	}
	f(0, "0 B")
	f(999, "999 B")
	f(1000, "1.0 kB")
	f(999_949, "999.9 kB")
	f(999_951, "1.0 MB")
	f(3_100_000_000, "3.1 GB")
}

func TestStamp(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		if got := stamp(at(in)); got != want {
			t.Errorf("stamp(%s) = %q, want %q", in, got, want)
		}
	}
	f("2021-03-04T10:00:00Z", "2021-03-04T10:00:00.000Z")
	f("2021-03-04T10:00:00.5+02:00", "2021-03-04T08:00:00.500Z")
	f("2021-03-04T10:00:00.123456Z", "2021-03-04T10:00:00.123456Z")
	f("2021-03-04T10:00:00.1234567Z", "2021-03-04T10:00:00.123456700Z")
	if got := jsonTime(time.Time{}); got != nil {
		t.Errorf("a time that is not known is %q, want null", *got)
	}
}

func TestWrap(t *testing.T) {
	f := func(text string, width, hang int, want ...string) {
		t.Helper()
		if d := cmp.Diff(want, wrap(text, width, hang)); d != "" {
			t.Errorf("wrap(%q, %d, %d) (-want +got):\n%s", text, width, hang, d)
		}
	}
	f("one two three", 7, 2, "one two", "  three")
	f("one two three", 8, 2, "one two", "  three")
	f("one two three", 0, 2, "one two three")
	f("unbreakable", 4, 2, "unbreakable")
	f("a unbreakable b", 4, 1, "a", " unbreakable", " b")
	f("  lead in", 6, 4, "  lead", "    in")
	f("", 5, 2, "")
}
