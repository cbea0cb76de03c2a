package lines

// frameKind is a container that events stand in, and what its members are.
type frameKind uint8

const (
	// Objects.
	aResponse frameKind = iota // of a search, or what may yet turn out to be an event
	aHits                      // "hits" of a response
	aSequence                  // of an EQL response
	// Arrays.
	anArray     // at the top: of events, hits, responses or further arrays
	ofEvents    // hits, or documents of a multi-get
	ofResponses // of a multi-search
	ofSequences
	ofRows // of an ES|QL or SQL response
)

func (k frameKind) isArray() bool { return k >= anArray }

// role is what a key means in an object that may wrap events.
type role uint8

const (
	foreign     role = iota // no such object has it
	ordinary                // leads to no events
	telling                 // the same, and only a response has it
	toHits                  // an object aHits
	toResponse              // an object aResponse
	toColumns               // the names of an ES|QL response's columns
	toEvents                // an array ofEvents
	toResponses             // and so on
	toSequences
	toRows
)

// roleOf says what a key means. The keys are those of the answers of _search, scroll
// and point in time, _msearch, _async_search, _eql/search, _mget, _query and _sql, and
// of the wrappers in which Kibana shows and passes them on.
func roleOf(k frameKind, key string) role {
	switch k {
	case aHits:
		return roleInHits(key)
	case aSequence:
		switch key {
		case "events":
			return toEvents
		case "join_keys":
			return ordinary
		}
		return foreign
	}
	return roleInResponse(key)
}

func roleInHits(key string) role {
	switch key {
	case "hits", "events":
		return toEvents
	case "sequences":
		return toSequences
	case "total", "max_score":
		return ordinary
	}
	return foreign
}

func roleInResponse(key string) role {
	switch key {
	case "hits":
		return toHits
	case "response", "rawResponse", "result":
		return toResponse
	case "responses":
		return toResponses
	case "docs":
		return toEvents
	case "columns":
		return toColumns
	case "values", "rows":
		return toRows
	case "took", "timed_out", "_shards", "_scroll_id", "pit_id", "is_partial", "is_running", "isPartial", "isRunning",
		"num_reduce_phases", "error":
		return telling
	case "terminated_early", "_clusters", "id", "status", "total", "loaded", "isRestored", "start_time_in_millis",
		"expiration_time_in_millis", "completion_time_in_millis", "completion_status", "aggregations", "suggest", "profile",
		"documents_found", "values_loaded", "all_columns", "cursor", "warning", "isStored", "requestParams":
		return ordinary
	}
	return foreign
}

// leads reports whether the array at b[i] holds events where a key says so. Behind a
// telling key it does; else its first element has to begin as hits do, with a name of
// Elasticsearch's own, or to be absent. more is true when b ends too early to say.
func leads(b []byte, i int, sure, final bool) (ok, needMore bool) {
	if b[i] != '[' {
		return false, false
	}
	if sure {
		return true, false
	}
	for _, c := range []byte(`{"_`) {
		i = blanks(b, i+1)
		switch {
		case i == len(b):
			return false, !final
		case b[i] == ']' && c == '{':
			return true, false
		case b[i] != c:
			return false, false
		}
	}
	return true, false
}

// blanks passes over white space.
func blanks(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

// spaces passes over white space on one line.
func spaces(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}
