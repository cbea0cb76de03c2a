package load

import (
	"regexp"
	"strings"

	"coldcase/rules"
)

// threatList reads the ATT&CK list of a page. The list is flat: a technique belongs to
// the tactic above it and a sub-technique to the technique above it, and only the
// order shows that.
type threatList struct {
	framework string
	entries   []threatEntry
}

// threatEntry is one "Tactic:", "Technique:" or "Sub-technique:" with its facts.
type threatEntry struct{ framework, kind, id, name, url string }

// threatHeading returns the kind of entry that an item opens, "" for none.
func threatHeading(item string) string {
	switch strings.ToLower(strings.TrimSpace(strings.TrimSuffix(item, ":"))) {
	case "tactic":
		return "tactic"
	case "technique":
		return "technique"
	case "sub-technique", "subtechnique":
		return "sub-technique"
	}
	return ""
}

// trademark is the sign behind MITRE's name, as the formats write it.
var trademark = regexp.MustCompile(`(?:\^?TM\^?|™|®)$`)

// add reads one line of the list.
func (t *threatList) add(line string) {
	if l, ok := label(line); ok && l.name == "framework" {
		t.framework = frameworkName(trademark.ReplaceAllString(l.rest, ""))
		return
	}
	item := bullet(line)
	if kind := threatHeading(item); kind != "" {
		t.entries = append(t.entries, threatEntry{framework: t.framework, kind: kind})
		return
	}
	key, fact, ok := strings.Cut(item, ":")
	if !ok || len(t.entries) == 0 {
		return
	}
	e := &t.entries[len(t.entries)-1]
	switch fact = strings.TrimSpace(fact); strings.ToLower(strings.TrimSpace(key)) {
	case "name":
		e.name = unescape(fact)
	case "id":
		e.id = fact
	case "reference url":
		e.url = plainItem(fact)
	}
}

// addressID is the id in the address of an ATT&CK page.
var addressID = regexp.MustCompile(`/(?:tactics|techniques)/(TA?\d+)(?:/(\d+))?`)

// key returns the id of an entry, taken from its address where it does not say.
func (e threatEntry) key() string {
	m := addressID.FindStringSubmatch(e.url)
	switch {
	case e.id != "" || m == nil:
		return e.id
	case m[2] != "":
		return m[1] + "." + m[2]
	}
	return m[1]
}

// tactics builds the mapping from the order of the entries.
func (t *threatList) tactics(log *notes) []rules.Tactic {
	var out []rules.Tactic
	for _, e := range t.entries {
		switch {
		case e.kind == "tactic":
			out = append(out, resolveTactic(e.framework, e.key(), e.name, log))
		case len(out) == 0:
			log.warn("the %s %q stands above all tactics", e.kind, e.key())
		default:
			tactic := &out[len(out)-1]
			technique := resolveTechnique(e.framework, e.key(), e.name, log)
			if e.kind == "technique" {
				tactic.Techniques = append(tactic.Techniques, technique)
				continue
			}
			if n := len(tactic.Techniques); n > 0 {
				above := &tactic.Techniques[n-1]
				above.Subtechniques = append(above.Subtechniques, technique)
				continue
			}
			log.warn("the sub-technique %q stands above all techniques", e.key())
			tactic.Techniques = append(tactic.Techniques, technique)
		}
	}
	return out
}
