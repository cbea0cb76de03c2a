package event

import "bytes"

// Shippers that know nothing of events wrap them: Filebeat, Logstash and Elastic Agent put
// the line they have read into message or event.original, Fluentd and the Docker daemon
// into log, as a string. Such a document is unwrapped when it says nothing of its own
// beside that: all its keys are those with which shippers say where and when they have
// read a line, so that nothing that a rule could look at is lost, and an event cannot be
// hidden behind one that somebody had an application log. The text has to be a JSON object
// with an @timestamp, or a hit, and to begin with its brace. The index and id of the outer
// document are those of the shipper's: what counts is what the inner one says.

// maxWraps bounds strings within strings: a container's log, read by Filebeat, sent on by
// Logstash.
const maxWraps = 3

// unwrapText finds the event that env's event carries as text; env itself when it carries
// none. Whatever is doubtful stays as it is.
func (p *Parser) unwrapText(env envelope) (envelope, *BadLine) {
	at := env
	for level := range maxWraps {
		text, two := carried(at.event)
		if text == nil {
			break
		}
		inner := p.textOf(level, text)
		if check(inner) != nil {
			break
		}
		o := outlineOf(inner)
		event, bad := o.event(inner)
		if bad != nil {
			break
		}
		at = envelope{event: event, index: scalarText(o.index), id: scalarText(o.id)}
		if find(event, "@timestamp") == nil && at.index == nil && at.id == nil {
			continue // a container's log may carry one in turn
		}
		if two {
			return envelope{}, errTwoDocuments
		}
		env = at
	}
	return env, nil
}

// textOf unescapes a string into memory that is valid until the next line.
func (p *Parser) textOf(level int, s []byte) []byte {
	dst := p.wrapped[level]
	if cap(dst) > maxKeptLine {
		dst = nil
	}
	p.wrapped[level] = appendUnescaped(dst[:0], s[1:len(s)-1])
	return bytes.TrimSpace(p.wrapped[level])
}

// carried returns the string, still escaped, that a document carries; nil when it carries
// none, or says anything of its own. two says that there is another string like it.
func carried(document []byte) (text []byte, two bool) {
	// Cheap: it is asked of every line that is parsed.
	if !bytes.Contains(document, []byte(`"{`)) {
		return nil, false
	}
	own := false
	note := func(span []byte) {
		span = lone(span)
		if !bytes.HasPrefix(span, []byte(`"{`)) {
			return
		}
		two = two || text != nil && !bytes.Equal(text, span)
		first(&text, span)
	}
	eachMember(document, func(key, span []byte) {
		switch name := string(key); {
		case name == "message", name == "log", name == "event.original":
			note(span)
		case name == "event" && isObject(span):
			eachMember(span, func(key, span []byte) {
				if string(key) == "original" {
					note(span)
				}
				own = own || !isShipped("event."+string(key), span)
			})
		default:
			own = own || !isShipped(name, span)
		}
	})
	if own {
		return nil, false
	}
	return text, two
}

// lone returns the only element of an array, as the fields API shows every value.
func lone(span []byte) []byte {
	if !isArray(span) {
		return span
	}
	i := space(span, 1)
	if span[i] == ']' {
		return nil
	}
	end, _ := skip(span, i, 0)
	if span[space(span, end)] != ']' {
		return nil
	}
	return span[i:end]
}

// isShipped reports whether a key is one with which shippers say where, when and how they
// have read a line. Names may be dotted or nested; but the event field is the event's own
// beyond those that any ingestion adds.
func isShipped(name string, span []byte) bool {
	root := name
	if i := bytes.IndexByte([]byte(name), '.'); i >= 0 {
		root = name[:i]
	}
	switch root {
	case "event":
		switch name {
		case "event.original", "event.created", "event.ingested", "event.dataset", "event.module", "event.timezone",
			"event.agent_id_status":
			return true
		}
		return false
	case "@timestamp", "@version", "@metadata", "tags", "host", "hostname", "agent", "ecs", "elastic", "input", "fields",
		"log", "logtag", "stream", "time", "timestamp", "date", "type", "path", "port", "offset", "prospector", "beat",
		"fileset", "service", "data_stream", "cloud", "container", "kubernetes", "docker", "orchestrator", "tag", "attrs",
		"syslog", "facility", "severity", "priority", "level", "kafka", "topic", "partition", "_p":
		return true
	case "source":
		return len(span) > 0 && span[0] == '"' // the file, as Filebeat 6 names it
	}
	return false
}
