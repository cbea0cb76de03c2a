package load

import (
	"strings"

	"coldcase/rules"
	"coldcase/rules/attack"
)

// mitreATTACK is the framework's name without its trademark sign, which the formats
// write in many ways.
const mitreATTACK = "MITRE ATT&CK"

// threatOf reads the ATT&CK mapping. Tactics keep the order of the source.
func threatOf(o object) []rules.Tactic {
	var out []rules.Tactic
	for _, t := range o.objects("threat") {
		framework := frameworkName(t.str("framework"))
		tactic := rules.Tactic{Framework: framework}
		if in, ok := t.object("tactic"); ok {
			tactic = resolveTactic(framework, in.str("id"), in.str("name"), o.log)
			in.ignore("reference")
			in.finish()
		}
		tactic.Techniques = techniquesOf(t, "technique", framework)
		t.finish()
		out = append(out, tactic)
	}
	return out
}

// techniquesOf reads techniques with their sub-techniques: two levels and no more.
func techniquesOf(o object, key, framework string) []rules.Technique {
	var out []rules.Technique
	for _, t := range o.objects(key) {
		technique := resolveTechnique(framework, t.str("id"), t.str("name"), o.log)
		t.ignore("reference")
		if key == "technique" {
			technique.Subtechniques = techniquesOf(t, "subtechnique", framework)
		}
		t.finish()
		out = append(out, technique)
	}
	return out
}

func frameworkName(s string) string {
	s = strings.ReplaceAll(s, "&amp;", "&")
	if strings.HasPrefix(strings.ToUpper(strings.TrimSpace(s)), mitreATTACK) || s == "" {
		return mitreATTACK
	}
	return strings.TrimSpace(s)
}

// resolveTactic fills in name and place from the catalogue. What the catalogue does
// not know stays as the source states it.
func resolveTactic(framework, id, name string, log *notes) rules.Tactic {
	out := rules.Tactic{Framework: framework, ID: id, Name: name}
	if framework != mitreATTACK {
		return out
	}
	known, ok := attack.TacticByID(id)
	if !ok && id == "" {
		known, ok = attack.TacticByName(name)
	}
	if !ok {
		log.warn("ATT&CK %s has no tactic %q", attack.Version, strings.TrimSpace(id+" "+name))
		return out
	}
	out.ID, out.Name, out.Order = known.ID, known.Name, known.Order
	return out
}

// resolveTechnique fills in the name from the catalogue and follows revocations.
func resolveTechnique(framework, id, name string, log *notes) rules.Technique {
	out := rules.Technique{ID: id, Name: name}
	if framework != mitreATTACK {
		return out
	}
	known, ok := attack.TechniqueByID(id)
	if !ok {
		log.warn("ATT&CK %s has no technique %q", attack.Version, strings.TrimSpace(id+" "+name))
		return out
	}
	if known.Was != "" {
		log.warn("ATT&CK %s has revoked %s in favour of %s %s", attack.Version, id, known.ID, known.Name)
	}
	return rules.Technique{ID: known.ID, Name: known.Name, Was: known.Was}
}
