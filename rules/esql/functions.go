package esql

import (
	"fmt"
	"strings"
)

// Function is the signature of a function.
type Function struct {
	// Name is the canonical name, upper case.
	Name string
	// Aggregate functions read a group of rows and stand in STATS only.
	Aggregate bool
	// Lists is set when an argument with several values is meant; otherwise one makes the
	// result null. Of a function with Each set a list makes a list, value by value.
	Lists, Each bool
	// Strict functions are null when one argument is.
	Strict bool

	// params are the types of the arguments; the last optional ones may be missing. With
	// variadic set the last one repeats.
	params   []types
	optional int
	variadic bool
	// constant marks, by bits, arguments that must be constant.
	constant uint
	result   func(args []Type) (Type, bool)
}

// least is the smallest number of arguments.
func (f *Function) least() int { return len(f.params) - f.optional }

func (f *Function) param(i int) types { return f.params[min(i, len(f.params)-1)] }

// arity says how many arguments the function takes, for messages.
func (f *Function) arity() string {
	n, m := f.least(), len(f.params)
	switch {
	case f.variadic:
		return fmt.Sprintf("%d arguments or more", n)
	case n != m:
		return fmt.Sprintf("%d to %d arguments", n, m)
	case n == 1:
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", n)
}

// Functions returns the functions that can be called, in a fixed order. The slice is the
// caller's.
func Functions() []*Function {
	out := make([]*Function, len(functions))
	for i := range functions {
		out[i] = &functions[i]
	}
	return out
}

// aliases are other names of functions.
var aliases = map[string]string{
	"TO_STR": "TO_STRING", "TO_INT": "TO_INTEGER", "TO_DBL": "TO_DOUBLE", "TO_BOOL": "TO_BOOLEAN",
	"TO_DT": "TO_DATETIME", "TO_VER": "TO_VERSION", "TO_ULONG": "TO_UNSIGNED_LONG",
	"TO_UL": "TO_UNSIGNED_LONG", "BIN": "BUCKET", "TBUCKET": "BUCKET", "FIRST_VALUE": "FIRST", "LAST_VALUE": "LAST",
	"EARLIEST": "FIRST", "LATEST": "LAST", "STDDEV": "STD_DEV",
}

var byName = func() map[string]*Function {
	m := map[string]*Function{}
	for i := range functions {
		m[functions[i].Name] = &functions[i]
	}
	for alias, name := range aliases {
		m[alias] = m[name]
	}
	return m
}()

// lookup finds a function by its name, in any case.
func lookup(name string) (*Function, bool) {
	f, ok := byName[strings.ToUpper(name)]
	return f, ok
}

// casts maps the types behind "::" to the functions that they stand for.
var casts = map[string]string{
	"bool": "TO_BOOLEAN", "boolean": "TO_BOOLEAN", "int": "TO_INTEGER", "integer": "TO_INTEGER",
	"long": "TO_LONG", "double": "TO_DOUBLE", "string": "TO_STRING", "keyword": "TO_STRING",
	"text": "TO_STRING", "ip": "TO_IP", "date": "TO_DATETIME", "datetime": "TO_DATETIME",
	"version": "TO_VERSION", "unsigned_long": "TO_UNSIGNED_LONG", "ul": "TO_UNSIGNED_LONG",
	"geo_point": "TO_GEOPOINT", "date_period": "TO_DATEPERIOD", "time_duration": "TO_TIMEDURATION",
}

func castTo(typeName string) (*Function, bool) {
	return lookup(casts[strings.ToLower(typeName)])
}

// The results of functions.

func always(t Type) func([]Type) (Type, bool) {
	return func([]Type) (Type, bool) { return t, true }
}

// like0 is the type of the first argument; text becomes keyword.
func like0(args []Type) (Type, bool) { return Common(args[0], Null) }

// textOf is a keyword, and nothing of nothing.
func textOf(args []Type) (Type, bool) {
	if args[0] == Null {
		return Null, true
	}
	return Keyword, true
}

// commonOf is what all arguments widen to.
func commonOf(args []Type) (Type, bool) {
	t, ok := Null, true
	for _, a := range args {
		if t, ok = Common(t, a); !ok {
			return t, false
		}
	}
	return t, true
}

// booleanOf is boolean where all arguments widen to one type.
func booleanOf(args []Type) (Type, bool) {
	_, ok := commonOf(args)
	return Boolean, ok
}

// sumOf is the type of a sum: long or double; of nothing but null, null.
func sumOf(args []Type) (Type, bool) {
	switch args[0] {
	case Integer:
		return Long, true
	case UnsignedLong:
		return Double, true
	}
	return args[0], true
}

// caseOf is the type of CASE: what its values, and not its conditions, widen to.
func caseOf(args []Type) (Type, bool) {
	var values []Type
	for i, a := range args {
		if i%2 == 1 || i == len(args)-1 {
			values = append(values, a)
		}
	}
	return commonOf(values)
}

// bucketOf is the type of BUCKET: a date, or a double for numbers. What a field without a
// schema is taken for follows from the buckets.
func bucketOf(args []Type) (Type, bool) {
	byDate := spans>>args[1]&1 == 1 || len(args) == 4 && args[2] == Date
	switch {
	case args[0] == Dynamic && byDate:
		return Date, true
	case args[0] == Dynamic, numbers>>args[0]&1 == 1:
		return Double, true
	}
	return args[0], true
}
