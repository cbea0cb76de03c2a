package esql

import "testing"

// benchQuery is of the size and kind of Elastic's rules.
const benchQuery = `FROM logs-endpoint.events.process-*, auditbeat-* METADATA _id, _index, _version
| WHERE host.os.type == "linux" AND event.type == "start" AND process.name IN ("curl", "wget", "nc")
    AND NOT process.parent.executable LIKE "/usr/lib/*" AND TO_LOWER(process.command_line) RLIKE ".*https?://[0-9.]+/.*"
| EVAL Esql.minute = DATE_TRUNC(1 minute, @timestamp), Esql.command = REPLACE(process.command_line, "\\s+", " ")
| GROK Esql.command "%{URIPROTO:proto}://%{URIHOST:target}"
| STATS Esql.count = COUNT(*), Esql.names = VALUES(process.name), Esql.first = MIN(@timestamp) WHERE user.id == "0"
    BY host.name, target, Esql.minute
| WHERE Esql.count > 3 | SORT Esql.count DESC | KEEP host.name, Esql.*`

func BenchmarkParse(b *testing.B) {
	b.SetBytes(int64(len(benchQuery)))
	b.ReportAllocs()
	m := builtin()
	for b.Loop() {
		q, err := Parse(text(benchQuery), m)
		if err != nil || len(q.Tables) != 8 {
			b.Fatalf("got %v, %v", q, err)
		}
	}
}
