package event

import "bytes"

// envelope is what a line amounts to: the event in it, and what the envelope says
// of it.
type envelope struct {
	event     []byte // exact span in the line: an object
	index, id []byte
}

// oddKeys are the keys on which unwrap decides. An event at whose top none of them
// stands is bare: Extract leaves lines with any of them to Parse, but for plain
// hits.
var oddKeys = map[string]bool{
	"_index": true, "_id": true, "_source": true,
	"hits": true, "responses": true, "response": true, "columns": true,
}

// outline is the top of a line: the first value of each key that tells envelopes
// apart, as a span of the line.
type outline struct {
	index, id, source, fields                      []byte
	hits, responses, response, columns, rows       []byte
	sources, fieldsCount, members, notOfHit, timed int
}

// unwrap finds the event of a line that check has accepted.
func (p *Parser) unwrap(line []byte) (envelope, *BadLine) {
	if p.action.update {
		return p.unwrapUpdate(line)
	}
	o := outlineOf(line)
	event, bad := o.event(line)
	if bad != nil {
		return envelope{}, bad
	}
	env := envelope{event: event, index: scalarText(o.index), id: scalarText(o.id)}
	if len(env.index) == 0 {
		env.index = p.action.index
	}
	if len(env.id) == 0 {
		env.id = p.action.id
	}
	return env, nil
}

// event picks the event, or the reason why there is none. {"_source":…} alone, or
// with _index or _id, is a hit: Elasticsearch lets no document have these at its
// top. A _source among other keys, without an _index or _id, is somebody's field.
func (o *outline) event(line []byte) ([]byte, *BadLine) {
	named := o.index != nil || o.id != nil
	pure := o.notOfHit == 0
	fields := isObject(o.fields) && named && pure
	switch {
	case isObject(o.source) && (named || pure) && !(fields && isEmptyObject(o.source)):
		return one(o.source, o.sources)
	case fields:
		return one(o.fields, o.fieldsCount)
	case named && pure:
		return nil, errNoDocument
	case o.isSearch():
		return nil, errSearch
	case isArray(o.columns) && isArray(o.rows):
		return nil, errESQL
	}
	return bytes.TrimSpace(line), nil
}

func one(span []byte, count int) ([]byte, *BadLine) {
	if count > 1 {
		return nil, errTwoDocuments
	}
	return span, nil
}

// isSearch recognises what holds many hits: answers of _search, of _msearch, of
// EQL, and of asynchronous searches. Lone keys are what filter_path leaves.
func (o *outline) isSearch() bool {
	sure := o.timed > 0 || o.members == 1
	switch {
	case isObject(o.hits):
		return sure && (isArray(find(o.hits, "hits")) || isArray(find(o.hits, "events")) || isArray(find(o.hits, "sequences")))
	case isArray(o.responses):
		return sure
	case isObject(o.response):
		return sure && isObject(find(o.response, "hits"))
	}
	return false
}

// outlineOf walks the members of the line's object.
func outlineOf(line []byte) outline {
	var o outline
	eachMember(line, func(key, span []byte) {
		o.members++
		o.note(string(key), span)
	})
	return o
}

func (o *outline) note(key string, span []byte) {
	switch key {
	case "_index":
		first(&o.index, span)
	case "_id":
		first(&o.id, span)
	case "_source":
		first(&o.source, span)
		o.sources++
	case "fields":
		first(&o.fields, span)
		o.fieldsCount++
	case "hits":
		first(&o.hits, span)
		o.notOfHit++
	case "responses":
		first(&o.responses, span)
		o.notOfHit++
	case "response":
		first(&o.response, span)
		o.notOfHit++
	case "columns":
		first(&o.columns, span)
		o.notOfHit++
	case "values", "rows":
		first(&o.rows, span)
		o.notOfHit++
	case "took", "timed_out", "_shards", "_scroll_id", "pit_id", "is_partial", "is_running":
		o.timed++
		o.notOfHit++
	default:
		if !isHitKey(key) {
			o.notOfHit++
		}
	}
}

// isHitKey says whether a search hit or a get answer may have the key, beside
// those that note knows.
func isHitKey(key string) bool {
	switch key {
	case "sort", "highlight", "matched_queries", "inner_hits", "ignored_field_values", "found":
		return true
	}
	return len(key) > 0 && key[0] == '_'
}

func first(dst *[]byte, span []byte) {
	if *dst == nil {
		*dst = span
	}
}

// eachMember calls yield for the members of the object at the start of b, which is
// well formed. key is unescaped; span is the value as it stands in b.
func eachMember(b []byte, yield func(key, span []byte)) {
	i := space(b, space(b, 0)+1)
	for b[i] == '"' {
		end, escaped := stringEnd(b, i+1)
		key := b[i+1 : end-1]
		if escaped {
			key = appendUnescaped(nil, key)
		}
		i = space(b, space(b, end)+1)
		end, _ = skip(b, i, 0)
		yield(key, b[i:end])
		if i = space(b, end); b[i] == ',' {
			i = space(b, i+1)
		}
	}
}

// find returns the first value of a key of an object, nil when it has none.
func find(object []byte, name string) (value []byte) {
	eachMember(object, func(key, span []byte) {
		if string(key) == name {
			first(&value, span)
		}
	})
	return value
}

func isObject(span []byte) bool { return len(span) > 0 && span[0] == '{' }
func isArray(span []byte) bool  { return len(span) > 0 && span[0] == '[' }

func isEmptyObject(span []byte) bool { return isObject(span) && span[space(span, 1)] == '}' }

// scalarText is the text of a string or number, nil of anything else. It copies
// only when there are escapes.
func scalarText(span []byte) []byte {
	if len(span) == 0 {
		return nil
	}
	switch c := span[0]; {
	case c == '"':
		text := span[1 : len(span)-1]
		if bytes.IndexByte(text, '\\') < 0 {
			return text
		}
		return appendUnescaped(nil, text)
	case c == '-' || c-'0' <= 9:
		return span
	}
	return nil
}
