package input

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
)

func TestSniff(t *testing.T) {
	f := func(content, want string) {
		t.Helper()
		got, err := sniff(strings.NewReader(content))
		if err != nil || got.why != want {
			t.Errorf("%.60q: got %q, %v; want %q", content, got.why, err, want)
		}
	}
	// Evidence.
	f(event, "")
	f("\xef\xbb\xbf"+event, "")
	f("\r\n \t\n"+event, "")
	f(`{"index":{"_index":"auditbeat-7.17.0"}}`+"\n"+event, "")
	f(`{"delete":{"_id":"1"}}`+"\n", "")
	f("{", "")
	f("{}", "")
	f("[]\n", "")
	f("[\n  {\n    \"_index\": \"a\"", "")
	f("{\n  \"took\": 5,", "")
	f("not json at all\n"+strings.Repeat(event, 2), "")
	f(strings.Repeat("\x00", 5000)+"\n"+strings.Repeat(event, 3), "")
	f("\xff\xfe{\x00\"\x00a\x00\"\x00:\x001\x00}\x00\n\x00", "")
	f("\xfe\xff\x00{\x00\"\x00a\x00\"\x00:\x001\x00}\x00\n", "")
	f("{\x00\"\x00a\x00\"\x00:\x001\x00}\x00\n\x00", "")
	f(`{"rule_id":"x","risk_score":21,"@timestamp":"2026-03-01T00:00:00Z"}`, "")
	f(`{"kibana":{"alert":{"rule":{"rule_id":"x","risk_score":21}}}}`, "")
	f(`{"signal":{"rule_id":"x","risk_score":21},"tags":["rule_id","risk_score"]}`, "")
	f(`{"_source":{"a":1},"rule_id":1,"risk_score":2}`, "")
	f(`{"message":"\"rule_id\": 1, \"risk_score\": 2"}`, "")

	// CSV as Discover exports it, and objects behind the header of a log.
	f("\"@timestamp\",\"host.name\"\r\n\"Mar 1, 2026\",h\r\n", "")
	f("\xef\xbb\xbf'@timestamp;message\n", "")
	f("\n_id\t_source\n", "")
	f("host.name,process.name,user\n", "")
	f("\xff\xfe@\x00t\x00i\x00m\x00e\x00s\x00t\x00a\x00m\x00p\x00,\x00a\x00\n\x00", "")
	f("<13>Mar  1 10:00:00 h filebeat[7]: "+event, "")
	f("2026-03-01T10:00:00Z stdout F "+event+"2026-03-01T10:00:01Z stdout F "+event, "")
	f("<13>Mar  1 10:00:00 h sshd[7]: started\n<13>Mar  1 10:00:00 h x: "+event, "")

	// Not evidence.
	f("@timestamp\nx\n", "text, not JSON")
	f("host.name,a word\n", "text, not JSON")
	f("host.name,,process.name\n", "text, not JSON")
	f("host.name,process\n", "text, not JSON")
	f("Rows of a table, one a line.\n", "text, not JSON")
	f("x = "+event, "text, not JSON")
	f("post("+event, "text, not JSON")
	f("say \"hello\" to "+event, "text, not JSON")
	f("h x: {\"cut\":\n", "text, not JSON")
	f("- "+event, "text, not JSON")
	f("h one\nh two\nh three: "+event, "text, not JSON")
	f("", "empty")
	f(" \n\n", "text, not JSON")
	f("[metadata]\nmaturity = \"production\"\n", "text, not JSON")
	f("[[rule.threat]]\n", "text, not JSON")
	f("[link](https://example.com)\n", "text, not JSON")
	f("[1,2]\n", "text, not JSON")
	f("{{ template }}\n", "text, not JSON")
	f("# Title\n\n```\n"+event+"```\n\ntext\n", "text, not JSON")
	f("time,host\n1,2\n", "text, not JSON")
	f("{\\rtf1\\ansi}", "RTF document")
	f("\x00\x01\x02\x03\x04", "binary data")
	f("PK\x03\x04....", "ZIP archive")
	f(strings.Repeat("\x00", 257)+"ustar\x0000", "tar archive")
	f("ElfFile\x00\x00\x00", "Windows event log (EVTX)")
	f(`{"id":"1","rule_id":"x","severity":"low","risk_score":21}`, "a detection rule")
	f(`{"note":"`+strings.Repeat("long ", 5000)+`","rule_id":"x","risk_score":21}`, "a detection rule")
	f("[\n{\"rule_id\":\"x\",\"risk_score\":21}]", "a detection rule")
	f(`{"id":"x_1","type":"security-rule","attributes":{"name":"`, "a detection rule")
	f(`{"list_id":"l","namespace_type":"single","type":"detection"}`, "an exception list")
	f(`{"attributes":{},"references":[],"type":"index-pattern"}`, "a Kibana saved object")
	f(`{"schema":"coldcase/finding/1","finding_id":"x"}`, "an output of coldcase")

	// Compressed: by what is in it, but damage is evidence.
	g := func(content, want string) {
		t.Helper()
		for _, c := range [][]byte{gz(t, "", []byte(content)), zst(t, []byte(content))} {
			f(string(c), want)
			f(string(c[:12]), "")
		}
	}
	junk := strings.Repeat("\x00\x01\x02", 100)
	for _, c := range [][]byte{gz(t, "", []byte(event)), zst(t, []byte(event))} {
		f(junk+string(c), "")
		f("\x00"+string(c[1:])+string(c), "") // a first member whose magic number is gone
	}
	for _, c := range [][]byte{gz(t, "", []byte("# a page\n")), zst(t, []byte("\x00\x01"))} {
		f(junk+string(c), "binary data")
	}
	g(event, "")
	g(strings.Repeat(event, 5000), "")
	g("# a page\n", "text, not JSON, compressed")
	g(strings.Repeat("\x00", 257)+"ustar\x0000", "tar archive, compressed")
	g("\x00\x01\x02\x03\x04", "")
	f("\x1f\x8bgarbage that is no header", "")
	f("\x28\xb5\x2f\xfd", "")
}

func TestSniffReadError(t *testing.T) {
	if _, err := sniff(iotest.ErrReader(os.ErrPermission)); err == nil {
		t.Error("no error")
	}
}

// TestSniffShared looks at real evidence and real rules.
func TestSniffShared(t *testing.T) {
	dir := os.Getenv("COLDCASE_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("shared material absent")
	}
	inputs, skipped, err := Walk([]string{filepath.Join(dir, "rules-corpus"), filepath.Join(dir, "seeds")}, WalkOptions{})
	if err != nil || len(inputs) != 0 || len(skipped) < 1000 {
		t.Errorf("rules: %d inputs, %d skipped, %v; want no input", len(inputs), len(skipped), err)
	}
	_, skipped, err = Walk([]string{filepath.Join(dir, "events")}, WalkOptions{})
	if err != nil {
		t.Error(err)
	}
	var names []string
	for _, s := range skipped {
		names = append(names, filepath.Base(s.Path))
	}
	check(t, "not evidence", names, []string{"README.md"})
}

func FuzzSniff(f *testing.F) {
	f.Add([]byte(event))
	f.Add([]byte(`{"a":{"b":[{"c":"\""}]},"d"`))
	f.Add([]byte("[[[[{{{{\"\\"))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := sniff(bytes.NewReader(b))
		if err != nil {
			t.Error(err)
		}
		// What a line of evidence stands in is evidence, however the file goes on.
		if k.why != "" && codecOf(b) == nil {
			if k, _ := sniff(bytes.NewReader(append([]byte(event), b...))); k.why != "" {
				t.Errorf("evidence skipped: %s", k.why)
			}
		}
	})
}
