package report

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"slices"
	"strings"
	"sync"

	"coldcase/rules"
	"coldcase/scanner"
)

// HTML writes a report for people: one file that loads nothing from anywhere. All of
// it but the table of single findings stands in the page as HTML and needs no script;
// the findings stand in a JSON block, from which the script of the page draws the
// rows that are looked at.
//
// Nothing of evidence or rules becomes markup: html/template writes the page, the JSON
// has no "<" in it, the script sets text only, and a content security policy that
// names the page's own style and script by their hashes stops all else. There are no
// links out of the page.
//
// It walks the findings twice: to choose, count by time and read an example of each
// group; then to write. Memory is bounded by the limits of htmllimits.go.
func HTML(w io.Writer, res *scanner.Result, opt Options) error {
	return writeHTML(w, res, findingsOf(res))
}

func writeHTML(w io.Writer, res *scanner.Result, findings walk) error {
	s, err := surveyFindings(res, findings)
	if err != nil {
		return err
	}
	bw := bufio.NewWriterSize(w, 64<<10)
	if _, err := bw.WriteString(pageHead()); err != nil {
		return err
	}
	view := newPageView(res, s)
	if err := pageTemplates().ExecuteTemplate(bw, "report", view); err != nil {
		return err
	}
	rows, err := writePageData(bw, findings, s)
	if err != nil {
		return err
	}
	view.Rows = rows
	if err := pageTemplates().ExecuteTemplate(bw, "ending", view); err != nil {
		return err
	}
	if _, err := bw.WriteString("<script>" + pageJS + "</script>\n</body>\n</html>\n"); err != nil {
		return err
	}
	return bw.Flush()
}

//go:embed page/report.css
var pageCSS string

//go:embed page/report.js
var pageJS string

//go:embed page/report.html
var pageText string

// pageTemplates are part of the binary: a mistake in them is ours.
var pageTemplates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Funcs(template.FuncMap{
		"safe":  func(s string) string { return Safe(clipped(s, maxPageText)) },
		"prose": func(s string) string { return Safe(clipped(strings.Join(strings.Fields(s), " "), maxPageText)) },
		"first": firstLine, "known": severityClass, "dash": dash, "num": number, "int64": func(n int) int64 { return int64(n) },
		"score": score, "second": second, "size": Size, "plural": plural,
	}).Parse(pageText))
})

// severityClass is the class of a severity's colour; of a word that is none, nothing.
func severityClass(s string) string {
	if !slices.Contains(rules.Severities, s) {
		return ""
	}
	return " sev-" + s
}

// pageHead is the head of the page. Style and script are written as they were hashed;
// html/template would drop their comments.
func pageHead() string {
	return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="` + pagePolicy() + `">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="robots" content="noindex">
<title>coldcase findings</title>
<style>` + pageCSS + `</style>
</head>
`
}

// pagePolicy allows the page's own style and script and nothing else.
func pagePolicy() string {
	return "default-src 'none'; style-src '" + sourceHash(pageCSS) + "'; script-src '" + sourceHash(pageJS) +
		"'; base-uri 'none'; form-action 'none'"
}

// sourceHash names an inline source as Content Security Policy Level 3 does.
func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
