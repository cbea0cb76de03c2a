package report

import (
	"bytes"
	"strings"
	"testing"
)

// TestRowTable: what fits stands in a grid; where a screen is too narrow to tell columns
// apart each value has a line, and values that are missing have none.
func TestRowTable(t *testing.T) {
	f := func(width int, few bool, want ...string) {
		t.Helper()
		table := NewRowTable([]string{"@timestamp", "process.command_line", "process.pid", "no.such"}, Options{Width: width})
		table.Few = few
		table.Add([]any{"2024-05-01T10:01:00.000Z", "C:\\a very long path\\with \x1b[31m words.exe /q /s", int64(4), nil})
		table.Add([]any{nil, "b", nil, nil})
		var out bytes.Buffer
		if err := table.Write(&out); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimRight(out.String(), "\n"); got != strings.Join(want, "\n") {
			t.Errorf("width %d:\n%s\nwant:\n%s", width, got, strings.Join(want, "\n"))
		}
	}
	f(70, true,
		" @timestamp                process.command_line            process.pid",
		" 2024-05-01T10:01:00.000Z  C:\\a very long path\\with \\x1b…            4",
		"                           b",
		"2 rows")
	f(40, false,
		"row 1",
		"  @timestamp     2024-05-01T10:01:00.000Z",
		"  process.comm…  C:\\a very long path\\with \\x1b[31m words.exe /q /s",
		"  process.pid    4",
		"row 2",
		"  process.comm…  b",
		"2 rows")
}

// A header that programs look for is not changed, one that a spreadsheet may run is.
func TestRowCSVHeader(t *testing.T) {
	var out bytes.Buffer
	if _, err := NewRowCSV(&out, []string{"@timestamp", "@SUM(1)", "=1", "host.name"}, false); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "@timestamp,'@SUM(1),'=1,host.name\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
