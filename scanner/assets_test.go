package scanner

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseAssets(t *testing.T) {
	f := func(name, text, kind, entity string, want float64, level string) {
		t.Helper()
		a, err := ParseAssets(name, []byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			return
		}
		if got, l := a.of(kind, entity); got != want || l != level {
			t.Errorf("%q: %s %s: got %v %q, want %v %q", text, kind, entity, got, l, want, level)
		}
	}
	const kibana = "host,dc-01,extreme_impact\nuser,svc-*,low_impact\n"
	f("a.csv", kibana, "host", "DC-01", 2, "extreme")
	f("a.csv", kibana, "user", "svc-sql", 0.5, "low")
	f("a.csv", kibana, "user", "dc-01", 1, "")
	f("a.csv", "type,id,criticality\r\n# a comment\r\nHost , \"a,b\", High\r\n", "host", "a,b", 1.5, "high")
	f("a.csv", "\ufeffhost,a,medium\n", "host", "a", 1, "medium")
	f("a.csv", "", "host", "a", 1, "")
	f("a.csv", "host,*,low\nhost,a,extreme\n", "host", "a", 0.5, "low")
	f("a.csv", "host,a,extreme\nhost,*,low\n", "host", "a", 2, "extreme")
	f("a.csv", "host,w?-*-x,high\n", "host", "ws-12-34-x", 1.5, "high")
	f("a.csv", "host,w?-*-x,high\n", "host", "ws-12-34-y", 1, "")
	f("a.TOML", "[[asset]]\nhost = \"a*\"\ncriticality = \"high\"\n[[asset]]\nuser = \"b\"\ncriticality = \"low\"\n", "user", "b", 0.5, "low")
	var none *Assets
	if got, l := none.of("host", "a"); got != 1 || l != "" {
		t.Errorf("no assets: %v %q", got, l)
	}
}

func TestParseAssetsErrors(t *testing.T) {
	f := func(name, text, want string) {
		t.Helper()
		if _, err := ParseAssets(name, []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want %q", text, err, want)
		}
	}
	f("a", "host,a\n", "line 1: 2 columns, want kind, name, criticality")
	f("a", "host,a,low\n\nhost,b,vital\n", `line 3: "vital" is no criticality`)
	f("a", "host,a,vital\n", `line 1: "vital" is no criticality`)
	f("a", "kind,name,criticality\nkind,name,criticality\n", `line 2: "kind" is neither host nor user`)
	f("a", "host,,low\n", "line 1: the host has no name")
	f("a", "host,"+strings.Repeat("x", 300)+",low\n", "longer than 256")
	f("a", "host,\"a,low\n", "line 1")
	f("a.toml", "[[asset]]\nhost=\"a\"\nuser=\"b\"\ncriticality=\"low\"\n", "asset 1: host and user")
	f("a.toml", "[[asset]]\nhost=\"a\"\nlevel=\"low\"\n", "asset.level: no such key")
	f("a.toml", "[[asset]]\nhost=\"a\n", "line 2")
	f("a.toml", "[[asset]]\ncriticality=\"low\"\n", "asset 1: the user has no name")
}

// Patterns of many stars take no more than both lengths multiplied.
func TestAssetPatternsEnd(t *testing.T) {
	if fits(strings.Repeat("*a", 120)+"b", strings.Repeat("a", 5000)) {
		t.Error("a pattern fits what does not end like it")
	}
	if !fits("*", "") || fits("?", "") || !fits("a**", "a") {
		t.Error("stars and question marks")
	}
}

// rankedHosts scans events and lists the hosts as ranked.
func rankedHosts(t *testing.T, cfg Config, lines ...string) (out []string) {
	t.Helper()
	res := scan(t, cfg, write(t, t.TempDir(), "a", lines...))
	for _, e := range res.Entities {
		if e.Kind == "host" {
			out = append(out, fmt.Sprintf("%s %.1f %s", e.Name, e.Score, e.Band))
		}
	}
	return out
}

// How much a host matters multiplies its odds: 73 is 2.70 to 1, doubled 84.4, halved 57.5.
func TestAssetsChangeTheOrder(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "one", `process.name: r1`, risk("high", 73)))
	lines := []string{ev{name: "r1", host: "a"}.String(), ev{name: "r1", host: "b", time: at(5)}.String()}
	equal(t, "without", strings.Join(rankedHosts(t, cfg, lines...), ", "), "a 73.0 high, b 73.0 high")
	assets, err := ParseAssets("", []byte("host,a,low\nhost,B,extreme\n"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Assets = assets
	equal(t, "with", strings.Join(rankedHosts(t, cfg, lines...), ", "), "b 84.4 high, a 57.5 moderate")
}

// The worked example of ranking.md by Elastic's own formula: 73, 47, 26, 21 give 37.5; a
// single 73 gives 28, a single 99 gives 38. Repeats count.
func TestElasticScore(t *testing.T) {
	cfg := withRules(t,
		kqlRule(t, "best", `process.name: best`, risk("high", 73)), kqlRule(t, "second", `process.name: second`),
		kqlRule(t, "third", `process.name: third`, risk("medium", 26)), kqlRule(t, "weak", `process.name: weak`, risk("low", 21)),
		kqlRule(t, "critical", `process.name: crit`, risk("critical", 99)))
	cfg.ElasticRisk = true
	var lines []string
	for _, name := range []string{"weak", "third", "best", "second"} {
		lines = append(lines, ev{host: "worked", name: name}.String())
	}
	lines = append(lines, ev{host: "high", name: "best"}.String(), ev{host: "critical", name: "crit"}.String())
	for i := range 12_000 {
		lines = append(lines, ev{host: "noisy", name: "weak", id: fmt.Sprint(i)}.String())
	}
	got := strings.Join(rankedHosts(t, cfg, lines...), ", ")
	equal(t, "hosts", got, "critical 38.2 low, worked 37.5 low, high 28.2 low, noisy 21.0 low")
	assets, err := ParseAssets("", []byte("host,high,extreme\n"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Assets = assets
	equal(t, "first with its odds doubled", rankedHosts(t, cfg, lines...)[0], "high 43.9 moderate")
}

// By our own ranking the noisy host stands last, and one high finding is high.
func TestElasticIsNotOurs(t *testing.T) {
	cfg := withRules(t, kqlRule(t, "best", `process.name: best`, risk("high", 73)), kqlRule(t, "weak", `process.name: weak`, risk("medium", 47)))
	lines := []string{ev{host: "high", name: "best"}.String()}
	for i := range 40 {
		lines = append(lines, ev{host: "noisy", name: "weak", id: fmt.Sprint(i)}.String())
	}
	equal(t, "ours", strings.Join(rankedHosts(t, cfg, lines...), ", "), "high 73.0 high, noisy 47.0 moderate")
	cfg.ElasticRisk = true
	if got := rankedHosts(t, cfg, lines...)[0]; !strings.HasPrefix(got, "noisy ") {
		t.Errorf("Elastic's formula puts %q first", got)
	}
}
