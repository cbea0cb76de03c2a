package report

import "coldcase/rules"

// attackIDs returns what a rule's mapping names, each once, in its order. leaves
// keeps the most specific only: a technique that has sub-techniques is left out.
func attackIDs(r *rules.Rule, leaves bool) []string {
	var out []string
	seen := map[string]bool{}
	add := func(id string) {
		if id != "" && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	for _, tac := range r.Threat {
		for _, tech := range tac.Techniques {
			if !leaves || len(tech.Subtechniques) == 0 {
				add(tech.ID)
			}
			for _, sub := range tech.Subtechniques {
				add(sub.ID)
			}
		}
	}
	if leaves && len(out) == 0 {
		for _, tac := range r.Threat {
			add(tac.ID)
		}
	}
	return out
}

// tacticNames returns the names of a rule's tactics, each once, in its order.
func tacticNames(r *rules.Rule) []string {
	var out []string
	seen := map[string]bool{}
	for _, tac := range r.Threat {
		if tac.Name != "" && !seen[tac.Name] {
			seen[tac.Name] = true
			out = append(out, tac.Name)
		}
	}
	return out
}
