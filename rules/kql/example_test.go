package kql_test

import (
	"fmt"

	"coldcase/rules/kql"
	"coldcase/rules/source"
)

func ExampleParse() {
	x, err := kql.Parse(source.Text{Body: `process.name:(curl or wget) and not user.name:"root"`})
	fmt.Println(x, err)

	_, err = kql.Parse(source.Text{Path: "a.toml", Line: 20, Col: 10, Body: "message:cannot open"})
	fmt.Println(err)
	// Output:
	// (process.name =[any] ("curl", "wget") and not user.name =[phrase] ("root")) <nil>
	// a.toml:20:21: found "not", expected "and", "or" or the end of the query
	// message:cannot open
	//            ^
}
