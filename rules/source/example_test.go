package source_test

import (
	"fmt"

	"coldcase/rules/source"
)

// A query that begins on line 12 of a TOML file, after `query = '`.
func ExampleText_Errorf() {
	text := source.Text{Path: "rules/a.toml", Body: "process.name:(cmd.exe", Line: 12, Col: 10}
	end := len(text.Body)
	fmt.Println(text.Errorf(source.Span{Start: end, End: end}, "found end of query, expected %q", ")"))
	// Output:
	// rules/a.toml:12:31: found end of query, expected ")"
	// process.name:(cmd.exe
	//                      ^
}
