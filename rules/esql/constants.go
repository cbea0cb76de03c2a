package esql

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// constantCheck reads the string arguments of a function that say how it works, where the
// query writes them: one that cannot be run would make every value null, and nobody would see
// why. In Elasticsearch it is an error of the query too.
type constantCheck struct {
	first, last int // arguments; last may be beyond those there are
	// least is the number of arguments from which on the first is what is read.
	least int
	read  func(s string) error
}

var constantChecks = map[string]constantCheck{
	"REPLACE":      {1, 1, 3, func(s string) error { _, err := JavaRegexp(s); return err }},
	"DATE_DIFF":    {0, 0, 3, knownBy("unit of time", DateDiffUnit)},
	"DATE_EXTRACT": {0, 0, 2, knownBy("part of a date", DatePart)},
	"DATE_FORMAT":  {0, 0, 2, func(s string) error { _, err := CompileDateFormat(s); return err }},
	"DATE_PARSE":   {0, 0, 2, func(s string) error { _, err := CompileDateFormat(s); return err }},
	"HASH":         {0, 0, 2, knownBy("algorithm", HashAlgorithm)},
	"SPLIT":        {1, 1, 2, oneByte},
	"CIDR_MATCH":   {1, maxArith, 2, network},
}

func (c *checker) constants(x *Call) error {
	check, ok := constantChecks[x.Func.Name]
	if !ok || len(x.Args) < check.least {
		return nil
	}
	for _, a := range x.Args[check.first:min(check.last+1, len(x.Args))] {
		s, ok := constantText(a)
		if !ok {
			continue
		}
		err := check.read(s)
		if bad, ok := err.(*regexpUnsupported); ok {
			return unsupported(c.src, a.Span(), bad.construct)
		}
		if err != nil {
			return c.errorf(a.Span(), "%s: %s", x.Func.Name, err.Error())
		}
	}
	return nil
}

// knownBy makes a check of a table.
func knownBy(what string, lookup func(string) (string, bool)) func(string) error {
	return func(s string) error {
		if _, ok := lookup(s); ok {
			return nil
		}
		return fmt.Errorf("unknown %s %s", what, quote(s))
	}
}

func oneByte(s string) error {
	if len(s) != 1 {
		return errors.New("the delimiter must be one byte")
	}
	return nil
}

func network(s string) error {
	if !isAddress(s) {
		return fmt.Errorf("expected a block or an address, found %s", quote(s))
	}
	return nil
}

// diffUnits are the units of DATE_DIFF, by all their names (F:date-time).
var diffUnits = namesOf(map[string]string{
	"year": "years yyyy yy", "quarter": "quarters qq q", "month": "months mm m",
	"day": "days dd d dayofyear dy y weekday weekdays dw", "week": "weeks wk ww", "hour": "hours hh",
	"minute": "minutes mi n", "second": "seconds ss s", "millisecond": "milliseconds ms",
	"microsecond": "microseconds mcs", "nanosecond": "nanoseconds ns",
})

// algorithms are the digests of HASH, by their names in Java.
var algorithms = namesOf(map[string]string{
	"md5": "", "sha-1": "sha sha1", "sha-224": "sha224", "sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512",
	"sha-512/224": "sha512/224", "sha-512/256": "sha512/256",
	"sha3-224": "", "sha3-256": "", "sha3-384": "", "sha3-512": "",
})

// dateParts are the names of java.time's ChronoField.
var dateParts = func() map[string]string {
	m := map[string]string{}
	for name := range strings.FieldsSeq(`era year year_of_era proleptic_month month_of_year epoch_day day_of_month
		day_of_year day_of_week aligned_week_of_month aligned_week_of_year aligned_day_of_week_in_month
		aligned_day_of_week_in_year ampm_of_day hour_of_day hour_of_ampm clock_hour_of_day clock_hour_of_ampm
		minute_of_hour minute_of_day second_of_minute second_of_day milli_of_second milli_of_day micro_of_second
		micro_of_day nano_of_second nano_of_day instant_seconds offset_seconds`) {
		m[name] = name
	}
	return m
}()

// namesOf turns a table of other names around.
func namesOf(table map[string]string) map[string]string {
	m := map[string]string{}
	for name, others := range table {
		m[name] = name
		for other := range strings.FieldsSeq(others) {
			m[other] = name
		}
	}
	return m
}

// DateDiffUnit returns the first name of a unit of DATE_DIFF, given by any of its names, in
// any case.
func DateDiffUnit(name string) (unit string, ok bool) { return canonical(diffUnits, name) }

// DatePart returns the name of a part of a date, as DATE_EXTRACT takes it in any case.
func DatePart(name string) (part string, ok bool) { return canonical(dateParts, name) }

// HashAlgorithm returns the first name of an algorithm of HASH, given by any of its names, in
// any case.
func HashAlgorithm(name string) (algorithm string, ok bool) { return canonical(algorithms, name) }

func canonical(names map[string]string, name string) (string, bool) {
	first, ok := names[strings.ToLower(name)]
	return first, ok
}

// ConstantNames returns the first names that DateDiffUnit, DatePart and HashAlgorithm return,
// sorted.
func ConstantNames() (units, parts, hashes []string) {
	first := func(names map[string]string) []string {
		return slices.Compact(slices.Sorted(maps.Values(names)))
	}
	return first(diffUnits), first(dateParts), first(algorithms)
}
