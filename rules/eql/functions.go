package eql

import "strings"

// function is one function of the language: its canonical name, its parameters and
// its result. Semantics: query-semantics 3.9 and Elasticsearch's EQL function
// reference.
type function struct {
	name     string
	params   []litKind // the types of the arguments, typeAny for any
	optional int       // how many of params may be left out
	variadic bool      // the last parameter may repeat
	tilde    bool      // name~ is its case-insensitive form
	result   litKind
	op       byte // arithmetic functions are their operator (ReplaceSurrogateFunction)
}

// functions is the list of all functions. Its names are matched without regard to
// case.
var functions = []function{
	{name: "add", params: numbers(2), result: typeNumber, op: '+'},
	{name: "between", params: []litKind{typeString, typeString, typeString, typeBool},
		optional: 1, tilde: true, result: typeString},
	{name: "cidrMatch", params: strs(2), variadic: true, result: typeBool},
	{name: "concat", params: []litKind{typeAny}, variadic: true, result: typeString},
	{name: "divide", params: numbers(2), result: typeNumber, op: '/'},
	{name: "endsWith", params: strs(2), tilde: true, result: typeBool},
	{name: "indexOf", params: []litKind{typeString, typeString, typeNumber},
		optional: 1, tilde: true, result: typeNumber},
	{name: "length", params: strs(1), result: typeNumber},
	{name: "modulo", params: numbers(2), result: typeNumber, op: '%'},
	{name: "multiply", params: numbers(2), result: typeNumber, op: '*'},
	{name: "number", params: []litKind{typeString, typeNumber}, optional: 1, result: typeNumber},
	{name: "startsWith", params: strs(2), tilde: true, result: typeBool},
	{name: "string", params: []litKind{typeAny}, result: typeString},
	{name: "stringContains", params: strs(2), tilde: true, result: typeBool},
	{name: "substring", params: []litKind{typeString, typeNumber, typeNumber},
		optional: 1, result: typeString},
	{name: "subtract", params: numbers(2), result: typeNumber, op: '-'},
}

func strs(n int) []litKind    { return repeat(typeString, n) }
func numbers(n int) []litKind { return repeat(typeNumber, n) }

func repeat(k litKind, n int) []litKind {
	out := make([]litKind, n)
	for i := range out {
		out[i] = k
	}
	return out
}

func lookup(name string) *function {
	for i := range functions {
		if strings.EqualFold(functions[i].name, name) {
			return &functions[i]
		}
	}
	return nil
}

// param returns the type of argument i.
func (f *function) param(i int) litKind { return f.params[min(i, len(f.params)-1)] }

// arity returns the least and the greatest number of arguments, -1 for no limit.
func (f *function) arity() (least, most int) {
	least, most = len(f.params)-f.optional, len(f.params)
	if f.variadic {
		most = -1
	}
	return least, most
}

// String names a type in messages.
func (k litKind) String() string {
	return [...]string{"any type", "null", "boolean", "number", "string"}[k]
}
