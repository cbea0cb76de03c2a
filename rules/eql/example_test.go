package eql_test

import (
	"fmt"

	"coldcase/rules/eql"
	"coldcase/rules/source"
)

func ExampleParse() {
	p, err := eql.Parse(source.Text{
		Path: "rule.toml", Line: 12, Col: 10,
		Body: `process where process.name : "cmd*" and length(process.command_line) > 50`,
	}, eql.Options{})
	fmt.Println(p.Event, err)

	_, err = eql.Parse(source.Text{Path: "rule.toml", Line: 12, Col: 10, Body: `process where a = 1`}, eql.Options{})
	fmt.Println(err)
	// Output:
	// (event.category = ("process") and process.name like~ ("cmd*") and script{(length(process.command_line) > 50)}) <nil>
	// rule.toml:12:26: "=" is not an operator of EQL: use "==" or ":"
	// process where a = 1
	//                 ^
}
