package schema

import "bytes"

// Facts are the values of one event that tell which index it would have stood in;
// nil where the event lacks the field. Of an array the first value counts. The
// bytes belong to the caller.
type Facts struct {
	// Index is _index of a hit envelope or bulk action.
	Index []byte

	DataStreamType, DataStreamDataset, DataStreamNamespace []byte
	MetadataIndex, MetadataBeat, MetadataVersion           []byte // @metadata.*
	AgentType, AgentVersion                                []byte
	EventModule, EventDataset, EventKind                   []byte
	WinlogChannel                                          []byte
	// Endgame is set when the event has an endgame object.
	Endgame bool
}

// Certainty says how an event's candidate index names came about.
type Certainty uint8

// The certainties of candidates.
const (
	Unknown Certainty = iota // nothing tells: there are no candidates (Decision 10)
	Assumed                  // from event.dataset alone: a finding has confidence 0.8
	Known                    // from an envelope, or from who made the event
)

// candidateSteps is rule-types.md section 13, best evidence first. Each step appends
// the names that it yields.
var candidateSteps = []struct {
	certainty Certainty
	yield     func(f *Facts, dst []string) []string
	how       string // as a person reads it
}{
	{Known, (*Facts).fromEnvelope, "from _index or @metadata"},
	{Known, (*Facts).fromDataStream, "from data_stream"},
	{Known, (*Facts).fromMetadata, "from @metadata"},
	{Known, (*Facts).fromAgent, "from the agent that made the event"},
	{Known, (*Facts).fromEndgame, "it looks like Endgame's"},
	{Known, (*Facts).fromModule, "from event.module or winlog.channel"},
	{Assumed, (*Facts).fromDataset, "assumed from event.dataset"},
}

// Candidates appends to dst the names of the indices that the event could have stood
// in: those of the first step that yields one. The names are as index patterns see
// them: without remote cluster, backing index decoration or snapshot prefix.
func (f *Facts) Candidates(dst []string) ([]string, Certainty) {
	dst, certainty, _ := f.CandidatesHow(dst)
	return dst, certainty
}

// CandidatesHow is Candidates, and says in a few words what told them.
func (f *Facts) CandidatesHow(dst []string) (names []string, certainty Certainty, how string) {
	n := len(dst)
	for _, step := range candidateSteps {
		if dst = step.yield(f, dst); len(dst) > n {
			return dst, step.certainty, step.how
		}
	}
	return dst, Unknown, "nothing in the event tells"
}

func (f *Facts) fromEnvelope(dst []string) []string { return appendIndex(dst, f.Index) }

func (f *Facts) fromDataStream(dst []string) []string {
	if len(f.DataStreamType) == 0 || len(f.DataStreamDataset) == 0 {
		return dst
	}
	namespace := f.DataStreamNamespace
	if len(namespace) == 0 {
		namespace = []byte("default")
	}
	return append(dst, string(f.DataStreamType)+"-"+string(f.DataStreamDataset)+"-"+string(namespace))
}

func (f *Facts) fromMetadata(dst []string) []string {
	n := len(dst)
	if dst = appendIndex(dst, f.MetadataIndex); len(dst) > n || len(f.MetadataBeat) == 0 {
		return dst
	}
	return append(dst, versioned(f.MetadataBeat, f.MetadataVersion))
}

func (f *Facts) fromAgent(dst []string) []string {
	switch string(f.AgentType) {
	case "auditbeat", "winlogbeat", "filebeat", "packetbeat":
		return append(dst, versioned(f.AgentType, f.AgentVersion))
	}
	if string(f.AgentType) != "endpoint" && string(f.EventModule) != "endpoint" {
		return dst
	}
	if string(f.EventKind) == "alert" {
		return append(dst, "logs-endpoint.alerts-default")
	}
	return f.fromDataset(dst)
}

func (f *Facts) fromEndgame(dst []string) []string {
	if f.Endgame || string(f.EventModule) == "endgame" || string(f.EventDataset) == "esensor" {
		return append(dst, "endgame-0")
	}
	return dst
}

// fromModule recognises what auditbeat and the Windows event log look like where the
// agent was lost.
func (f *Facts) fromModule(dst []string) []string {
	if len(f.AgentType) == 0 && f.auditbeatModule() {
		return append(dst, "auditbeat-0")
	}
	switch channel := f.WinlogChannel; {
	case len(channel) == 0:
		return dst
	case bytes.EqualFold(channel, []byte("Security")):
		return append(dst, "winlogbeat-0", "logs-system.security-default")
	case bytes.EqualFold(channel, []byte("Microsoft-Windows-Sysmon/Operational")):
		return append(dst, "winlogbeat-0", "logs-windows.sysmon_operational-default")
	default:
		return append(dst, "logs-windows.forwarded-default")
	}
}

func (f *Facts) auditbeatModule() bool {
	switch string(f.EventModule) {
	case "auditd", "file_integrity":
		return true
	case "system":
		switch string(f.EventDataset) {
		case "process", "host", "login", "package", "socket", "user":
			return true
		}
	}
	return false
}

func (f *Facts) fromDataset(dst []string) []string {
	if len(f.EventDataset) == 0 {
		return dst
	}
	return append(dst, "logs-"+string(f.EventDataset)+"-default")
}

// versioned names a Beat's index; any version does where none is known, since
// patterns end in a star.
func versioned(beat, version []byte) string {
	if len(version) == 0 {
		return string(beat) + "-0"
	}
	return string(beat) + "-" + string(version)
}

// appendIndex appends an index name of the evidence as patterns see it, if any of it
// is left.
func appendIndex(dst []string, name []byte) []string {
	if name = undecorated(name); len(name) > 0 {
		dst = append(dst, string(name))
	}
	return dst
}

// undecorated strips what a name carries that its data stream or alias does not:
// the remote cluster, the prefixes of mounted and shrunken indices, and the
// decoration of backing indices.
//
//	eu:.ds-logs-endpoint.events.process-default-2026.03.01-000007 -> logs-endpoint.events.process-default
//	.internal.alerts-security.alerts-default-000001 -> .alerts-security.alerts-default
func undecorated(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	for again := true; again; {
		name, again = withoutPrefix(name)
	}
	if rest, ok := bytes.CutPrefix(name, []byte(".ds-")); ok {
		return withoutDate(withoutGeneration(rest))
	}
	if rest, ok := bytes.CutPrefix(name, []byte(".internal")); ok && len(rest) > 0 && rest[0] == '.' {
		return withoutGeneration(rest)
	}
	return name
}

// withoutPrefix strips one prefix of a searchable snapshot, a restored or a shrunken
// index (shrink-<random>-).
func withoutPrefix(name []byte) ([]byte, bool) {
	for _, p := range [...]string{"partial-", "restored-"} {
		if rest, ok := bytes.CutPrefix(name, []byte(p)); ok {
			return rest, true
		}
	}
	if rest, ok := bytes.CutPrefix(name, []byte("shrink-")); ok {
		if i := bytes.IndexByte(rest, '-'); i > 0 {
			return rest[i+1:], true
		}
	}
	return name, false
}

// withoutGeneration strips a generation, -000007, of six or more digits.
func withoutGeneration(name []byte) []byte {
	i := bytes.LastIndexByte(name, '-')
	if i < 0 || len(name)-i-1 < 6 || !looksLike(name[i+1:], "") {
		return name
	}
	return name[:i]
}

// withoutDate strips the day, -2026.03.01, of a backing index.
func withoutDate(name []byte) []byte {
	const day = "-0000.00.00"
	i := len(name) - len(day)
	if i < 0 || !looksLike(name[i:], day) {
		return name
	}
	return name[:i]
}

// looksLike reports whether b has digits where shape has them and shape's other
// bytes where it does not. An empty shape stands for digits only.
func looksLike(b []byte, shape string) bool {
	for i, c := range b {
		digit := c >= '0' && c <= '9'
		if shape == "" || shape[i] == '0' {
			if !digit {
				return false
			}
		} else if c != shape[i] {
			return false
		}
	}
	return true
}
