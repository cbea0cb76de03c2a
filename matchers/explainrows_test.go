package matchers

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"coldcase/rules"
)

// explainedRows explains a query on an event, a command a line, and the first row.
func explainedRows(t *testing.T, query, line string) string {
	t.Helper()
	r, err := esqlRule("r", query)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Compile([]*rules.Rule{r}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := m.NewWorker(false)
	if _, err := w.Match([]byte(line)); err != nil {
		t.Fatal(err)
	}
	explainAgrees(t, w)
	st := w.Explain(0).Steps[0]
	out := strings.Join(commandLines(st.Commands), "\n")
	for _, c := range st.Row {
		if c.Null {
			c.Value = "null"
		}
		out += "\nrow " + c.Name + "=" + c.Value
	}
	return out
}

// Each command says what it made of the row, and what it made of it is what ES|QL says.
func TestExplainRows(t *testing.T) {
	const event = `{"_index":"logs-x","_source":{"@timestamp":"2024-01-01T10:00:00Z","process":{"name":"curl","pid":7,"args":["curl","-o","x"]},"user":{"name":["ann","bob"]},"message":"from 10.0.0.1 port 22"}}`
	f := func(query string, want ...string) {
		t.Helper()
		if got := explainedRows(t, query, event); got != strings.Join(want, "\n") {
			t.Errorf("%s\ngot\n%s\nwant\n%s", query, got, strings.Join(want, "\n"))
		}
	}
	f(`FROM logs-* | WHERE process.name == "curl" AND process.pid > 5 | KEEP process.name, process.pid`,
		`1 1:1 FROM logs-*: passed`,
		`2 1:15 WHERE process.name == "curl" AND process.pid > 5: passed`,
		`  true and`,
		`    true process.name == "curl" [process.name = curl]`,
		`    true process.pid > 5 [process.pid = 7]`,
		`3 1:66 KEEP process.name, process.pid: passed`,
		`row process.name=curl`, `row process.pid=7`)

	// A list and a missing value are null, and so is what is made of them; NOT of null, too.
	f(`FROM logs-* | WHERE NOT (user.name == "ann" OR file.name != "x") | EVAL x = 1`,
		`1 1:1 FROM logs-*: passed`,
		`2 1:15 WHERE NOT (user.name == "ann" OR file.name != "x"): dropped`,
		`  null not`,
		`    null or`,
		`      null user.name == "ann" [user.name = [ann, bob]] (user.name has 2 values)`,
		`      null file.name != "x" [file.name = null] (file.name has no value)`,
		`3 1:68 EVAL x = 1: not reached`)

	// The first row that survives is followed, here the second value; what is set is shown.
	f(`FROM logs-* | MV_EXPAND user.name | WHERE user.name != "ann" | EVAL long = LENGTH(user.name) + process.pid, none = file.name | KEEP long, none`,
		`1 1:1 FROM logs-*: passed`,
		`2 1:15 MV_EXPAND user.name: passed sets user.name=bob (value 2 of 2)`,
		`3 1:37 WHERE user.name != "ann": passed`,
		`  true user.name != "ann" [user.name = bob]`,
		`4 1:64 EVAL long = LENGTH(user.name) + process.pid, none = file.name: passed sets long=10 sets none=null`,
		`5 1:128 KEEP long, none: passed`,
		`row long=10`, `row none=null`)

	// Else that which got furthest, here the first of the sorted values, which passes the first condition.
	f(`FROM logs-* | MV_EXPAND process.args | WHERE process.args LIKE "-*" | WHERE process.args IN ("-v", "-x") | DROP process.args`,
		`1 1:1 FROM logs-*: passed`,
		`2 1:15 MV_EXPAND process.args: passed sets process.args=-o (value 1 of 3)`,
		`3 1:40 WHERE process.args LIKE "-*": passed`,
		`  true process.args LIKE ("-*") [process.args = -o]`,
		`4 1:71 WHERE process.args IN ("-v", "-x"): dropped`,
		`  false process.args IN ("-v", "-x") [process.args = -o]`,
		`5 1:108 DROP process.args: not reached`)

	f(`FROM logs-* | GROK message "from %{IP:from}" | DISSECT message "%{} port %{port}" | RENAME port AS p | WHERE TO_INTEGER(p) == 22 AND CIDR_MATCH(from::ip, "10.0.0.0/8") | KEEP p, from`,
		`1 1:1 FROM logs-*: passed`,
		`2 1:15 GROK message "from %{IP:from}": passed sets from=10.0.0.1`,
		`3 1:48 DISSECT message "%{} port %{port}": passed sets port=22`,
		`4 1:85 RENAME port AS p: passed sets p=22`,
		`5 1:104 WHERE TO_INTEGER(p) == 22 AND CIDR_MATCH(from::ip, "10.0.0.0/8"): passed`,
		`  true and`,
		`    true TO_INTEGER(p) == 22 [TO_INTEGER(p) = 22] [p = 22]`,
		"    true CIDR_MATCH(TO_IP(from), \"10.0.0.0/8\") [TO_IP(from) = 10.0.0.1] [from = 10.0.0.1]",
		`6 1:171 KEEP p, from: passed`,
		`row p=22`, `row from=10.0.0.1`)

	// What is asked of all rows is not asked of the event; a list puts it into several groups.
	f(`FROM logs-* | WHERE file.name IS NULL | STATS n = COUNT(*) BY user.name, d = DATE_TRUNC(1 day, @timestamp) | WHERE n > 3 | SORT n`,
		`1 1:1 FROM logs-*: passed`,
		`2 1:15 WHERE file.name IS NULL: passed`,
		`  true file.name IS NULL [file.name = null]`,
		`3 1:41 STATS n = COUNT(*) BY user.name, d = DATE_TRUNC(1 day, @timestamp): joins by user.name=ann by d=2024-01-01T00:00:00.000Z (one of its 2 groups)`,
		`4 1:110 WHERE n > 3: over all`,
		`5 1:124 SORT n: over all (no finding depends on the order)`)

	// NOW() is the end of a window, which the rule's look-back of 15 minutes bounds.
	f(`FROM logs-* | WHERE @timestamp > NOW() - 1 hour | WHERE process.pid == 7 AND @timestamp > NOW() - 1 minute | STATS n = COUNT(*)`,
		`1 1:1 FROM logs-*: passed`,
		`2 1:15 WHERE @timestamp > NOW() - 1 hour: passed (true of every row within the rule's look-back)`,
		`3 1:51 WHERE process.pid == 7 AND @timestamp > NOW() - 1 minute: passed (what looks at NOW() is asked of the window)`,
		`  true process.pid == 7 [process.pid = 7]`,
		`4 1:110 STATS n = COUNT(*): over all`)

	f(`FROM other-* | WHERE KQL("process.name: curl") AND MATCH(message, "port") | COMPLETION v = message WITH {"inference_id": "m"}`,
		`1 1:1 FROM other-*: dropped (the event's index is not one of these)`,
		`2 1:16 WHERE KQL("process.name: curl") AND MATCH(message, "port"): passed`,
		`  true and`,
		`    true KQL("process.name: curl")`,
		`    true MATCH(message, "port") [message = from 10.0.0.1 port 22]`,
		`3 1:77 COMPLETION v = message WITH {"inference_id": "m"}: skipped`)
}

// Rows of a few events are run again, and one of them followed; or told by the result.
func TestReplay(t *testing.T) {
	r, err := esqlRule("r", `FROM logs-* | STATS n = COUNT(*), users = VALUES(user.name) BY host.name | EVAL more = n * 2 | WHERE more >= 4 AND n < 9 | MV_EXPAND users | KEEP host.name, users, n`)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Compile([]*rules.Rule{r}, Options{AnyIndex: true})
	if err != nil {
		t.Fatal(err)
	}
	w := m.NewWorker(true)
	rowsOf := func(lines ...string) (made []RowHit) {
		for _, line := range lines {
			if _, _, err := w.Describe([]byte(line)); err != nil {
				t.Fatal(err)
			}
			more, nanos, ok := w.RowsAgain(0)
			if !ok || nanos != 1704103200e9 {
				t.Fatalf("%s: at %d, %v", line, nanos, ok)
			}
			made = append(made, more...)
		}
		return made
	}
	line := func(host, user string) string {
		return `{"@timestamp":"2024-01-01T10:00:00Z","host":{"name":"` + host + `"},"user":{"name":"` + user + `"}}`
	}
	ofBob := func(row map[string]any) bool { return row["users"] == "bob" }
	f := func(x *Replayed, want ...string) {
		t.Helper()
		got := commandLines(x.Commands)
		for _, c := range x.Columns {
			got = append(got, "row "+c.Name+"="+c.Value)
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	replay := func(made []RowHit) *Replayed {
		x, err := w.Replay(0, made, time.Unix(0, 1704103200e9), ofBob)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	f(replay(rowsOf(line("a", "ann"), line("b", "ann"), line("b", "bob"), line("b", "cat"))),
		`2 1:15 STATS n = COUNT(*), users = VALUES(user.name) BY host.name: passed by host.name=b sets n=3 sets users=[ann, bob, cat] (group of 3)`,
		`3 1:76 EVAL more = n * 2: passed sets more=6`,
		`4 1:96 WHERE more >= 4 AND n < 9: passed`,
		`  true and`,
		`    true more >= 4 [more = 6]`,
		`    true n < 9 [n = 3]`,
		`5 1:124 MV_EXPAND users: passed sets users=bob (value 2 of 3)`,
		`6 1:142 KEEP host.name, users, n: passed`,
		`row host.name=b`, `row users=bob`, `row n=3`)
	f(replay(rowsOf(line("b", "bob"))),
		`2 1:15 STATS n = COUNT(*), users = VALUES(user.name) BY host.name: passed by host.name=b sets n=1 sets users=bob (group of 1)`,
		`3 1:76 EVAL more = n * 2: passed sets more=2`,
		`4 1:96 WHERE more >= 4 AND n < 9: dropped`,
		`  false and`,
		`    false more >= 4 [more = 2]`,
		`    true n < 9 [n = 1]`,
		`5 1:124 MV_EXPAND users: not reached`,
		`6 1:142 KEEP host.name, users, n: not reached`)
	f(w.Recall(0, map[string]any{"host.name": "b", "users": "bob", "n": json.Number("3")}),
		`2 1:15 STATS n = COUNT(*), users = VALUES(user.name) BY host.name: passed by host.name=b sets n=3 sets users=`,
		`3 1:76 EVAL more = n * 2: passed sets more=`,
		`4 1:96 WHERE more >= 4 AND n < 9: passed`,
		`  unknown and`,
		`    unknown more >= 4 [more = ]`,
		`    true n < 9 [n = 3]`,
		`5 1:124 MV_EXPAND users: passed sets users=bob`,
		`6 1:142 KEEP host.name, users, n: passed`,
		`row host.name=b`, `row users=bob`, `row n=3`)
	many := slices.Repeat(rowsOf(line("a", "ann")), 1<<14+1)
	if _, err := w.Replay(0, many, time.Unix(0, 0), ofBob); err == nil {
		t.Error("more rows were followed than may be")
	}
}
