package esql

import (
	"testing"

	"coldcase/rules/schema"
	"coldcase/rules/source"
)

// typeOf returns the type of the last column of a query.
func typeOf(t *testing.T, text string) (Type, error) {
	t.Helper()
	q, err := Parse(source.Text{Path: "test", Body: text}, FromSchema(schema.Builtin()))
	if err != nil {
		return 0, err
	}
	fields := q.Commands[len(q.Commands)-1].(*Eval).Fields
	return fields[len(fields)-1].X.Type(), nil
}

// A field that nothing knows beside a span is a date that no event has. A null that the
// query itself writes is a span there, as in Elasticsearch, and no column holds one.
func TestUnmappedFieldAndSpan(t *testing.T) {
	f := func(x string, want Type) {
		t.Helper()
		got, err := typeOf(t, "FROM a | EVAL x = "+x)
		if err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", x, got, err, want)
		}
	}
	f("no.such + 1 day", Date)
	f("no.such - 1 day", Date)
	f("1 day + no.such", Date)
	f("no.such + 2 hours", Date)
	f("no.such + 1 day - 2 hours", Date)
	f("dll.pe.sections.name - 1 day", Date) // below a nested object: out of sight
	f("@timestamp + 1 day", Date)
	f(`"2024-05-01" + 1 day`, Date) // a string beside a span is a date
	f(`1 month + "2024-05-01"`, Date)
	f("no.such + 1", Dynamic)
	f("no.such + no.other", Dynamic)
	f("DATE_DIFF(\"hours\", no.such + 1 day, @timestamp)", Integer)
	f("DATE_TRUNC(1 hour, no.such - 1 day)", Date)
	f("COALESCE(no.such + 1 day, @timestamp)", Date)
	f("CASE(no.such + 1 day > @timestamp, 1, 2)", Integer)
	for _, x := range []string{"1 day - no.such", "null + 1 day", "1 day + null", "1 day + 2 days", "no.such * 1 day", "1 day - @timestamp",
		`"tomorrow" + 1 day`, "process.name + 1 day"} {
		if got, err := typeOf(t, "FROM a | EVAL x = "+x); err == nil {
			t.Errorf("%s is a %v", x, got)
		}
	}
	for _, x := range []string{"no.such + 1 day > @timestamp", `no.such + 1 day >= "2024-01-01"`, "no.such + 1 day == no.other - 1 hour",
		"no.such + 1 day < NOW()", `no.such + 1 day IN ("2024-01-01", "2024-01-02")`, "no.such + 1 day IS NOT NULL"} {
		if _, err := typeOf(t, "FROM a | WHERE "+x+" | EVAL x = 1"); err != nil {
			t.Errorf("%s: %v", x, err)
		}
	}
	for _, x := range []string{"no.such + 1 day > 5", `no.such + 1 day == "tomorrow"`, "no.such + 1 day == process.name"} {
		if _, err := typeOf(t, "FROM a | WHERE "+x+" | EVAL x = 1"); err == nil {
			t.Errorf("%s: no error", x)
		}
	}
}
