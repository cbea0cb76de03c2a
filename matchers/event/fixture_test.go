package event

import (
	"fmt"
	"strings"
)

// testLayout wants names that test events have: scalars, objects, dotted spellings
// and names with empty segments.
func testLayout() *Layout {
	l := NewLayout()
	for _, name := range []string{
		"a", "a.b", "a.b.c", "b", "c", "obj", "obj.z.q", "", ".a", "a.", "@timestamp", "@metadata.beat", "@metadata.version",
		"process.name", "process.pid", "process.args", "process.parent.name", "process.command_line", "user.id", "host.os.type",
		"event.category", "event.action", "event.type", "event.code", "nest", "nest.x", "nest.y",
	} {
		l.Slot(name)
	}
	return l
}

// show prints values as kind and text: s"x" n1 btrue null obj.
func show(values []Value) string {
	var out []string
	for _, v := range values {
		switch v.Kind {
		case Null:
			out = append(out, "null")
		case Object:
			out = append(out, "obj")
		case String:
			out = append(out, fmt.Sprintf("s%q", v.Text))
		case Number:
			out = append(out, "n"+string(v.Text))
		case Bool:
			out = append(out, "b"+string(v.Text))
		}
	}
	return strings.Join(out, " ")
}

// benchEvents are events in the style of Endpoint and auditbeat, made up.
func benchEvents() [][]byte {
	var lines [][]byte
	for i := range 64 {
		lines = append(lines, fmt.Appendf(nil, benchEvent, i%60, 4000+i, i%7, i%3, i))
	}
	return lines
}

const benchEvent = `{"@timestamp":"2026-02-03T04:05:%02d.123Z","agent":{"id":"0a0b0c0d-1111-2222-3333-444455556666","type":"endpoint","version":"9.9.9"},"ecs":{"version":"8.11.0"},"process":{"Ext":{"ancestry":["QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB","QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJC"],"authentication_id":"0x3e7"},"parent":{"args":["/sbin/made-up","--flag"],"name":"made-up","pid":1,"entity_id":"Q0NDQ0NDQ0NDQ0NDQ0NDQ0ND","executable":"/sbin/made-up"},"pid":%d,"entity_id":"REREREREREREREREREREREREREQ","name":"tool%d.exe","executable":"C:\\Program Files\\Tool\\tool.exe","args":["tool.exe","/c","say \"hello\""],"args_count":3,"command_line":"tool.exe /c \"say hello\"","hash":{"md5":"00000000000000000000000000000000","sha256":"1111111111111111111111111111111111111111111111111111111111111111"}},"message":"made-up process event","host":{"id":"host-%d","name":"ws-1","hostname":"ws-1","ip":["10.1.1.1","fe80::1","127.0.0.1"],"mac":["00-00-5E-00-53-01"],"os":{"type":"windows","name":"Windows","family":"windows","platform":"windows","full":"Windows Made Up 10.0","kernel":"10.0","version":"10.0"},"architecture":"x86_64"},"event":{"sequence":%d,"kind":"event","module":"endpoint","action":"start","category":["process"],"type":["start"],"dataset":"endpoint.events.process","outcome":"unknown"},"user":{"domain":"EXAMPLE","name":"alice","id":"S-1-5-18"}}`
