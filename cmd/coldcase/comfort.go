package main

// comfort are the values of flags that make the program easier to live with.
type comfort struct {
	json    bool
	config  string   // the file of settings, "" for the usual ones
	compare []string // a second set of rules
	// compareFiles are the files that the second set was read from, sorted.
	compareFiles []string
}

// flagsOf is the annotation that names the command whose flags a cobra command has: the
// program itself has those of scan.
const flagsOf = "flags-of"

// configFlag names a file of settings in place of the usual ones.
var configFlag = flag{name: "config", arg: "FILE", doc: "read settings from this file alone; none reads no file",
	commands: []string{cmdScan, cmdList, cmdCheck, cmdTest, cmdShow, cmdVerify, cmdRerun, cmdDiff, cmdConfig}, complete: []string{"file"},
	set: func(o *options, v string) error { return setText(&o.config, v) }}

// flagGroup is a heading of the help with the flags below it.
type flagGroup struct {
	title string
	flags []string
}

// flagGroups is the order of the help and of the manual. A meta-test wants every flag in
// one of them.
var flagGroups = []flagGroup{
	{"Rules", []string{"rules", "rule", "exclude-rule", "deprecated", "compare-rules", "exceptions", "no-exceptions", "value-list", "ioc"}},
	{"Evidence", []string{"baseline", "mapping", "any-index", "assume-index", "clock", "max-line", "expect-sha256", "evidence", "from"}},
	{"What is reported", []string{"since", "until", "host", "user", "min-severity", "tag", "tactic", "near-misses", "building-blocks",
		"explain", "assets", "rank", "fail-on"}},
	{"Outputs", []string{"csv", "csv-raw", "csv-columns", "jsonl", "summary", "html", "markdown", "navigator", "timesketch", "bulk", "stix",
		"rejects", "verdicts", "force"}},
	{"Proof", []string{"manifest", "resume", "case", "examiner", "bundle", "neighbours", "audit", "reference"}},
	{"Resources", []string{"jobs", "max-memory", "temp-dir", "profile-rules", "cpuprofile"}},
	{"Screen and settings", []string{"timeline", "quiet", "no-color", "full", "json", "config"}},
}

// commandGroup is a heading of the help with the commands below it.
type commandGroup struct {
	title string
	names []string
}

var commandGroups = []commandGroup{
	{"Scan and understand", []string{"scan", "explain", "query", "diff"}},
	{"Prove", []string{"verify", "rerun"}},
	{"Rules", []string{"rules", "list", "check", "test", "show"}},
	{"Program", []string{"config", "completion", "man", "version", "help"}},
}
