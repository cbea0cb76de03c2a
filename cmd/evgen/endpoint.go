package main

import (
	"strconv"
	"strings"
	"time"
)

// about is what an Endpoint event says it is about.
type about struct{ category, typ, action string }

// endpoint appends an event of Elastic Endpoint.
func (g *generator) endpoint(b []byte, h *host) []byte {
	k := g.r.IntN(100)
	p := g.process(h, k < 25)
	b = appendf(b, `{"agent":{"id":%s,"type":"endpoint","version":"8.15.3"},"process":{"Ext":{"ancestry":%a`, h.agent, p.ancestry)
	if h.windows {
		b = appendf(b, `,"code_signature":[{"trusted":true,"subject_name":%s,"exists":true,"status":"trusted"}]`, p.signer)
	}
	var what about
	if k < 25 {
		b, what = g.endpointProcess(b, h, p)
	} else {
		b = g.actingProcess(b, h, p)
		b, what = g.endpointOther(b, h, k)
	}
	return g.endpointTail(b, h, p, what)
}

func (g *generator) endpointOther(b []byte, h *host, k int) ([]byte, about) {
	switch {
	case k < 60:
		return g.endpointFile(b, h)
	case k < 82 || !h.windows:
		return g.endpointNetwork(b, h)
	case k < 93:
		return g.endpointRegistry(b)
	default:
		return g.endpointLibrary(b)
	}
}

// endpointProcess finishes the process object of a process event.
func (g *generator) endpointProcess(b []byte, h *host, p *process) ([]byte, about) {
	if h.windows {
		b = append(b, `,"authentication_id":"0x3e7","token":{"integrity_level_name":"system","elevation_level":"default"},`+
			`"session_info":{"logon_type":"Interactive","client_address":"127.0.0.1","id":1,"authentication_package":"NTLM"}`...)
	}
	q := &p.parent
	b = appendf(b, `},"parent":{"args":%a,"name":%s,"pid":%d,"args_count":%d,"entity_id":%s,"command_line":%s,"executable":%s`,
		q.args, q.name, q.pid, len(q.args), q.entity, strings.Join(q.args, " "), q.executable)
	if h.windows {
		b = append(b, `,"thread":{"Ext":{"call_stack_summary":"ntdll.dll|kernelbase.dll|kernel32.dll|cmd.exe|kernel32.dll|ntdll.dll"}}`...)
	}
	last := p.ancestry[len(p.ancestry)-1]
	b = appendf(b, `},"group_leader":{"entity_id":%s,"pid":%d},"session_leader":{"entity_id":%s},"entry_leader":{"entity_id":%s,"name":%s},`+
		`"pid":%d,"working_directory":%s,"entity_id":%s,"executable":%s,"args":%a,`,
		p.ancestry[0], q.pid, last, last, q.name, p.pid, p.wd, p.entity, p.executable, p.args)
	if h.windows {
		b = appendf(b, `"code_signature":{"trusted":true,"subject_name":%s,"exists":true,"status":"trusted"},`+
			`"pe":{"original_file_name":%s},`, p.signer, p.name)
	}
	b = appendf(b, `"name":%s,"args_count":%d,"command_line":%s,"hash":{"sha1":%s,"sha256":%s,"md5":%s}},"message":"Endpoint process event",`,
		p.name, len(p.args), p.command, p.sha1, p.sha256, p.md5)
	return b, g.processAction(h)
}

func (g *generator) processAction(h *host) about {
	action := pick(g, []string{"exec", "exec", "fork", "end"})
	if h.windows {
		action = pick(g, []string{"start", "start", "end"})
	}
	if action == "end" {
		return about{"process", "end", "end"}
	}
	return about{"process", "start", action}
}

// actingProcess finishes the process object of all other events.
func (g *generator) actingProcess(b []byte, h *host, p *process) []byte {
	last := p.ancestry[len(p.ancestry)-1]
	b = appendf(b, `},"parent":{"entity_id":%s},"group_leader":{"entity_id":%s},"session_leader":{"entity_id":%s},"entry_leader":{"entity_id":%s},`,
		p.parent.entity, p.ancestry[0], last, last)
	if h.windows {
		b = appendf(b, `"code_signature":{"trusted":true,"subject_name":%s,"exists":true,"status":"trusted"},`, p.signer)
	}
	return appendf(b, `"name":%s,"pid":%d,"thread":{"id":%d},"entity_id":%s,"executable":%s},`,
		p.name, p.pid, g.r.IntN(20000), p.entity, p.executable)
}

func (g *generator) endpointFile(b []byte, h *host) ([]byte, about) {
	path, name, ext := g.path(h)
	b = appendf(b, `"message":"Endpoint file event","file":{"Ext":{"header_data":[],"entropy":%r,"header_bytes":%s,"monotonic_id":%d},`+
		`"path":%s,"extension":%s,"size":%d,"name":%s,"owner":"root"},`,
		strconv.FormatFloat(g.r.Float64()*8, 'g', -1, 64), g.hex(32), g.seq, path, ext, g.r.IntN(1<<20), name)
	return b, pick(g, []about{
		{"file", "creation", "creation"}, {"file", "creation", "creation"}, {"file", "deletion", "deletion"},
		{"file", "change", "rename"}, {"file", "change", "modification"}, {"file", "access", "open"},
	})
}

func (g *generator) endpointNetwork(b []byte, h *host) ([]byte, about) {
	to := g.ip()
	b = appendf(b, `"destination":{"geo":{"continent_name":"North America","country_iso_code":"US","country_name":"United States",`+
		`"location":{"lon":-97.822,"lat":37.751}},"as":{"number":%d,"organization":{"name":"GOOGLE"}},`+
		`"address":%s,"port":%d,"bytes":%d,"ip":%s},`,
		g.r.IntN(60000), to, pick(g, []int{443, 80, 53, 445, 3389, 88, 389, 135}), g.r.IntN(100000), to)
	b = appendf(b, `"source":{"address":%s,"port":%d,"bytes":%d,"ip":%s},"message":"Endpoint network event",`+
		`"network":{"transport":"tcp","type":"ipv4","direction":"egress"},`,
		h.ip, 49152+g.r.IntN(16000), g.r.IntN(9000), h.ip)
	if g.r.IntN(3) == 0 {
		b = appendf(b, `"dns":{"resolved_ip":[%s],"question":{"name":%s,"type":"A"}},`, to, pick(g, words)+"."+pick(g, words)+".com")
	}
	return b, about{
		"network", pick(g, []string{"start", "end", "connection"}),
		pick(g, []string{"connection_attempted", "disconnect_received", "lookup_requested", "lookup_result"}),
	}
}

// registryKey returns a key below HKLM.
func (g *generator) registryKey() string {
	switch g.r.IntN(4) {
	case 0:
		return `SYSTEM\ControlSet001\Services\` + pick(g, words)
	case 1:
		return `SOFTWARE\Microsoft\Windows\CurrentVersion\` + pick(g, words)
	case 2:
		return `SOFTWARE\Classes\CLSID\{` + strings.ToUpper(g.uuid()) + `}`
	default:
		return `SYSTEM\ControlSet001\Control\Lsa\` + pick(g, words)
	}
}

func (g *generator) endpointRegistry(b []byte) ([]byte, about) {
	key, value := g.registryKey(), pick(g, words)
	b = appendf(b, `"message":"Endpoint registry event","registry":{"hive":"HKLM","path":%s,`+
		`"data":{"strings":[%s],"type":"REG_SZ"},"value":%s,"key":%s},`,
		`HKLM\`+key+`\`+value, pick(g, words)+" "+pick(g, words), value, key)
	return b, about{"registry", "change", "modification"}
}

func (g *generator) endpointLibrary(b []byte) ([]byte, about) {
	im := &g.windows[g.r.IntN(len(g.windows))]
	name := pick(g, words) + ".dll"
	b = appendf(b, `"message":"Endpoint DLL load event","dll":{"Ext":{"code_signature":[{"trusted":true,"subject_name":%s,"exists":true,`+
		`"status":"trusted"}],"load_index":1,"size":%d},"path":%s,"name":%s,`+
		`"code_signature":{"trusted":true,"subject_name":%s,"exists":true,"status":"trusted"},"pe":{"original_file_name":%s},`+
		`"hash":{"sha1":%s,"sha256":%s,"md5":%s}},`,
		im.signer, g.r.IntN(1e6), `C:\Windows\System32\`+name, name, im.signer, name, im.sha1, im.sha256, im.md5)
	return b, about{"library", "start", "load"}
}

func (g *generator) endpointTail(b []byte, h *host, p *process, what about) []byte {
	t := g.now.Format("2006-01-02T15:04:05.0000000Z")
	dataset := "endpoint.events." + what.category
	domain := "ubuntu"
	if h.windows {
		domain = "NT AUTHORITY"
	}
	b = appendf(b, `"@timestamp":%s,"ecs":{"version":"8.10.0"},"data_stream":{"namespace":"default","type":"logs","dataset":%s},`+
		`"elastic":{"agent":{"id":%s}},"host":%r,`, t, dataset, h.agent, h.json)
	b = appendf(b, `"event":{"agent_id_status":"verified","sequence":%d,"ingested":%s,"created":%s,"kind":"event","module":"endpoint",`+
		`"action":%s,"id":%s,"category":[%s],"type":[%s],"dataset":%s,"outcome":"unknown"},`,
		g.seq, g.now.Add(9*time.Second).Format("2006-01-02T15:04:05Z"), t,
		what.action, g.opaque(24), what.category, what.typ, dataset)
	return appendf(b, `"user":{"domain":%s,"name":%s,"id":%s}}`, domain, p.user, p.uid)
}
