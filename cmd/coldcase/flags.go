package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"coldcase/rules/attack"
	"coldcase/scanner"
	"coldcase/scanner/report"

	"github.com/spf13/cobra"
)

// options are the typed values of the flags. Making them does no I/O.
type options struct {
	rules       []string
	outputs     map[string]string // path by name of the report format
	csvRaw      bool
	csvColumns  []string
	filter      scanner.Filter
	only        []string
	exclude     []string
	deprecated  bool
	mapping     string
	exceptions  []string
	noExcept    bool
	valueLists  map[string]string // file by id
	ioc         []string
	baseline    []string
	blocks      bool
	nearMisses  bool
	ingested    bool
	anyIndex    bool
	assumeIndex string
	jobs        int
	maxMemory   int64
	tempDir     string
	maxLine     int64
	failOn      string
	force       bool
	quiet       bool
	noColor     bool
	full        bool
	reference   bool
	audit       int
	costs       bool
	cpuProfile  string

	evidence   []string // where moved inputs may be
	verdicts   string
	caseName   string
	examiner   string
	expect     string // a list of expected hashes
	manifest   string
	resume     string    // the manifest of the run that goes on
	state      *runState // of the run that goes on, whose flags these are; else nil
	bundle     string
	neighbours int
	given      []manifestFlag // as given on the command line, in its order

	comfort
	explain bool

	assets   string
	elastic  bool // --rank
	timeline bool
	from     string // a findings file
}

// flag is one flag of the command line.
type flag struct {
	name  string
	short string // one letter, or ""
	arg   string // what stands for its value in the help; "" for a switch
	doc   string
	// def is the default as text, which set must accept; "" means that set is not
	// called and the help names none.
	def string
	// commands says where the flag exists.
	commands []string
	// complete says what completes its value: "file", "dir", or a list of words.
	complete []string
	// set checks a value and stores it; called once for each time the flag is given.
	set func(o *options, v string) error
}

// Names of commands in flag.commands.
const (
	cmdScan  = "scan"
	cmdList  = "list"
	cmdCheck = "check"
	cmdTest  = "test"
	cmdShow  = "show"

	cmdVerify  = "verify"
	cmdExplain = "explain"
	cmdRerun   = "rerun"
	cmdDiff    = "diff"
	cmdQuery   = "query"
)

var (
	onScan  = []string{cmdScan}
	onProof = []string{cmdScan, cmdVerify}
	// Commands that hold rules against events, and those of them that may choose among
	// the rules and take events from them.
	onEvents = []string{cmdScan, cmdVerify, cmdExplain}
	onRules  = []string{cmdScan, cmdExplain}
	onRuns   = []string{cmdScan, cmdVerify, cmdRerun, cmdDiff, cmdQuery}
	// Commands that write rows, one after the other.
	onRows = []string{cmdScan, cmdQuery}
)

const (
	minMemory = 16 << 20 // less does not hold the rules
	maxMemory = 1 << 40
	maxLine   = 1 << 30 // a line's length is kept in 32 bits
)

// severityWords completes --fail-on and --min-severity.
var severityWords = []string{"low", "medium", "high", "critical"}

// flags is the one list of flags: help, completion, checks and the meta-test come
// from it. The order is that of the help.
var flags = []flag{
	{name: "rules", short: "r", arg: "LIST", doc: "rules to run: builtin, files or directories; comma-separated or repeated (default builtin)",
		commands: []string{cmdScan, cmdVerify, cmdDiff, cmdExplain}, complete: []string{"file"},
		set: func(o *options, v string) error { return appendList(&o.rules, v) }},
	outputFlag("csv", cmdQuery),
	{name: "csv-raw", doc: "leave cells alone that a spreadsheet would run as formulas",
		commands: onRows, set: setBool(func(o *options) *bool { return &o.csvRaw })},
	{name: "csv-columns", arg: "LIST", doc: "the columns of --csv in their order: its own, and fields of the event by their path (process.parent.name)",
		commands: onScan, complete: []string{"file"}, set: setColumns},
	outputFlag("jsonl", cmdQuery),
	outputFlag("summary"),
	outputFlag("rejects"),
	outputFlag("html"),
	outputFlag("markdown"),
	outputFlag("navigator"),
	outputFlag("timesketch"),
	outputFlag("bulk"),
	outputFlag("stix"),
	{name: "since", arg: "T", doc: "report findings with evidence at or after this RFC 3339 time or date",
		commands: onScan, set: func(o *options, v string) (err error) { o.filter.Since, err = parseTime(v, false); return }},
	{name: "until", arg: "T", doc: "report findings with evidence at or before this RFC 3339 time, or on or before this date",
		commands: onScan, set: func(o *options, v string) (err error) { o.filter.Until, err = parseTime(v, true); return }},
	{name: "host", arg: "NAME", doc: "report findings on this host; comma-separated or repeated",
		commands: onScan, set: func(o *options, v string) error { return appendList(&o.filter.Hosts, v) }},
	{name: "user", arg: "NAME", doc: "report findings by this user; may be repeated",
		commands: onScan, set: func(o *options, v string) error { return appendOne(&o.filter.Users, v) }},
	{name: "min-severity", arg: "SEVERITY", doc: "report findings of at least this severity",
		commands: onScan, complete: severityWords,
		set: func(o *options, v string) (err error) { o.filter.MinSeverity, err = parseSeverity(v); return }},
	{name: "tag", arg: "TAG", doc: "report findings of rules with this tag; may be repeated",
		commands: onScan, set: func(o *options, v string) error { return appendOne(&o.filter.Tags, v) }},
	{name: "tactic", arg: "TACTIC", doc: "report findings of this ATT&CK tactic (TA0006, credential-access); comma-separated or repeated",
		commands: onScan, set: setTactic},
	{name: "rule", arg: "ID", doc: "run, or explain, only this rule, by id or exact name; may be repeated",
		commands: onRules, set: func(o *options, v string) error { return appendOne(&o.only, v) }},
	{name: "exclude-rule", arg: "ID", doc: "do not run this rule, by id or exact name; may be repeated",
		commands: onScan, set: func(o *options, v string) error { return appendOne(&o.exclude, v) }},
	{name: "deprecated", doc: "also run rules that their source marks deprecated",
		commands: []string{cmdScan, cmdList}, set: setBool(func(o *options) *bool { return &o.deprecated })},
	{name: "mapping", arg: "FILE", doc: "field types of one's own: an Elasticsearch mapping as GET _mapping or elasticdump export it",
		commands: []string{cmdScan, cmdCheck, cmdTest, cmdVerify, cmdExplain, cmdQuery}, complete: []string{"file"},
		set: func(o *options, v string) error { return setText(&o.mapping, v) }},
	{name: "baseline", arg: "PATH", doc: "older evidence, read only for what is no new term any more; may be repeated",
		commands: onScan, complete: []string{"file"},
		set: func(o *options, v string) error { return appendOne(&o.baseline, v) }},
	{name: "clock", arg: "TIME", doc: "which time windows use: event (its @timestamp) or ingested", def: "event",
		commands: onProof, complete: clocks, set: setClock},
	{name: "near-misses", doc: "also report what was nearly a finding: one step short, 80% of a threshold, cut by the end",
		commands: onScan, set: setBool(func(o *options) *bool { return &o.nearMisses })},
	{name: "building-blocks", doc: "list the groups of building-block rules among the others",
		commands: onScan, set: setBool(func(o *options) *bool { return &o.blocks })},
	{name: "exceptions", arg: "FILE", doc: "exception lists, as Kibana exports them or in TOML: what they take from rules is counted and listed; may be repeated",
		commands: onRules, complete: []string{"file"},
		set: func(o *options, v string) error { return appendOne(&o.exceptions, v) }},
	{name: "no-exceptions", doc: "leave the exceptions alone that stand in Kibana exports among the rules",
		commands: onRules, set: setBool(func(o *options) *bool { return &o.noExcept })},
	{name: "value-list", arg: "ID=FILE", doc: "the values of a list that exceptions name, one a line (default a file called ID beside them); may be repeated",
		commands: onRules, complete: []string{"file"}, set: setValueList},
	{name: "ioc", arg: "FILE", doc: "indicators for threat_match rules: ECS threat.indicator as NDJSON, CSV, STIX 2.1, or one a line; may be repeated",
		commands: onEvents, complete: []string{"file"},
		set: func(o *options, v string) error { return appendOne(&o.ioc, v) }},
	{name: "any-index", doc: "hold events of no recognisable origin against every rule",
		commands: append(onEvents, cmdQuery), set: setBool(func(o *options) *bool { return &o.anyIndex })},
	{name: "assume-index", arg: "NAME", doc: "the index of events with no recognisable origin",
		commands: append(onEvents, cmdQuery), set: func(o *options, v string) error { return setText(&o.assumeIndex, v) }},
	{name: "jobs", short: "j", arg: "N", doc: "workers; 0 means one for each CPU", def: "0",
		commands: []string{cmdScan, cmdRerun, cmdQuery}, set: setJobs},
	{name: "max-memory", arg: "SIZE", doc: "bound on peak memory; what needs more spills to --temp-dir", def: "256MiB",
		commands: onRuns, set: func(o *options, v string) (err error) {
			o.maxMemory, err = sizeBetween(v, minMemory, maxMemory)
			return
		}},
	{name: "temp-dir", arg: "DIR", doc: "where to spill (default the system's)",
		commands: onRuns, complete: []string{"dir"},
		set: func(o *options, v string) error { return setText(&o.tempDir, v) }},
	{name: "max-line", arg: "SIZE", doc: "longest line; a longer one is a bad line", def: "16MiB",
		commands: append(onEvents, cmdQuery), set: func(o *options, v string) (err error) {
			o.maxLine, err = sizeBetween(v, 1, maxLine)
			return
		}},
	{name: "fail-on", arg: "SEVERITY", doc: "exit 1 when a finding is of at least this severity",
		commands: onScan, complete: severityWords,
		set: func(o *options, v string) (err error) { o.failOn, err = parseSeverity(v); return }},
	{name: "force", short: "f", doc: "overwrite existing output files",
		commands: append(onProof, cmdQuery), set: setBool(func(o *options) *bool { return &o.force })},
	{name: "quiet", short: "q", doc: "print errors only; the outputs and the exit code tell the rest",
		commands: onRuns, set: setBool(func(o *options) *bool { return &o.quiet })},
	{name: "no-color", doc: "no colours (NO_COLOR is honoured, too)",
		commands: []string{cmdScan, cmdList, cmdCheck, cmdTest, cmdDiff, cmdExplain, cmdQuery}, set: setBool(func(o *options) *bool { return &o.noColor })},
	{name: "full", doc: "list everything on the screen, shorten nothing",
		commands: []string{cmdScan, cmdList, cmdCheck, cmdDiff, cmdExplain, cmdQuery}, set: setBool(func(o *options) *bool { return &o.full })},
	{name: "explain", doc: "say below each group why its first finding was found, and every factor of each score",
		commands: onScan, set: setBool(func(o *options) *bool { return &o.explain })},
	{name: "assets", arg: "FILE", doc: "how much hosts and users matter, for their rank: CSV of kind, name, criticality (low, medium, high, extreme), or [[asset]] tables in TOML; * and ? in names",
		commands: onScan, complete: []string{"file"},
		set: func(o *options, v string) error { return setText(&o.assets, v) }},
	{name: "rank", arg: "HOW", doc: "how hosts and users are ranked: coldcase, or elastic for Elastic's own entity risk, for comparison", def: "coldcase",
		commands: onScan, complete: ranks, set: setRank},
	{name: "timeline", doc: "draw the findings over time by severity, and say what is busiest",
		commands: onScan, set: setBool(func(o *options) *bool { return &o.timeline })},
	{name: "from", arg: "FILE", doc: "the findings file (scan --jsonl) of the finding to explain; - means standard input",
		commands: []string{cmdExplain}, complete: []string{"file"},
		set: func(o *options, v string) error { return setText(&o.from, v) }},
	configFlag,
	{name: "json", doc: "print JSON Lines for programs",
		commands: []string{cmdCheck, cmdTest, cmdDiff, cmdExplain}, set: setBool(func(o *options) *bool { return &o.json })},
	{name: "compare-rules", arg: "LIST", doc: "hold a second set of rules against the same evidence, in the same pass, and tell the findings gained and lost by rule",
		commands: onScan, complete: []string{"file"},
		set: func(o *options, v string) error { return appendList(&o.compare, v) }},
	{name: "manifest", arg: "FILE", doc: "write a record of the run: tool, rules, inputs and outputs with their hashes; coldcase rerun repeats it, --resume goes on with it when it was interrupted",
		commands: onScan, complete: []string{"file"},
		set: func(o *options, v string) error { return setText(&o.manifest, v) }},
	{name: "resume", arg: "FILE", doc: "go on with the interrupted run whose manifest is, or would have been, FILE; paths and flags are those of that run",
		commands: onScan, complete: []string{"file"},
		set: func(o *options, v string) error { return setText(&o.resume, v) }},
	{name: "case", arg: "NAME", doc: "the case, for the manifest",
		commands: onScan, set: func(o *options, v string) error { return setText(&o.caseName, v) }},
	{name: "examiner", arg: "NAME", doc: "the examiner, for the manifest",
		commands: onScan, set: func(o *options, v string) error { return setText(&o.examiner, v) }},
	{name: "expect-sha256", arg: "FILE", doc: "hold the inputs against a list of hashes: as sha256sum or hashdeep write it, or name,hash; exit 3 when one differs or is missing",
		commands: onScan, complete: []string{"file"},
		set: func(o *options, v string) error { return setText(&o.expect, v) }},
	{name: "bundle", arg: "DIR", doc: "write a new directory to hand over: the events behind the findings with their neighbours and ancestors, findings, summary, manifest",
		commands: onScan, complete: []string{"dir"},
		set: func(o *options, v string) error { return setText(&o.bundle, v) }},
	{name: "neighbours", arg: "N", doc: "events of the same host in a bundle before and after each of a finding", def: "5",
		commands: onScan, set: setNeighbours},
	{name: "evidence", arg: "PATH", doc: "where inputs may be that are not where they were: they are known by their SHA-256; may be repeated",
		commands: []string{cmdVerify, cmdRerun}, complete: []string{"file"},
		set: func(o *options, v string) error { return appendOne(&o.evidence, v) }},
	{name: "verdicts", arg: "FILE", doc: "write a verdict for each finding as JSON Lines",
		commands: []string{cmdVerify}, complete: []string{"file"},
		set: func(o *options, v string) error { return setText(&o.verdicts, v) }},
	{name: "reference", doc: "the plain path: every rule's tree on every event, no index; slow, for comparison",
		commands: onScan, set: setBool(func(o *options) *bool { return &o.reference })},
	{name: "audit", arg: "N", doc: "evaluate about one line in N by the plain path as well, and report any difference; 1 means every line",
		commands: onScan, set: func(o *options, v string) (err error) { o.audit, err = countBetween(v, 1, 1<<31-1); return }},
	{name: "profile-rules", doc: "print which rules cost most: time, evaluations, how often they held",
		commands: onScan, set: setBool(func(o *options) *bool { return &o.costs })},
	{name: "cpuprofile", arg: "FILE", doc: "write a CPU profile of the scan for go tool pprof",
		commands: onScan, complete: []string{"file"},
		set: func(o *options, v string) error { return setText(&o.cpuProfile, v) }},
}

// outputFlag makes the flag of a report format; its help is the format's.
func outputFlag(name string, more ...string) flag {
	i := slices.IndexFunc(report.Formats, func(f report.Format) bool { return f.Flag == name })
	if i < 0 {
		panic("BUG: no report format has the flag --" + name)
	}
	return flag{name: name, arg: "FILE", doc: report.Formats[i].Doc, commands: append([]string{cmdScan}, more...), complete: []string{"file"},
		set: func(o *options, v string) error {
			if v == "" {
				return fmt.Errorf("no file given; - means standard output")
			}
			if o.outputs == nil {
				o.outputs = map[string]string{}
			}
			o.outputs[report.Formats[i].Name] = v
			return nil
		}}
}

func setBool(field func(*options) *bool) func(*options, string) error {
	return func(o *options, v string) (err error) {
		*field(o), err = strconv.ParseBool(v)
		return err
	}
}

func setText(dst *string, v string) error {
	if v == "" {
		return fmt.Errorf("the value is empty")
	}
	*dst = v
	return nil
}

func appendList(dst *[]string, v string) error {
	parts := splitList(v)
	if len(parts) == 0 {
		return fmt.Errorf("the value is empty")
	}
	*dst = append(*dst, parts...)
	return nil
}

// clocks are the values of --clock.
var clocks = []string{"event", "ingested"}

func setClock(o *options, v string) error {
	if !slices.Contains(clocks, v) {
		return fmt.Errorf("%q is neither event nor ingested", v)
	}
	o.ingested = v == "ingested"
	return nil
}

func setColumns(o *options, v string) error {
	parts := splitList(v)
	if len(parts) == 0 {
		return fmt.Errorf("the value is empty")
	}
	o.csvColumns = append(o.csvColumns, parts...)
	return report.CheckColumns(parts)
}

func appendOne(dst *[]string, v string) error {
	if v == "" {
		return fmt.Errorf("the value is empty")
	}
	*dst = append(*dst, v)
	return nil
}

func setValueList(o *options, v string) error {
	id, file, _ := strings.Cut(v, "=")
	if id == "" || file == "" {
		return fmt.Errorf("%q is no ID=FILE", v)
	}
	if old, ok := o.valueLists[id]; ok && old != file {
		return fmt.Errorf("the value list %q is given twice", id)
	}
	if o.valueLists == nil {
		o.valueLists = map[string]string{}
	}
	o.valueLists[id] = file
	return nil
}

func setJobs(o *options, v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > 1024 {
		return fmt.Errorf("%q is no number of workers; give one from 1 to 1024, or 0 for all CPUs", v)
	}
	o.jobs = n
	return nil
}

func setNeighbours(o *options, v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > 10_000 {
		return fmt.Errorf("%q is no number of events; give one from 0 to 10000", v)
	}
	o.neighbours = n
	return nil
}

func setTactic(o *options, v string) error {
	parts := splitList(v)
	if len(parts) == 0 {
		return fmt.Errorf("the value is empty")
	}
	for _, p := range parts {
		_, byID := attack.TacticByID(strings.ToUpper(p))
		if _, byName := attack.TacticByName(p); !byID && !byName {
			return fmt.Errorf("%q is no tactic of ATT&CK v%s; give an id (TA0006), a name or a short name (credential-access)", p, attack.Version)
		}
	}
	o.filter.Tactics = append(o.filter.Tactics, parts...)
	return nil
}

// value makes a flag a pflag.Value.
type value struct {
	f    *flag
	o    *options
	text string
}

func (v *value) String() string { return v.text }

func (v *value) Set(s string) error {
	if err := v.f.set(v.o, s); err != nil {
		return err
	}
	v.text = s
	v.o.given = append(v.o.given, manifestFlag{v.f.name, s})
	return nil
}

// Type is what the help shows for the value.
func (v *value) Type() string {
	if v.f.arg == "" {
		return "bool"
	}
	return v.f.arg
}

// addFlags gives cmd the flags of the command called name, bound to o.
func addFlags(cmd *cobra.Command, name string, o *options) {
	cmd.Annotations = map[string]string{flagsOf: name}
	fs := cmd.Flags()
	fs.SortFlags = false
	for i := range flags {
		f := &flags[i]
		if !f.on(name) {
			continue
		}
		v := &value{f: f, o: o}
		if f.def != "" {
			if err := v.Set(f.def); err != nil {
				panic(fmt.Sprintf("BUG: default of --%s: %v", f.name, err))
			}
		}
		pf := fs.VarPF(v, f.name, f.short, f.doc)
		if f.arg == "" {
			pf.NoOptDefVal, pf.DefValue = "true", "false"
		}
		f.completion(cmd)
	}
	o.given = nil // defaults are not given
}

func (f *flag) on(command string) bool { return slices.Contains(f.commands, command) }

func (f *flag) completion(cmd *cobra.Command) {
	var err error
	switch {
	case f.arg == "" || len(f.complete) == 1 && f.complete[0] == "file":
		return // the shell's own completion of files
	case len(f.complete) == 1 && f.complete[0] == "dir":
		err = cmd.MarkFlagDirname(f.name)
	default:
		words := f.complete
		err = cmd.RegisterFlagCompletionFunc(f.name, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return words, cobra.ShellCompDirectiveNoFileComp
		})
	}
	if err != nil {
		panic(fmt.Sprintf("BUG: completion of --%s: %v", f.name, err))
	}
}

// check looks at what several flags say together.
func (o *options) check() error {
	if o.csvRaw && o.outputs["csv"] == "" && !strings.EqualFold(filepath.Ext(o.outputs["timesketch"]), ".csv") {
		return usage("--csv-raw changes nothing without --csv FILE or --timesketch FILE.csv")
	}
	if len(o.csvColumns) > 0 && o.outputs["csv"] == "" {
		return usage("--csv-columns changes nothing without --csv FILE")
	}
	if s, u := o.filter.Since, o.filter.Until; !s.IsZero() && !u.IsZero() && u.Before(s) {
		return usage("--until %s lies before --since %s", u.Format("2006-01-02T15:04:05Z"), s.Format("2006-01-02T15:04:05Z"))
	}
	if o.noExcept && len(o.exceptions) > 0 {
		return usage("--exceptions and --no-exceptions exclude each other")
	}
	if o.anyIndex && o.assumeIndex != "" {
		return usage("--any-index and --assume-index exclude each other")
	}
	if o.tempDir == "" {
		o.tempDir = os.TempDir()
	}
	return nil
}
