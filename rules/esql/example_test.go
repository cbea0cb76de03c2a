package esql_test

import (
	"fmt"

	"coldcase/rules/esql"
	"coldcase/rules/schema"
	"coldcase/rules/source"
)

func ExampleParse() {
	text := source.Text{Body: `from logs-* | where process.name == "curl" and not process.args is null
| stats count(*), Esql.users = values(user.name) by host.name | where ` + "`count(*)`" + ` > 3`}
	q, err := esql.Parse(text, esql.FromSchema(schema.Builtin()))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(q)
	for _, c := range q.Tables[len(q.Tables)-1].Columns {
		fmt.Println(c.Name, c.Type)
	}
	// Output:
	// FROM logs-*
	// | WHERE process.name == "curl" AND NOT process.args IS NULL
	// | STATS `count(*)` = COUNT(*), Esql.users = VALUES(user.name) BY host.name
	// | WHERE `count(*)` > 3
	// count(*) long
	// Esql.users keyword
	// host.name keyword
}

// The index rejects events that the query cannot want.
func ExamplePrefilter() {
	text := source.Text{Body: `FROM logs-* | EVAL n = TO_LOWER(process.name) | WHERE TO_LOWER(process.name) == "cmd.exe" AND LENGTH(n) > 3`}
	q, err := esql.Parse(text, esql.FromSchema(schema.Builtin()))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(esql.Prefilter(q))
	// Output: (process.name like~ ("cmd.exe") and exists process.name) false
}

func ExampleWarnings() {
	text := source.Text{Path: "r.toml", Body: `FROM logs-* | WHERE user.name RLIKE "root$"`}
	q, err := esql.Parse(text, esql.FromSchema(schema.Builtin()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, w := range esql.Warnings(q) {
		fmt.Println(w)
	}
	// Output:
	// r.toml:1:21: RLIKE: '$' is a plain character here
	// FROM logs-* | WHERE user.name RLIKE "root$"
	//                     ^
}
