package scanner

import (
	"path/filepath"
	"testing"
)

// Every rule of the corpus on every shared event by both paths, as --audit 1 does it.
func TestAuditOfTheCorpus(t *testing.T) {
	dir := filepath.Dir(corpusDir())
	cfg := config(t, corpus(t))
	cfg.Audit = 1
	res := scan(t, cfg, filepath.Join(dir, "events"))
	a := res.Audit
	if a == nil || res.Counts.Events < 1000 || a.Lines < res.Counts.Events {
		t.Fatalf("audited %+v of %d events", a, res.Counts.Events)
	}
	for _, d := range a.Differences {
		t.Errorf("%s:%d: %s", d.File, d.Line, d.What)
	}
}
