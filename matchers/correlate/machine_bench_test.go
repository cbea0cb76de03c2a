package correlate

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/rules/query"
)

// machineRecords are hits of a rule with a few steps: 2000 keys, 40 of them busy.
func machineRecords(n, steps int) []*Record {
	rnd := rand.New(rand.NewPCG(1, 1))
	out := make([]*Record, n)
	for i := range out {
		host := rnd.IntN(2000)
		if rnd.IntN(2) == 0 {
			host %= 40
		}
		name := fmt.Sprintf("host-%04d", host)
		r := &Record{Step: int16(rnd.IntN(steps)), Time: int64(i) * 1e7, Sequence: int64(i), Origin: event.Origin{Line: int64(i), Length: 900},
			Key: string(event.AppendKey(nil, event.KeyText, []byte(name))), HostKey: name, Host: name, User: "u", Process: "proc.exe",
			Command: `C:\Windows\System32\proc.exe --with some --arguments`, Index: "logs-endpoint.events.process-default", ID: fmt.Sprint(i)}
		r.IDHash[0], r.IDHash[1], r.IDHash[2], r.IDHash[3] = byte(i), byte(i>>8), byte(i>>16), 1
		out[i] = r
	}
	rnd.Shuffle(n, func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// BenchmarkReduceMachines takes records from workers to findings.
func BenchmarkReduceMachines(b *testing.B) {
	absent := termStep("c", "host.id")
	absent.Missing = true
	steps := []query.Step{termStep("a", "host.id"), termStep("b", "host.id"), termStep("c", "host.id")}
	for _, bb := range []struct {
		name    string
		program query.Program
	}{
		{"sequence", query.Program{Sequence: &query.Sequence{Steps: steps, MaxSpan: time.Minute}}},
		{"missing", query.Program{Sequence: &query.Sequence{Steps: []query.Step{steps[0], steps[1], absent}, MaxSpan: time.Minute}}},
		{"sample", query.Program{Sample: &query.Sample{Steps: steps}}},
	} {
		records := machineRecords(100_000, 3)
		for _, mode := range []struct {
			name   string
			budget int
		}{{"memory", 1 << 30}, {"spilled", 4 << 20}} {
			b.Run(bb.name+"/"+mode.name, func(b *testing.B) {
				b.ReportAllocs()
				rule := &rules.Rule{Program: &bb.program, LookBack: 9 * time.Minute}
				for b.Loop() {
					reduceMachine(b, rule, records, mode.budget)
				}
				b.ReportMetric(float64(len(records)*b.N)/b.Elapsed().Seconds(), "records/s")
			})
		}
	}
}

func reduceMachine(b *testing.B, rule *rules.Rule, records []*Record, budget int) {
	dir := b.TempDir()
	c := NewCollector(dir, budget)
	defer c.Close()
	for _, r := range records {
		if err := c.Emit(r); err != nil {
			b.Fatal(err)
		}
	}
	rd := &Reduction{Rules: []*rules.Rule{rule}, Dir: dir, Budget: budget}
	found := 0
	if err := rd.Run([]*Collector{c}, func(*Finding) error { found++; return nil }); err != nil {
		b.Fatal(err)
	}
	if found == 0 {
		b.Fatal("nothing was found")
	}
}
