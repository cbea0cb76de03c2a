package report

import (
	"bytes"
	"strings"
	"testing"

	"coldcase/scanner"
)

func TestCSVColumns(t *testing.T) {
	f := ticketFinding()
	f.Evidence[0].Event = []byte(`{"process":{"args":["=a","b;c","=a"],"parent.name":"sh"},"n":1.50,"null":null}`)
	g := f.Evidence[0]
	g.Event = []byte(`{"process.parent.name":"bash","process":{"args":"d"}}`)
	f.Evidence = append(f.Evidence, g)
	opt := Options{CSVColumns: []string{"host", "process.args", "process.parent.name", "time", "n.none", "host"}}
	var b bytes.Buffer
	if err := writeCSVColumns(&b, findings(f, ticketFinding(), &scanner.Finding{}), opt); err != nil {
		t.Fatal(err)
	}
	want := "host,process.args,process.parent.name,time,n.none,host\r\n" +
		"mac01,'=a;b;c;d,sh;bash,2026-03-01T10:00:02.500Z,,mac01\r\n" +
		"mac01,,,2026-03-01T10:00:02.500Z,,mac01\r\n" +
		",,,,,\r\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestCheckColumns(t *testing.T) {
	f := func(name string, ok bool) {
		t.Helper()
		if err := CheckColumns([]string{"time", name}); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
	f("command_line", true)
	f("process.parent.name", true)
	f("@timestamp", true)
	f("tags", true)
	f("process.Ext.ancestry", true)
	f("host.os.type", true)
	f("sevrity", false)
	f("Time", false)
	f("process..name", false)
	f("process.name.", false)
	f(".name", false)
	f("process name", false)
	f("", false)
	f("a.=cmd", false)
	f("a."+strings.Repeat("x", 600), false)
}
