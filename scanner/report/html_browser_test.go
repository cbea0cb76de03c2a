package report

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coldcase/matchers/event"
	"coldcase/rules"
	"coldcase/scanner"
)

// caseRules are rules over three tactics, of every severity.
var caseRules = []*rules.Rule{
	{ID: "c1", Name: "Archive Sent to a Rare Address", Type: rules.KindQuery, Severity: "critical", RiskScore: 99, File: "own/archive.toml",
		Query: "process.name : tar and destination.ip : *", Description: "A process that packs files has opened a connection.",
		Note: "## What to look at\n- Where did it go?", FalsePositives: []string{"Backups"}, References: []string{"https://example.org/tar"},
		Threat: []rules.Tactic{{ID: "TA0010", Name: "Exfiltration", Order: 14, Techniques: []rules.Technique{{ID: "T1048", Name: "Exfiltration Over Alternative Protocol"}}}}},
	ticketRule, shellRule,
	{ID: "c4", Name: "Login at Night", Type: rules.KindNewTerms, Severity: "low", RiskScore: 21, File: "own/login.toml", Query: "event.category : authentication",
		Threat: []rules.Tactic{{ID: "TA0001", Name: "Initial Access", Order: 3, Techniques: []rules.Technique{
			{ID: "T1078", Name: "Valid Accounts", Subtechniques: []rules.Technique{{ID: "T1078.002", Name: "Domain Accounts"}}}}}}},
}

// caseFindings makes n findings over rules, 7 hosts and 5 users, one every 73 seconds.
func caseFindings(n int) []*scanner.Finding {
	out := make([]*scanner.Finding, n)
	for i := range out {
		r := caseRules[(i*i+i/3)%len(caseRules)]
		at := at("2026-03-01T08:00:00.25Z").Add(time.Duration(i) * 73 * time.Second)
		host, user := fmt.Sprintf("ws-%02d", i%7+1), fmt.Sprintf("user%d", i%5+1)
		out[i] = &scanner.Finding{
			ID: fmt.Sprintf("%032x", i+1), Rule: r, Severity: r.Severity, RiskScore: r.RiskScore, Score: float64(r.RiskScore),
			Time: at, Last: at, Host: host, User: user, Process: "tar", Command: fmt.Sprintf("tar czf /tmp/out-%d.tgz /home/%s", i, user), Count: 1,
			Evidence: []scanner.Evidence{{File: "exports/" + host + ".ndjson.gz", FileSHA256: fmt.Sprintf("%064x", i%7), LineSHA256: fmt.Sprintf("%064x", i),
				Origin: event.Origin{Line: int64(i + 1), Offset: int64(i) * 900, Length: 900}, Index: "logs-endpoint.events.process-default",
				Event: fmt.Appendf(nil, `{"@timestamp":%q,"host":{"name":%q,"id":"h-%d","os":{"type":"linux","version":"11"}},"agent":{"id":"a-%d","version":"8.12.0","type":"endpoint"},"event":{"kind":"event","category":["process"],"type":["start"],"sequence":%d,"module":"endpoint"},"user":{"name":%q,"id":"50%d"},"process":{"name":"tar","pid":%d,"entity_id":"e-%d","executable":"/usr/bin/tar","args":["tar","czf","/tmp/out-%d.tgz"],"command_line":"tar czf /tmp/out-%d.tgz /home/%s","parent":{"name":"bash","pid":%d}},"destination":{"ip":"203.0.113.%d"},"message":"Endpoint process event"}`,
					stamp(at), host, i%7, i%7, i, user, i%5, 1000+i, i, i, i, user, 900+i%40, i%250)}},
		}
	}
	return out
}

// caseResult is the result that goes with the findings.
func caseResult(fs []*scanner.Finding) *scanner.Result {
	res := someResult()
	res.Complete, res.Groups, res.Counts.Groups = true, nil, 0
	res.Inputs = res.Inputs[:1]
	res.Counts.BadLines, res.Counts.NoTime, res.Notes, res.NotEvidence = 0, 0, nil, nil
	res.Coverage = scanner.Coverage{Ran: 4}
	res.Rules = nil
	res.Counts.Findings, res.Counts.BySeverity = int64(len(fs)), map[string]int64{}
	at := map[groupName]int{}
	for _, f := range fs {
		res.Counts.BySeverity[f.Severity]++
		name := groupName{f.Rule, f.Host, f.User}
		i, ok := at[name]
		if !ok {
			i = len(res.Groups)
			at[name] = i
			res.Groups = append(res.Groups, scanner.Group{Rule: f.Rule, Severity: f.Severity, RiskScore: f.RiskScore, Host: f.Host, User: f.User,
				First: f.Time, Score: f.Score, Sample: f.Command, Factors: []scanner.Factor{{Name: "risk", Value: f.Score, Why: "of the rule"}}})
		}
		res.Groups[i].Count++
		res.Groups[i].Last = f.Time
	}
	res.Counts.Groups = int64(len(res.Groups))
	if len(fs) > 0 {
		res.First, res.Last = fs[0].Time, fs[len(fs)-1].Time
	}
	return res
}

func casePage(t *testing.T, n int) string {
	t.Helper()
	fs := caseFindings(n)
	return writePage(t, func(w io.Writer) error { return writeHTML(w, caseResult(fs), findings(fs...)) })
}

// The table filters and sorts by the keyboard and the mouse as a person uses them; the
// page makes no sound and no request.
func TestPageInBrowser(t *testing.T) {
	path := casePage(t, 250)
	b := openBrowser(t)
	b.open(path)
	b.want(`document.getElementById("explorer").hidden`, "false")
	b.want(`document.getElementById("count").textContent`, "250 findings")
	b.want(`document.querySelectorAll("#body tr.row").length`, "100")
	b.want(`document.querySelector("#body .sev").textContent`, "critical")

	// Search, typed.
	b.click("#q")
	b.write("OUT-42.tgz")
	b.settle()
	b.want(`document.getElementById("count").textContent`, "1 of 250 findings")
	b.want(`document.querySelector("#body code").textContent`, "tar czf /tmp/out-42.tgz /home/user3")
	b.write(" ws-99")
	b.settle()
	b.want(`document.getElementById("page").textContent`, "Nothing fits.")
	b.click("#clear")
	b.settle()
	b.want(`document.getElementById("count").textContent`, "250 findings")
	// A value of the event alone, in no column.
	b.click("#q")
	b.write("203.0.113.17")
	b.settle()
	b.want(`document.getElementById("count").textContent`, "11 of 250 findings") // .17, and .170 to .179
	b.click("#clear")
	b.settle()

	// Severity off: boxes are words.
	b.click(`#severities input[value="critical"]`)
	b.want(`[...document.querySelectorAll("#body .sev")].filter((e) => e.textContent === "critical").length`, "0")
	b.click("#clear")
	b.settle()

	// Sorting: by mouse, then again by the keyboard on the same heading.
	b.click("#heads th:nth-child(2) button")
	b.want(`document.querySelector("#heads [aria-sort]").textContent`, "Time (UTC)")
	b.want(`document.querySelector("#heads [aria-sort]").getAttribute("aria-sort")`, "ascending")
	b.want(`document.querySelector("#body td.time").textContent`, "2026-03-01 08:00:00.250")
	b.press("Enter", 13, "\r")
	b.want(`document.querySelector("#heads [aria-sort]").getAttribute("aria-sort")`, "descending")
	b.want(`document.querySelector("#body td.time").textContent`, "2026-03-01 13:02:57.250")

	// Pages.
	b.click("#next")
	b.want(`document.getElementById("page").textContent`, "101 to 200 of 250")
	b.click("#next")
	b.want(`document.getElementById("next").disabled`, "true")
	b.want(`document.querySelectorAll("#body tr.row").length`, "50")

	// Evidence of a row, opened by the keyboard.
	b.eval(`document.querySelector("#body button.open").focus()`)
	b.press("Enter", 13, "\r")
	b.want(`document.querySelector("#body button.open").getAttribute("aria-expanded")`, "true")
	b.want(`document.querySelector("#body tr.detail .fields th").textContent`, "@timestamp")
	b.press("Enter", 13, "\r")
	b.want(`document.querySelector("#body tr.detail")`, "<nil>")

	// A technique leads to its findings.
	b.click(`a[data-find="T1558.003"]`)
	b.settle()
	b.want(`[...document.querySelectorAll("#body td.rule")].every((e) => e.textContent === "Ticket Cache Copied")`, "true")
	b.quiet(path)
}

// Marked values are those of fields that the query names.
func TestMarksInBrowser(t *testing.T) {
	path := casePage(t, 40)
	b := openBrowser(t)
	b.open(path)
	b.click("#body button.open")
	b.want(`[...document.querySelectorAll("#body tr.detail .hit th")].map((e) => e.textContent).join()`, "process.name,destination.ip")
	b.want(`[...document.querySelectorAll("#g1 .place + table .hit th")].map((e) => e.textContent).join()`, "process.name,destination.ip")
	b.quiet(path)
}

// Without script the page says the same: groups, evidence, a table of findings.
func TestPageWithoutScript(t *testing.T) {
	path := casePage(t, 60)
	b := openBrowser(t)
	b.call("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
	b.open(path)
	b.want(`document.getElementById("explorer").hidden`, "true")
	b.want(`document.querySelectorAll("noscript tbody tr").length`, "60")
	b.want(`document.querySelector("noscript td.time").textContent`, "2026-03-01 08:00:00.250")
	b.want(`getComputedStyle(document.querySelector("noscript table")).display`, "table")
	b.quiet(path)
}

// TestScreenshots writes pictures of a report to look at, where COLDCASE_SCREENSHOTS names
// a folder.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv("COLDCASE_SCREENSHOTS")
	if dir == "" {
		t.Skip("COLDCASE_SCREENSHOTS names no folder")
	}
	path := os.Getenv("COLDCASE_REPORT")
	if path == "" {
		path = casePage(t, 400)
	}
	for _, s := range []struct {
		name          string
		width         int
		scheme, media string
	}{
		{"light", 1280, "light", ""}, {"dark", 1280, "dark", ""}, {"narrow", 390, "light", ""}, {"print", 688, "light", "print"},
	} {
		b := openBrowser(t)
		b.call("Emulation.setEmulatedMedia", map[string]any{"media": s.media,
			"features": []map[string]string{{"name": "prefers-color-scheme", "value": s.scheme}}}, nil)
		b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": s.width, "height": 1200, "deviceScaleFactor": 1, "mobile": false}, nil)
		b.open(path)
		b.eval(`document.querySelector("#body button.open")?.click()`)
		height, _ := b.eval("document.documentElement.scrollHeight").(float64)
		for n, y := 0, 0; y < int(height) && n < 9; n, y = n+1, y+1400 {
			b.picture(filepath.Join(dir, fmt.Sprintf("%s-%d.png", s.name, n)), y, s.width, min(1400, int(height)-y))
		}
		b.want("document.documentElement.scrollWidth <= document.documentElement.clientWidth", "true")
	}
}

// Hostile strings stay text in a real browser, too.
func TestHostilePageInBrowser(t *testing.T) {
	res, f := nastyCase()
	path := writePage(t, func(w io.Writer) error { return writeHTML(w, res, findings(f)) })
	b := openBrowser(t)
	b.open(path)
	b.click("#body button.open")
	b.eval(`document.querySelectorAll("details").forEach((d) => { d.open = true; })`)
	b.settle()
	b.want(`typeof pwned`, "undefined")
	b.want(`document.querySelectorAll("img, iframe, .evil, script:not(#data)").length`, "1") // the page's own script
	b.want(`document.querySelector("#hosts h3").textContent.startsWith('<img class="evil" src=x onerror="pwned=1">')`, "true")
	b.want(`document.querySelector("#body td.name").textContent.includes("\\u202egpj.exe")`, "true")
	b.want(`[...document.querySelectorAll("#body tr.detail .fields th")].map((e) => e.textContent).join()`, "<img class=evil src=x>,long")
	b.want(`document.querySelector("#body tr.detail .fields td").textContent`, `</script><img class=evil>\x00\u202e\u2028`)
	b.want(`document.querySelectorAll("#body tr.detail .fields td")[1].textContent.endsWith("y… (cut: 1,000,000 bytes)")`, "true")
	b.want(`document.querySelector("#host").options[1].textContent.startsWith("<img")`, "true")
	b.want("document.documentElement.scrollWidth <= document.documentElement.clientWidth", "true")
	b.quiet(path)
}

// A page without findings, and one of a scan that was not whole.
func TestEmptyPageInBrowser(t *testing.T) {
	res := caseResult(nil)
	res.Entities, res.Tactics, res.First, res.Last, res.Complete = nil, nil, time.Time{}, time.Time{}, false
	path := writePage(t, func(w io.Writer) error { return writeHTML(w, res, findings()) })
	b := openBrowser(t)
	b.open(path)
	b.want(`document.querySelector("#findings p").textContent`, "Nothing was found.")
	b.want(`document.querySelector(".caveats strong").textContent`, "Not everything was read")
	b.quiet(path)
}

// 10,000 findings: the times are logged, not asserted.
func TestLargePageInBrowser(t *testing.T) {
	path := casePage(t, 10_000)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	b := openBrowser(t)
	b.open(path)
	b.want(`document.getElementById("count").textContent`, "10,000 findings")
	load := b.eval(`performance.getEntriesByType("navigation")[0].loadEventEnd`)
	sorted := b.eval(`(() => { const t = performance.now(); document.querySelector("#heads th:nth-child(5) button").click(); return performance.now() - t; })()`)
	b.want(`document.querySelector("#body td.rule").textContent`, "Archive Sent to a Rare Address")
	searched := b.eval(`(() => { const q = document.getElementById("q"); q.value = "out-9999.tgz"; const t = performance.now();
		document.getElementById("tools").requestSubmit(); return performance.now() - t; })()`)
	b.want(`document.getElementById("count").textContent`, "1 of 10,000 findings")
	b.quiet(path)
	t.Logf("%d bytes; loaded in %.0f ms, sorted in %.0f ms, searched in %.0f ms", info.Size(), load, sorted, searched)
}

// What assistive software is told: names, roles, states.
func TestPageForScreenReaders(t *testing.T) {
	path := casePage(t, 120)
	b := openBrowser(t)
	b.open(path)
	b.want(`document.documentElement.lang`, "en")
	b.want(`[...document.querySelectorAll("header.top, nav, main, footer")].length`, "4")
	b.want(`document.querySelectorAll("h1").length`, "1")
	b.want(`[...document.querySelectorAll("table")].filter((e) => !e.caption).length`, "0")
	b.want(`[...document.querySelectorAll("thead th:not([scope])")].length`, "0")
	b.want(`[...document.querySelectorAll("input, select")].filter((e) => !e.labels.length).length`, "0")
	b.want(`[...document.querySelectorAll("button")].filter((e) => !e.textContent.trim()).length`, "0")
	b.want(`document.getElementById("count").getAttribute("role")`, "status")
	b.want(`(() => { const ids = [...document.querySelectorAll("[id]")].map((e) => e.id); return ids.length === new Set(ids).size; })()`, "true")
	b.want(`[...document.querySelectorAll('a[href^="#"]')].filter((e) => !document.getElementById(e.hash.slice(1))).length`, "0")
	// The first Tab reaches the way past the navigation, and it can be seen.
	b.press("Tab", 9, "")
	b.want(`document.activeElement.textContent`, "Skip to the findings")
	b.want(`document.activeElement.getBoundingClientRect().left >= 0`, "true")
	b.quiet(path)
}

// Contrast of text on its background is at least 4.5 to 1 (WCAG 2.2, 1.4.3), light and
// dark.
func TestPageContrast(t *testing.T) {
	path := casePage(t, 120)
	for _, scheme := range []string{"light", "dark"} {
		b := openBrowser(t)
		b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
		b.open(path)
		b.click("#body button.open")
		b.want(`(() => {
			const parse = (c) => { const m = c.match(/[\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
			const lum = (c) => { const f = c.slice(0, 3).map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * f[0] + 0.7152 * f[1] + 0.0722 * f[2]; };
			const back = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c; } return [255, 255, 255]; };
			const bad = new Set();
			for (const e of document.querySelectorAll("body *")) {
				if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility() || e.disabled) continue;
				let fg = parse(getComputedStyle(e).color); const bg = back(e), o = Number(getComputedStyle(e).opacity);
				fg = fg.map((v, i) => i < 3 ? v * o + bg[i] * (1 - o) : v);
				const a = lum(fg), c = lum(bg), ratio = (Math.max(a, c) + 0.05) / (Math.min(a, c) + 0.05);
				if (ratio < 4.5) bad.add(e.tagName + "." + e.className + " " + ratio.toFixed(2));
			}
			return [...bad].join("; ");
		})()`, "")
		b.quiet(path)
	}
}

// On paper the cards are open and the table is whole; on the screen again as before.
func TestPagePrints(t *testing.T) {
	path := casePage(t, 250)
	b := openBrowser(t)
	b.open(path)
	state := `[document.querySelectorAll("#body tr.row").length, document.querySelectorAll(".card details:not([open])").length > 0].join()`
	b.want(state, "100,true")
	b.eval(`(() => { window.seen = ""; window.addEventListener("beforeprint", () => { window.seen = ` + state + `; }); })()`)
	var pdf struct{ Data []byte }
	b.call("Page.printToPDF", map[string]any{"preferCSSPageSize": true}, &pdf)
	if !strings.HasPrefix(string(pdf.Data), "%PDF-") {
		t.Errorf("%d bytes that are no PDF", len(pdf.Data))
	}
	b.want(`window.seen`, "250,false")
	b.want(state, "100,true")
	b.quiet(path)
}
