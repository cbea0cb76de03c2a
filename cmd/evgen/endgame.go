package main

import "strings"

// alertEvery is how many Endgame events there are to one alert: rare, so that a scan
// for speed has a few findings to report.
const alertEvery = 5000

// endgame appends an event of Endgame's sensor in its ECS form. Windows only.
func (g *generator) endgame(b []byte, h *host) []byte {
	k := g.r.IntN(100)
	p := g.process(h, k < 30)
	t := g.now.Format("2006-01-02T15:04:05.0000000Z")
	b = appendf(b, `{"@timestamp":%s,"ecs":{"version":"1.1.0"},"host":%r,"agent":{"id":%s,"type":"endgame","version":"3.58.0"},`,
		t, h.json, h.agent)
	switch {
	case g.r.IntN(alertEvery) == 0:
		b = g.endgameAlert(b, t)
	case k < 30:
		b = g.endgameProcess(b, t, p)
	case k < 60:
		b = g.endgameFile(b, t, h)
	case k < 80:
		b = g.endgameNetwork(b, t, h)
	default:
		b = g.endgameRegistry(b, t)
	}
	b = appendf(b, `,"pid":%d,"process_name":%s,"process_path":%s,"serial_event_id":%d,"timestamp_utc":%s,"unique_pid":%s},`,
		p.pid, p.name, p.executable, g.seq, strings.Replace(t[:len(t)-1], "T", " ", 1), p.entity[:24])
	b = appendf(b, `"process":{"pid":%d,"ppid":%d,"name":%s,"executable":%s,"args":%a,"command_line":%s,"entity_id":%s,`+
		`"parent":{"name":%s,"pid":%d},"hash":{"md5":%s,"sha1":%s,"sha256":%s}},`,
		p.pid, p.parent.pid, p.name, p.executable, p.args, p.command, p.entity[:24],
		p.parent.name, p.parent.pid, p.md5, p.sha1, p.sha256)
	return appendf(b, `"user":{"name":%s,"id":%s,"domain":"CORP"}}`, p.user, p.uid)
}

// endgameEvent appends the event object and opens the endgame object.
func (g *generator) endgameEvent(b []byte, t, kind, category, typ, action, full string) []byte {
	return appendf(b, `"event":{"module":"endgame","dataset":"esensor","kind":%s,"created":%s,"id":%s,"action":%s,"category":[%s],"type":[%s]},`+
		`"endgame":{"event_type_full":%s,"event_subtype_full":%s`,
		kind, t, g.uuid(), action, category, typ, full, action)
}

func (g *generator) endgameAlert(b []byte, t string) []byte {
	action := pick(g, []string{
		"cred_theft_event", "token_manipulation_event", "kernel_shellcode_event", "token_protection_event",
		"exploit_event", "file_classification_event", "ransomware_event", "behavior_protection_event",
	})
	b = g.endgameEvent(b, t, "alert", "malware", "info", action, "alert_event")
	return appendf(b, `,"metadata":{"type":%s}`, pick(g, []string{"detection", "prevention"}))
}

func (g *generator) endgameProcess(b []byte, t string, p *process) []byte {
	action, typ := "creation_event", "process_start"
	if g.r.IntN(3) == 0 {
		action, typ = "termination_event", "process_end"
	}
	b = g.endgameEvent(b, t, "event", "process", typ, action, "process_event")
	return appendf(b, `,"parent_process_name":%s,"command_line":%s`, p.parent.name, p.command)
}

func (g *generator) endgameFile(b []byte, t string, h *host) []byte {
	path, name, ext := g.path(h)
	action := pick(g, []string{"file_create_event", "file_delete_event", "file_modify_event", "file_rename_event"})
	b = appendf(b, `"file":{"path":%s,"name":%s,"extension":%s},`, path, name, ext)
	b = g.endgameEvent(b, t, "event", "file", "change", action, "file_event")
	return appendf(b, `,"file_path":%s,"file_name":%s`, path, name)
}

func (g *generator) endgameNetwork(b []byte, t string, h *host) []byte {
	to, port := g.ip(), pick(g, []int{443, 80, 53, 445, 3389, 88, 389, 135})
	action := pick(g, []string{"ipv4_connection_attempt_event", "ipv4_disconnect_received_event", "ipv4_connection_accept_event"})
	b = appendf(b, `"source":{"ip":%s,"port":%d},"destination":{"ip":%s,"port":%d},"network":{"transport":"tcp","direction":"outgoing"},`,
		h.ip, 49152+g.r.IntN(16000), to, port)
	b = g.endgameEvent(b, t, "event", "network", "connection", action, "network_event")
	return appendf(b, `,"destination_address":%s,"destination_port":%d`, to, port)
}

func (g *generator) endgameRegistry(b []byte, t string) []byte {
	key, value := g.registryKey(), pick(g, words)
	b = appendf(b, `"registry":{"hive":"HKEY_LOCAL_MACHINE","key":%s,"path":%s,"value":%s,"data":{"strings":[%s]}},`,
		key, `HKLM\`+key+`\`+value, value, pick(g, words))
	b = g.endgameEvent(b, t, "event", "registry", "change", "registry_modify_event", "registry_event")
	return appendf(b, `,"key_path":%s`, `HKLM\`+key)
}
