package schema

import (
	"strings"
	"unicode/utf8"
)

// Maker is who made the mapping of an index. It adds a default to the ignore_above of
// fields for which the built-in schema states none.
type Maker uint8

// The makers. Fleet gives keyword and wildcard fields 1024 (generateMappings in Kibana's
// template.ts), Beats keyword fields alone (beats#30668, since 8.1). Others are not known to
// give any.
const (
	OtherMaker Maker = iota
	Beats
	Fleet
	Makers // how many there are
)

const defaultLimit = 1024

// fleetTypes begin the names of data streams, beatNames those of the indices of Beats.
var (
	fleetTypes = []string{"logs-", "metrics-", "traces-", "synthetics-"}
	beatNames  = []string{"auditbeat-", "filebeat-", "heartbeat-", "metricbeat-", "packetbeat-", "winlogbeat-"}
)

// MakerOf returns the maker of an index by its name, as it stands in the evidence. Where
// none is known the event is taken for one of an integration, as rules that ask for
// _ignored are.
func MakerOf(index string) Maker {
	name := string(undecorated([]byte(index)))
	if name == "" || hasAnyPrefix(name, fleetTypes) {
		return Fleet
	}
	if hasAnyPrefix(name, beatNames) {
		return Beats
	}
	return OtherMaker
}

func hasAnyPrefix(name string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// notIndexed has neither index nor doc_values in ECS: such a field ignores nothing.
const notIndexed = "event.original"

// Limit returns the ignore_above in characters that a field of s has in an index, 0 for
// none. What a mapping states counts as it stands there.
func (s *Schema) Limit(f Field, by Maker) int {
	switch {
	case f.Type != Keyword && f.Type != Wildcard:
		return 0
	case s.stated[f.Name]:
		return f.IgnoreAbove
	case f.Name == notIndexed, by != Fleet && strings.HasSuffix(f.Name, ".caseless"): // only Endpoint has such
		return 0
	case f.IgnoreAbove > 0:
		return f.IgnoreAbove
	case by == Fleet, by == Beats && f.Type == Keyword:
		return defaultLimit
	}
	return 0
}

// Malformable says whether an index may leave out a value of the field because it is not
// of its type: an index that has the document has ignore_malformed. @timestamp is none, for
// a data stream refuses it, and neither is a date that a mapping states: the formats that it
// states are not read.
func (s *Schema) Malformable(f Field) bool {
	switch f.Type {
	case Long, Double, IP, Boolean:
		return true
	case Date:
		return f.Name != "@timestamp" && !s.stated[f.Name]
	}
	return false
}

// MayIgnore says whether _ignored of a document may have the name: that of a field or
// multi-field with a Limit, or that is Malformable. Flattened fields are not among them,
// nor what is below: Elasticsearch drops their long leaves without a word.
func (s *Schema) MayIgnore(name string) bool {
	f, ok := s.fields[name]
	if !ok || f.Name != f.Path && !strings.HasPrefix(f.Name, f.Path+".") { // an alias
		return false
	}
	if _, below := s.belowFlattened(f.Path); below {
		return false
	}
	return s.Malformable(f) || s.Limit(f, Fleet) > 0
}

// TooLong says whether a text has more characters than ignore_above, 0 for no limit. They
// are Java's, as Elasticsearch counts: one beyond the first plane is two.
func TooLong(text []byte, limit int) bool {
	if limit <= 0 || len(text) <= limit {
		return false
	}
	n := 0
	for len(text) > 0 && n <= limit {
		_, size := utf8.DecodeRune(text)
		text = text[size:]
		if n++; size == utf8.UTFMax {
			n++
		}
	}
	return n > limit
}
