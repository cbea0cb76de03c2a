package load_test

import (
	"fmt"

	"coldcase/rules/load"
)

// A rule is recognised by what stands in the file; a mistake points into it.
func ExampleRead() {
	good, _ := load.Read("lamp.toml", []byte(`[rule]
name = "Lamp Lit"
rule_id = "lamp"
type = "query"
severity = "low"
risk_score = 21
query = "lamp.state:lit"
`))
	fmt.Println(good[0].Format, good[0].Name, good[0].Program.Event)

	_, bad := load.Read("lamp.json", []byte(`{"name": "Lamp", "type": "eql", "severity": 1, "query": "any where true"}`))
	fmt.Println(bad[0].Err)
	// Output:
	// toml Lamp Lit lamp.state =[any] ("lit")
	// lamp.json:1:45: severity: expected a string, found a number
	// {"name": "Lamp", "type": "eql", "severity": 1, "query": "any where true"}
	//                                             ^
}
