package report

import (
	"bufio"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"coldcase/rules"
	"coldcase/rules/attack"
	"coldcase/scanner"
)

// STIX writes a STIX 2.1 bundle (OASIS, docs.oasis-open.org/cti/stix/v2.1): for each
// group a sighting of the attack patterns that its rule maps to, on the identity of
// its host, created by the identity of this program.
//
// A rule without a technique is sighted as an attack pattern of its own, named after
// it: its query is no STIX pattern, and an indicator that no consumer can evaluate
// would say less. Every id is a version 5 UUID of what the object says, so that a
// second run over the same evidence makes the same objects.
func STIX(w io.Writer, res *scanner.Result, opt Options) error {
	b := &stixBuilder{seen: map[string]bool{}}
	b.tool = b.identity("tool", res.Tool.Name, "offline scanner of archived events")
	for i := range res.Groups {
		b.group(&res.Groups[i])
	}
	bundle := stixBundle{Type: "bundle", Objects: b.objects}
	var ids []string
	for _, o := range b.objects {
		ids = append(ids, o.ID)
	}
	bundle.ID = stixID("bundle", ids...)
	bw := bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(bw)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(bundle); err != nil {
		return err
	}
	return bw.Flush()
}

type stixBundle struct {
	Type    string       `json:"type"`
	ID      string       `json:"id"`
	Objects []stixObject `json:"objects"`
}

// stixObject has the properties of all objects that are written; those that an object
// does not have are left out, as the specification asks.
type stixObject struct {
	Type          string          `json:"type"`
	SpecVersion   string          `json:"spec_version"`
	ID            string          `json:"id"`
	CreatedBy     string          `json:"created_by_ref,omitempty"`
	Created       string          `json:"created"`
	Modified      string          `json:"modified"`
	Name          string          `json:"name,omitempty"`
	Description   string          `json:"description,omitempty"`
	IdentityClass string          `json:"identity_class,omitempty"`
	KillChain     []stixPhase     `json:"kill_chain_phases,omitempty"`
	Labels        []string        `json:"labels,omitempty"`
	External      []stixReference `json:"external_references,omitempty"`
	FirstSeen     string          `json:"first_seen,omitempty"`
	LastSeen      string          `json:"last_seen,omitempty"`
	Count         int64           `json:"count,omitempty"`
	SightingOf    string          `json:"sighting_of_ref,omitempty"`
	WhereSighted  []string        `json:"where_sighted_refs,omitempty"`
}

type stixPhase struct {
	Chain string `json:"kill_chain_name"`
	Phase string `json:"phase_name"`
}

type stixReference struct {
	Source string `json:"source_name"`
	ID     string `json:"external_id,omitempty"`
	URL    string `json:"url,omitempty"`
}

// stixEpoch stands as the time of making of objects that say nothing of time. It is a
// constant: with the clock, each run would make new versions of them.
const stixEpoch = "2020-01-01T00:00:00.000Z"

const stixMaxCount = 999_999_999 // of a sighting, by the specification

type stixBuilder struct {
	objects []stixObject
	seen    map[string]bool // ids
	tool    string
}

func (b *stixBuilder) add(o stixObject) string {
	o.SpecVersion = "2.1"
	if o.Created == "" {
		o.Created, o.Modified = stixEpoch, stixEpoch
	}
	if !b.seen[o.ID] {
		b.seen[o.ID] = true
		b.objects = append(b.objects, o)
	}
	return o.ID
}

// identity is the program, or a host, which the specification calls a system.
func (b *stixBuilder) identity(kind, name, description string) string {
	return b.add(stixObject{Type: "identity", ID: stixID("identity", kind, name), CreatedBy: b.tool,
		Name: stixName(name), IdentityClass: "system", Description: description})
}

func (b *stixBuilder) group(g *scanner.Group) {
	r := g.Rule
	if r == nil {
		r = noRule
	}
	var where []string
	if g.Host != "" {
		where = []string{b.identity("host", g.Host, "host in the evidence")}
	}
	for _, p := range stixPatterns(r) {
		p.CreatedBy = b.tool
		b.sighting(g, r, b.add(p), where)
	}
}

// sighting is created when the group was last seen: the time of the run is not told.
func (b *stixBuilder) sighting(g *scanner.Group, r *rules.Rule, of string, where []string) {
	o := stixObject{Type: "sighting", CreatedBy: b.tool, Count: min(g.Count, stixMaxCount),
		SightingOf: of, WhereSighted: where, Labels: stixLabels(g),
		Description: Safe(clipped(fmt.Sprintf("%s: %s", r.Name, dash(g.Sample)), maxSentence)),
		External:    []stixReference{{Source: "detection rule", ID: dash(Safe(r.ID))}}}
	if !g.First.IsZero() {
		last := g.Last
		if last.Before(g.First) {
			last = g.First
		}
		o.FirstSeen, o.LastSeen = stamp(g.First), stamp(last)
		o.Created = last.UTC().Format("2006-01-02T15:04:05.000Z") // three digits, says section 3.2
		o.Modified = o.Created
	}
	o.ID = stixID("sighting", r.ID, strconv.Itoa(r.Version), r.File, g.Host, g.User, of,
		o.FirstSeen, o.LastSeen, strconv.FormatInt(g.Count, 10))
	b.add(o)
}

func stixLabels(g *scanner.Group) []string {
	labels := []string{"severity: " + dash(Safe(g.Severity)), "score: " + score(g.Score)}
	if g.User != "" {
		labels = append(labels, "user: "+Safe(clipped(g.User, maxSentence)))
	}
	return labels
}

// stixPatterns returns the attack patterns of a rule: its most specific techniques, or
// the rule itself.
func stixPatterns(r *rules.Rule) []stixObject {
	var out []stixObject
	for _, tac := range r.Threat {
		for _, tech := range tac.Techniques {
			leaves := tech.Subtechniques
			if len(leaves) == 0 {
				leaves = []rules.Technique{tech}
			}
			for _, t := range leaves {
				out = append(out, stixTechnique(t))
			}
		}
	}
	if len(out) == 0 {
		out = append(out, stixObject{Type: "attack-pattern", ID: stixID("attack-pattern", "rule", r.ID, r.Name),
			Name: stixName(r.Name), External: []stixReference{{Source: "detection rule", ID: dash(Safe(r.ID))}}})
	}
	return out
}

// stixTechnique depends on the technique alone, so that rules and runs share it.
func stixTechnique(t rules.Technique) stixObject {
	ref := stixReference{Source: "mitre-attack", ID: dash(Safe(t.ID))}
	if techniqueID.MatchString(t.ID) {
		ref.URL = "https://attack.mitre.org/techniques/" + strings.ReplaceAll(t.ID, ".", "/")
	}
	o := stixObject{Type: "attack-pattern", ID: stixID("attack-pattern", "technique", t.ID, t.Name),
		Name: stixName(t.Name), External: []stixReference{ref}}
	if known, ok := attack.TechniqueByID(t.ID); ok {
		for _, id := range known.Tactics {
			if tac, ok := attack.TacticByID(id); ok {
				o.KillChain = append(o.KillChain, stixPhase{"mitre-attack", tac.ShortName})
			}
		}
	}
	return o
}

// stixName is never empty: the specification requires a name.
func stixName(s string) string { return dash(Safe(clipped(s, maxSentence))) }

// stixSpace is the namespace of our ids, itself the version 5 UUID of "coldcase/stix"
// in the nil namespace (RFC 9562). The namespace of the specification is for
// cyber-observable objects, of which there are none.
var stixSpace = uuid5([16]byte{}, "coldcase/stix")

// stixID makes the id of an object from what tells it from others of its type.
func stixID(kind string, parts ...string) string {
	var b strings.Builder
	for _, p := range append([]string{kind}, parts...) {
		b.WriteString(strconv.Itoa(len(p)) + ":" + p)
	}
	id := uuid5(stixSpace, b.String())
	h := hex.EncodeToString(id[:])
	return kind + "--" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func uuid5(space [16]byte, name string) (id [16]byte) {
	sum := sha1.Sum(append(space[:], name...))
	copy(id[:], sum[:])
	id[6] = id[6]&0x0f | 0x50
	id[8] = id[8]&0x3f | 0x80
	return id
}
