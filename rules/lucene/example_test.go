package lucene_test

import (
	"fmt"

	"coldcase/rules/lucene"
	"coldcase/rules/source"
)

func ExampleParse() {
	x, err := lucene.Parse(source.Text{Body: `event.action:exec AND process.name:(nc OR ncat*) AND NOT user.name:"root"`})
	fmt.Println(x, err)

	_, err = lucene.Parse(source.Text{Path: "a.toml", Line: 20, Col: 10, Body: "user.name:admin~1"})
	fmt.Println(err)
	// Output:
	// (event.action =[any] ("exec") and (process.name =[any] ("nc") or process.name like[any] ("ncat*")) and not user.name =[phrase] ("root")) <nil>
	// a.toml:20:25: found "~"
	// user.name:admin~1
	//                ^
}
