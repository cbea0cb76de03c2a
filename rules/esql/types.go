package esql

import "coldcase/rules/schema"

// Type is the type of a column or an expression.
type Type uint8

// The types. Dynamic is a field of the document that no schema knows: each value has
// the type of its JSON, and every check waits until then.
const (
	Dynamic Type = iota
	Null         // nothing but null
	Boolean
	Integer // 32 bits
	Long    // 64 bits
	UnsignedLong
	Double
	Keyword
	Text // reads as Keyword; only MATCH and KQL see that it is analysed
	Date // milliseconds since 1970, UTC
	IP
	Version
	GeoPoint
	Period   // DATE_PERIOD: days and months, of the calendar
	Duration // TIME_DURATION
	numTypes
)

// String returns Elasticsearch's name of the type.
func (t Type) String() string {
	return [numTypes]string{"dynamic", "null", "boolean", "integer", "long", "unsigned_long", "double",
		"keyword", "text", "date", "ip", "version", "geo_point", "date_period", "time_duration"}[t]
}

// types is a set of types.
type types uint32

func setOf(list ...Type) types {
	var s types
	for _, t := range list {
		s |= 1 << t
	}
	return s
}

// has reports whether an operand of type t will do where s is wanted. Null and Dynamic
// always will.
func (s types) has(t Type) bool { return t == Null || t == Dynamic || s>>t&1 == 1 }

var (
	texts     = setOf(Keyword, Text)
	integers  = setOf(Integer, Long)
	numbers   = integers | setOf(UnsignedLong, Double)
	spans     = setOf(Period, Duration)
	orderable = texts | numbers | setOf(Boolean, Date, IP, Version)
	storable  = orderable | setOf(GeoPoint) // what a column may hold
)

// String names the set for error messages.
func (s types) String() string {
	switch s {
	case numbers:
		return "a number"
	case integers:
		return "a whole number"
	case texts:
		return "a string"
	case spans:
		return "a time span"
	}
	for t := Boolean; t < numTypes; t++ {
		if s == setOf(t) {
			return "a value of type " + t.String()
		}
	}
	return "another type"
}

// Common returns the type that values of both types widen to, as arithmetic,
// comparisons, IN, CASE and COALESCE do: integer < long < double, text as keyword, null
// as anything; unsigned_long only with itself. ok is false when there is none.
func Common(a, b Type) (t Type, ok bool) {
	if a == Text {
		a = Keyword
	}
	if b == Text {
		b = Keyword
	}
	switch {
	case a == b, b == Null:
		return a, true
	case a == Null:
		return b, true
	case a == Dynamic || b == Dynamic:
		return Dynamic, true
	case a == UnsignedLong || b == UnsignedLong:
		return 0, false
	case numbers.has(a) && numbers.has(b):
		return max(a, b), true
	}
	return 0, false
}

// Mapping says what FROM yields.
type Mapping struct {
	// Type returns the type of a field of the documents: Dynamic when it is not known,
	// Null when there is no such field.
	Type func(name string) Type
	// Plain reports whether the values of a keyword are those of the document as they
	// stand there: no normalizer, no value for null. A nil Plain says no.
	Plain func(name string) bool
	// Names lists the fields, all of them, when they are known: a table then shows
	// them. nil stands for whatever the documents have.
	Names []string
}

// FromSchema returns the mapping of a schema: its types, and any name. The schema knows
// no 32-bit numbers: integer fields are Long.
func FromSchema(s *schema.Schema) Mapping {
	return Mapping{
		Type: func(name string) Type {
			f := s.Lookup(name)
			if f.Nested != "" {
				return Null // ES|QL cannot see below nested objects
			}
			return fieldTypes[f.Type]
		},
		Plain: func(name string) bool {
			f := s.Lookup(name)
			return f.Known && f.Nested == "" && !f.Lower && !f.HasNullValue && !f.HasConstant && fieldTypes[f.Type] == Keyword
		},
	}
}

// field returns the column of a field of the documents.
func (m Mapping) field(name string) Column {
	return Column{Name: name, Type: m.Type(name), Field: name, plain: m.Plain != nil && m.Plain(name)}
}

// fieldTypes maps the types of fields to those of columns. Objects and flattened fields
// are no columns in ES|QL: their values are left to the executor.
var fieldTypes = map[schema.Type]Type{
	schema.Keyword:         Keyword,
	schema.Wildcard:        Keyword,
	schema.ConstantKeyword: Keyword,
	schema.Text:            Text,
	schema.Long:            Long,
	schema.Double:          Double,
	schema.IP:              IP,
	schema.Boolean:         Boolean,
	schema.Date:            Date,
	schema.Version:         Version,
}

// metadata lists the columns of FROM ... METADATA.
var metadata = map[string]Type{
	"_id": Keyword, "_index": Keyword, "_version": Long, "_source": Keyword, "_ignored": Keyword,
	"_index_mode": Keyword, "_score": Double, "_tier": Keyword,
}
