package scanner

import (
	"bytes"
	"encoding/json"

	"coldcase/matchers/event"
	"coldcase/rules"
)

// alertMaker renders findings as Kibana's alerts. What a rule says of all its alerts is
// gathered once. It is for one goroutine.
type alertMaker struct {
	threats map[int32]*alertThreat // by rule
}

// alertFields are the fields that an alert has of its rule, by name.
type alertFields struct {
	Kind              string   `json:"event.kind"`
	BuildingBlockType string   `json:"kibana.alert.building_block_type,omitempty"`
	OriginalTime      string   `json:"kibana.alert.original_time,omitempty"`
	RiskScore         int      `json:"kibana.alert.risk_score"`
	BuildingBlock     bool     `json:"kibana.alert.rule.building_block"`
	RuleName          string   `json:"kibana.alert.rule.name"`
	RuleRisk          int      `json:"kibana.alert.rule.risk_score"`
	RuleID            string   `json:"kibana.alert.rule.rule_id"`
	RuleTypeID        string   `json:"kibana.alert.rule.rule_type_id"`
	RuleSeverity      string   `json:"kibana.alert.rule.severity"`
	Tags              []string `json:"kibana.alert.rule.tags"`
	*alertThreat
	RuleType       rules.Kind `json:"kibana.alert.rule.type"`
	RuleUUID       string     `json:"kibana.alert.rule.uuid"`
	Severity       string     `json:"kibana.alert.severity"`
	UUID           string     `json:"kibana.alert.uuid"`
	Status         string     `json:"kibana.alert.workflow_status"`
	SignalName     string     `json:"signal.rule.name"`
	SignalID       string     `json:"signal.rule.rule_id"`
	SignalSeverity string     `json:"signal.rule.severity"`
	SignalType     rules.Kind `json:"signal.rule.type"`
}

// alertThreat is the ATT&CK context of a rule.
type alertThreat struct {
	TacticIDs      []string `json:"kibana.alert.rule.threat.tactic.id"`
	Tactics        []string `json:"kibana.alert.rule.threat.tactic.name"`
	TechniqueIDs   []string `json:"kibana.alert.rule.threat.technique.id"`
	TechniqueNames []string `json:"kibana.alert.rule.threat.technique.name"`
}

// document renders a finding with an id as Kibana's alert: the fields of the rule, and
// those of the source event, or of what all its events share.
func (a *alertMaker) document(x *found, id string) []byte {
	r := x.rule
	doc := alertFields{Kind: "signal", RiskScore: x.risk, BuildingBlock: r.BuildingBlock, RuleName: x.name, RuleRisk: x.risk,
		RuleID: r.ID, RuleTypeID: "siem." + string(r.Type) + "Rule", RuleSeverity: x.severity, Tags: r.Tags, alertThreat: a.threat(x),
		RuleType: r.Type, RuleUUID: r.ID, Severity: x.severity, UUID: id, Status: "open",
		SignalName: x.name, SignalID: r.ID, SignalSeverity: x.severity, SignalType: r.Type}
	if r.BuildingBlock {
		doc.BuildingBlockType = "default"
	}
	if !x.NoTime {
		doc.OriginalTime = event.FormatTime(x.First)
	}
	b, err := json.Marshal(&doc)
	if err != nil {
		panic("BUG: scanner.alertMaker: " + err.Error())
	}
	source := x.Records[0].Event
	if len(x.Records) > 1 || len(source) == 0 {
		source = sharedFields(x)
	}
	return joinObjects(b, source)
}

func (a *alertMaker) threat(x *found) *alertThreat {
	t := a.threats[x.Rule]
	if t != nil {
		return t
	}
	t = &alertThreat{}
	for _, tactic := range x.rule.Threat {
		t.TacticIDs, t.Tactics = append(t.TacticIDs, tactic.ID), append(t.Tactics, tactic.Name)
		for _, q := range tactic.Techniques {
			t.TechniqueIDs, t.TechniqueNames = append(t.TechniqueIDs, q.ID), append(t.TechniqueNames, q.Name)
		}
	}
	if a.threats == nil {
		a.threats = map[int32]*alertThreat{}
	}
	a.threats[x.Rule] = t
	return t
}

// sharedFields is what all events of a finding have in common, as far as records say.
func sharedFields(x *found) []byte {
	doc := map[string]any{}
	if x.host != "" {
		doc["host.name"], doc["host.id"] = x.host, x.hostKey
	}
	if x.user != "" {
		doc["user.id"] = x.user
	}
	if !x.NoTime {
		doc["@timestamp"] = event.FormatTime(x.Last)
	}
	b, err := json.Marshal(doc)
	if err != nil {
		panic("BUG: scanner.sharedFields: " + err.Error())
	}
	return b
}

// joinObjects wraps the members of two objects as a hit of the alerts' index.
func joinObjects(doc, source []byte) []byte {
	const head = `{"_index":"` + alertsIndex + `","_id":"alert","_source":`
	source = bytes.TrimSpace(source)
	out := make([]byte, 0, len(head)+len(doc)+len(source)+2)
	out = append(append(out, head...), doc[:len(doc)-1]...)
	if inner := bytes.TrimSpace(source[1:]); inner[0] != '}' {
		out = append(out, ',')
	}
	return append(append(out, source[1:]...), '}')
}
