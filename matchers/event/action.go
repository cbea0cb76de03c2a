package event

import "bytes"

// Action is a line of Elasticsearch's bulk format that says what to do with the
// document on the line after it.
type Action struct {
	// Document says that a document follows: only a delete has none.
	Document bool
	// Index and ID are nil when the action leaves them open. They belong to the line.
	Index, ID []byte

	update bool // the document is wrapped: {"doc":{…}}
}

// action is the Action that stands before the lines to come, in memory of the
// parser.
type action struct {
	index, id []byte
	update    bool
}

// ParseAction says whether the line is a bulk action: an object with the one key
// index, create, update or delete, and in it nothing but what an action may say.
// No event has this form.
func (p *Parser) ParseAction(line []byte) (Action, bool) {
	if !mayBeAction(line) || check(line) != nil {
		return Action{}, false
	}
	var verb, meta []byte
	members := 0
	eachMember(line, func(key, span []byte) {
		verb, meta = key, span
		members++
	})
	if members != 1 || !isVerb(verb) || !isObject(meta) {
		return Action{}, false
	}
	a := Action{Document: string(verb) != "delete", update: string(verb) == "update"}
	pure := true
	eachMember(meta, func(key, span []byte) {
		switch string(key) {
		case "_index":
			a.Index = scalarText(span)
		case "_id":
			a.ID = scalarText(span)
		default:
			pure = pure && isActionKey(string(key))
		}
	})
	if !pure {
		return Action{}, false
	}
	return a, true
}

// SetAction says which action the document on the lines to come belongs to, for
// both Parse and Extract, until it is set anew. The zero Action is none. It copies
// what it needs: a's line may be reused.
func (p *Parser) SetAction(a Action) {
	p.action.index = append(p.action.index[:0], a.Index...)
	p.action.id = append(p.action.id[:0], a.ID...)
	p.action.update = a.update
}

// mayBeAction is cheap: it is asked of every line.
func mayBeAction(line []byte) bool {
	i := space(line, 0)
	if i >= len(line) || line[i] != '{' {
		return false
	}
	i = space(line, i+1)
	if i >= len(line) || line[i] != '"' {
		return false
	}
	end := bytes.IndexByte(line[i+1:min(len(line), i+8)], '"')
	return end > 0 && isVerb(line[i+1:i+1+end])
}

func isVerb(b []byte) bool {
	switch string(b) {
	case "index", "create", "update", "delete":
		return true
	}
	return false
}

func isActionKey(key string) bool {
	switch key {
	case "_type", "_routing", "routing", "_parent", "parent", "pipeline", "version", "_version",
		"version_type", "_version_type", "if_seq_no", "if_primary_term", "retry_on_conflict",
		"_retry_on_conflict", "require_alias", "require_data_stream", "dynamic_templates",
		"list_executed_pipelines", "_source":
		return true
	}
	return false
}

// unwrapUpdate finds the document of an update: doc, or upsert when a script does
// the rest.
func (p *Parser) unwrapUpdate(line []byte) (envelope, *BadLine) {
	var doc, upsert []byte
	docs := 0
	eachMember(line, func(key, span []byte) {
		switch string(key) {
		case "doc":
			first(&doc, span)
			docs++
		case "upsert":
			first(&upsert, span)
		}
	})
	if docs == 0 && isObject(upsert) {
		doc, docs = upsert, 1
	}
	if !isObject(doc) {
		return envelope{}, errNoDocument
	}
	event, bad := one(doc, docs)
	return envelope{event: event, index: p.action.index, id: p.action.id}, bad
}
