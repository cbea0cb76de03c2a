package schema_test

import (
	"fmt"

	"coldcase/rules/schema"
)

func ExampleSchema_Lookup() {
	f := schema.Builtin().Lookup("process.name.caseless")
	fmt.Println(f.Path, f.Type == schema.Keyword, f.Lower, f.IgnoreAbove)
	// Output: process.name true true 1024
}

func ExamplePatterns() {
	p := schema.NewPatterns()
	rule := p.Rule([]string{"auditbeat-*", "logs-endpoint.events.*"})

	event := schema.Facts{AgentType: []byte("auditbeat"), AgentVersion: []byte("7.12.0")}
	names, _ := event.Candidates(nil)
	fmt.Println(names, p.Match(names...).Has(rule))
	// Output: [auditbeat-7.12.0] true
}
