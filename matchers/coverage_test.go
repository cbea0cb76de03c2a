package matchers

import (
	"testing"

	"coldcase/rules"
)

func TestCoverage(t *testing.T) {
	lines := []string{
		`{"_index":"logs-endpoint.events.file-default","_id":"1","_source":{"event":{"category":["file"],"type":["Start"]},"host":{"os":{"type":"Linux"}},"file":{"name":"x"}}}`,
		`{"_index":"auditbeat-8","_id":"2","_source":{"event":{"category":["network"]},"process":{"pid":null}}}`,
	}
	f := func(q, reason, detail string, indices ...string) {
		t.Helper()
		r := eventRule(parseQuery(t, q))
		if len(indices) > 0 {
			r.Indices = indices
		}
		m, err := Compile([]*rules.Rule{r}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		gotReason, gotDetail, ok := censusOf(t, m, lines).Coverage(0)
		if gotReason != reason || gotDetail != detail || ok != (reason == "") {
			t.Errorf("%s: %q %q %v, want %q %q", q, gotReason, gotDetail, ok, reason, detail)
		}
	}
	f(`file.name:y`, "", "")
	f(`file.name:y`, NoIndexSeen, "", "endgame-*")
	f(`file.path:y`, NoFieldSeen, "file.path")
	f(`not file.path:y`, "", "")
	f(`file.path:y or file.name:y`, "", "")
	f(`file.name:y and (file.path:y or file.size > 3)`, NoFieldSeen, "file.path")
	f(`file where file.name : "y"`, "", "")
	f(`process where file.name : "y"`, NoCategorySeen, `event.category = ("process")`)
	f(`file where host.os.type == "linux"`, NoOSSeen, `host.os.type = ("linux")`)
	f(`file where host.os.type : "linux"`, "", "")
	f(`host.os.type.caseless:LINUX`, "", "")
	f(`host.os.type:l*`, NoOSSeen, `host.os.type like[any] ("l*")`)
	f(`any where false`, NeverTrue, "")
	f(`any where length(file.path) > 3`, "", "") // a script may be either
	f(`unknown*:y`, "", "")
}

// coverageSound fails when a rule that fired could not have, by the census. A hit that
// is joined with others is not the rule's firing.
func coverageSound(t testing.TB, w *Worker, hits []Hit) {
	t.Helper()
	for _, h := range hits {
		if w.Joined(h) {
			continue
		}
		if reason, detail, ok := w.Census().Coverage(int(h.Rule)); !ok {
			t.Fatalf("%s fired, and could not have: %s: %s", w.m.steps[w.m.stepOf[h.Rule]].x, reason, detail)
		}
	}
}

// FuzzCoverage: whatever fired could have, right after the event that it fired on.
func FuzzCoverage(f *testing.F) {
	f.Add(uint64(1), quietEvents[0])
	f.Add(uint64(2), `{"event":{"category":[null,"Process"]},"m":{"nul":null,"con":null}}`)
	s := generatorSchema(f)
	f.Fuzz(func(t *testing.T, seed uint64, line string) {
		coverageSeed(t, newGenerator(seed), Options{Schema: s, AnyIndex: true}, line)
	})
}

func coverageSeed(t testing.TB, g generator, opt Options, more ...string) (fired int) {
	m, err := Compile(randomRules(g, 30, opt), opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range append(more, g.line(), g.line(), g.line()) {
		w := m.NewWorker(false) // one line each: what others held would hide a mistake
		hits, err := w.Match([]byte(line))
		if err == nil {
			coverageSound(t, w, hits)
			fired += len(hits)
		}
	}
	return fired
}

func TestCoverageSound(t *testing.T) {
	opt := Options{Schema: generatorSchema(t), AnyIndex: true}
	fired := 0
	for seed := range uint64(300) {
		fired += coverageSeed(t, newGenerator(seed), opt)
	}
	if fired < 1000 {
		t.Errorf("only %d hits", fired)
	}
}

// TestCoverageSoundOnCorpus: the same for the shared rules and positives, each set a
// piece of evidence by itself.
func TestCoverageSoundOnCorpus(t *testing.T) {
	m := corpusMatcher(t)
	fired := 0
	for _, set := range readSets(t, "positives.ndjson.zst") {
		w := m.NewWorker(false)
		for i, doc := range set.Docs {
			hits, err := w.Match([]byte(`{"_index":"` + set.Index[i] + `","_id":"x","_source":` + string(doc) + `}`))
			if err != nil {
				t.Fatal(err)
			}
			fired += len(hits)
			coverageSound(t, w, hits)
		}
	}
	if fired == 0 {
		t.Error("nothing fired")
	}
}
