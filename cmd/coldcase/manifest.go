package main

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"coldcase/rules"
	"coldcase/scanner"
	"coldcase/scanner/report"
)

// manifestSchema names the schema of a manifest.
const manifestSchema = "coldcase/manifest/1"

// manifest is the record of one run, schema coldcase/manifest/1: what was read, with
// what, and what was written. But for Run nothing in it differs between two runs of one
// program over the same evidence with the same flags.
type manifest struct {
	Schema      string            `json:"schema"`
	Tool        manifestTool      `json:"tool"`
	Case        *string           `json:"case"`
	Examiner    *string           `json:"examiner"`
	Complete    bool              `json:"complete"`
	Interrupted bool              `json:"interrupted"`
	Command     manifestCommand   `json:"command"`
	Rules       manifestRules     `json:"rules"`
	Given       []manifestFile    `json:"given"` // files that flags name beside rules and evidence
	Inputs      []manifestInput   `json:"inputs"`
	Expected    *manifestExpected `json:"expected"` // null without --expect-sha256
	NotEvidence []string          `json:"not_evidence"`
	Counts      manifestCounts    `json:"counts"`
	Coverage    manifestCoverage  `json:"coverage"`
	Notes       []string          `json:"notes"`
	Outputs     []manifestOutput  `json:"outputs"`
	Run         manifestRun       `json:"run"`
}

type manifestTool struct {
	Name     string  `json:"name"`
	Version  string  `json:"version"`
	ATTACK   string  `json:"attack"`
	Revision *string `json:"revision"` // null where the build does not say
	Modified bool    `json:"modified"` // built from a tree with changes of its own
}

// manifestCommand is the command line but for what changes no result: flags in the
// order of the help, each as often as it was given.
type manifestCommand struct {
	Flags []manifestFlag `json:"flags"`
	Paths []string       `json:"paths"`
}

type manifestFlag struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type manifestRules struct {
	Given []string `json:"given"`
	// SHA256 is the hash of the list below, a line "sha256 id version" for each.
	SHA256 string         `json:"sha256"`
	Files  []manifestFile `json:"files"`
	List   []manifestRule `json:"list"`
}

type manifestRule struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Version *int   `json:"version"`
	File    string `json:"file"`
	Status  string `json:"status"`
	SHA256  string `json:"sha256"` // of the rule's own text
}

type manifestFile struct {
	Flag   string  `json:"flag,omitempty"`
	File   string  `json:"file"`
	SHA256 *string `json:"sha256"` // null for what is no file, or cannot be read
	Bytes  int64   `json:"bytes"`
}

type manifestInput struct {
	File         string  `json:"file"`
	SHA256       *string `json:"sha256"`
	Bytes        int64   `json:"bytes"`
	DecodedBytes int64   `json:"decoded_bytes"`
	Lines        int64   `json:"lines"`
	BadLines     int64   `json:"bad_lines"`
	Status       string  `json:"status"`
	Problem      *string `json:"problem"`
	Baseline     bool    `json:"baseline"`
	// Expected is the verdict of --expect-sha256, and Wanted the hash on its list.
	Expected *string `json:"expected"`
	Wanted   *string `json:"wanted"`
}

type manifestExpected struct {
	File       string                `json:"file"`
	SHA256     *string               `json:"sha256"`
	Match      int                   `json:"match"`
	Mismatch   int                   `json:"mismatch"`
	Unexpected int                   `json:"unexpected"`
	Missing    []manifestExpectation `json:"missing"`
}

type manifestExpectation struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

type manifestCounts struct {
	Lines      int64 `json:"lines"`
	Events     int64 `json:"events"`
	BadLines   int64 `json:"bad_lines"`
	Findings   int64 `json:"findings"`
	Groups     int64 `json:"groups"`
	Candidates int64 `json:"candidates"`
}

type manifestCoverage struct {
	Ran           int `json:"ran"`
	CouldNotMatch int `json:"could_not_match"`
	NotRun        int `json:"not_run"`
	Superseded    int `json:"superseded"`
	Excluded      int `json:"excluded"`
	Unreadable    int `json:"unreadable"`
}

type manifestOutput struct {
	Format string `json:"format"`
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`
}

// manifestRun is what differs from run to run.
type manifestRun struct {
	Started   string         `json:"started"`
	Resumed   []string       `json:"resumed"` // when it went on after an interruption
	Ended     string         `json:"ended"`
	Host      string         `json:"host"`
	Directory string         `json:"directory"`
	Go        string         `json:"go"`
	Platform  string         `json:"platform"`
	Jobs      int            `json:"jobs"`
	MaxMemory int64          `json:"max_memory"`
	Flags     []manifestFlag `json:"flags"` // those that change no result
}

// manifestOf makes the manifest of a finished run. What was written stands in outputs.
func manifestOf(j *job, res *scanner.Result, outputs []manifestOutput) *manifest {
	command, running := j.o.canonical()
	m := &manifest{Schema: manifestSchema, Tool: toolOf(), Case: textOrNull(j.o.caseName), Examiner: textOrNull(j.o.examiner),
		Complete: res.Complete, Interrupted: res.Interrupted,
		Command: manifestCommand{command, j.paths}, Rules: rulesOf(j), Given: givenFiles(j.o), Inputs: inputsOf(j, res),
		NotEvidence: append([]string{}, res.NotEvidence...), Notes: append([]string{}, res.Notes...), Outputs: outputs}
	c := res.Counts
	m.Counts = manifestCounts{c.Lines, c.Events, c.BadLines, c.Findings, c.Groups, c.Candidates}
	v := res.Coverage
	m.Coverage = manifestCoverage{v.Ran, v.CouldNotMatch, v.NotRun, v.Superseded, v.Excluded, v.Unreadable}
	m.Expected = expectedOf(j)
	m.Run = runOf(j, running)
	return m
}

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func rulesOf(j *job) manifestRules {
	out := manifestRules{Given: j.o.rules, Files: []manifestFile{}, List: []manifestRule{}}
	if len(out.Given) == 0 {
		out.Given = []string{builtinName}
	}
	var files []string
	for _, e := range j.set.Entries {
		r := e.Rule
		mr := manifestRule{ID: r.ID, Name: r.Name, File: r.File, Status: string(e.Status), SHA256: r.Hash}
		if r.Version != 0 {
			mr.Version = &r.Version
		}
		out.List = append(out.List, mr)
		if !strings.HasPrefix(r.File, builtinName+"/") || slices.Contains(j.o.rules, r.File) {
			files = append(files, r.File)
		}
	}
	for _, p := range j.set.Problems {
		files = append(files, p.Path)
	}
	slices.Sort(files)
	for _, f := range slices.Compact(files) {
		out.Files = append(out.Files, hashedFile("", f))
	}
	out.SHA256 = rulesSum(j.set)
	return out
}

// rulesSum is the hash of a list of rules (see manifestRules).
func rulesSum(set *rules.Set) string {
	all := newDigest(io.Discard)
	for _, e := range set.Entries {
		// A hash takes every write.
		_, _ = io.WriteString(all, e.Rule.Hash+" "+e.Rule.ID+" "+versionOf(e.Rule)+"\n")
	}
	return all.sum()
}

func versionOf(r *rules.Rule) string {
	if r.Version == 0 {
		return "-"
	}
	b, _ := json.Marshal(r.Version) // a number always encodes
	return string(b)
}

func hashedFile(flag, path string) manifestFile {
	f := manifestFile{Flag: flag, File: path}
	if sum, size, ok := fileDigest(path); ok {
		f.SHA256, f.Bytes = &sum, size
	}
	return f
}

// givenFiles are the files that other flags name.
func givenFiles(o *options) []manifestFile {
	out := []manifestFile{}
	add := func(flag string, paths ...string) {
		for _, p := range paths {
			if p != "" {
				out = append(out, hashedFile(flag, p))
			}
		}
	}
	add("mapping", o.mapping)
	add("exceptions", o.exceptions...)
	var lists []string
	for _, f := range o.valueLists {
		lists = append(lists, f)
	}
	slices.Sort(lists)
	add("value-list", lists...)
	add("ioc", o.ioc...)
	add("assets", o.assets)
	add("compare-rules", o.compareFiles...)
	add("expect-sha256", o.expect)
	return out
}

func inputsOf(j *job, res *scanner.Result) []manifestInput {
	out := make([]manifestInput, len(res.Inputs))
	for i, in := range res.Inputs {
		out[i] = manifestInput{File: in.File, SHA256: textOrNull(in.SHA256), Bytes: in.Bytes, DecodedBytes: in.DecodedBytes,
			Lines: in.Lines, BadLines: in.BadLines, Status: in.Status, Problem: textOrNull(in.Problem), Baseline: in.Baseline}
		if j.held != nil && i < len(j.held.Inputs) {
			h := j.held.Inputs[i]
			out[i].Expected, out[i].Wanted = &h.Verdict, textOrNull(h.Wanted)
		}
	}
	return out
}

func expectedOf(j *job) *manifestExpected {
	if j.held == nil {
		return nil
	}
	h := j.held
	out := &manifestExpected{File: j.o.expect, SHA256: hashedFile("", j.o.expect).SHA256, Missing: []manifestExpectation{},
		Match: h.Counts[scanner.HashMatches], Mismatch: h.Counts[scanner.HashDiffers], Unexpected: h.Counts[scanner.HashUnexpected]}
	for _, m := range h.Missing {
		out.Missing = append(out.Missing, manifestExpectation{m.Name, m.SHA256})
	}
	return out
}

// manifestFormat stands for --manifest where outputs are listed.
func manifestFormat(m *manifest) report.Format {
	return report.Format{Name: "manifest", Flag: "manifest",
		Write: func(w io.Writer, _ *scanner.Result, _ report.Options) error { return m.write(w) }}
}

// write writes the manifest as one indented object.
func (m *manifest) write(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(m)
}

// utc writes a wall-clock time.
func utc(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
