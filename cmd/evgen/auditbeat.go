package main

import (
	"encoding/base64"
	"strconv"
)

// auditbeat appends an event of auditbeat's auditd or file_integrity module.
func (g *generator) auditbeat(b []byte, h *host) []byte {
	k := g.r.IntN(100)
	p := g.process(h, k < 35)
	t := g.now.Format("2006-01-02T15:04:05.000Z")
	b = appendf(b, `{"@timestamp":%s,"@metadata":{"beat":"auditbeat","type":"_doc","version":"8.17.0"},`, t)
	switch {
	case k < 35:
		b = g.auditExec(b, p, t)
	case k < 60:
		b = g.auditFile(b, p)
	case k < 85:
		b = g.auditConnect(b, h, p)
	default:
		b = g.integrity(b, h, t)
	}
	return appendf(b, `"ecs":{"version":"8.0.0"},"host":%r,"agent":%r,"cloud":{"instance":{"id":"i-0a1b2c3d4e5f60718"},`+
		`"machine":{"type":"m5.xlarge"},"region":"eu-west-1","availability_zone":"eu-west-1b","account":{"id":"123456789012"},`+
		`"image":{"id":"ami-0123456789abcdef0"},"provider":"aws","service":{"name":"EC2"}}}`, h.json, h.agents)
}

func (g *generator) auditExec(b []byte, p *process, t string) []byte {
	b = appendf(b, `"user":{"id":%s,"name":%s,"audit":{"id":"1000","name":"ubuntu"},`+
		`"effective":{"id":"0","name":"root","group":{"id":"0","name":"root"}},"group":{"id":"0","name":"root"},`+
		`"filesystem":{"id":"0","name":"root","group":{"id":"0","name":"root"}},`+
		`"saved":{"id":"0","name":"root","group":{"id":"0","name":"root"}}},`, p.uid, p.user)
	b = appendf(b, `"process":{"pid":%d,"args":%a,"args_count":%d,"command_line":%s,"title":%s,"name":%s,"executable":%s,`+
		`"working_directory":%s,"entity_id":%s,"start":%s,"parent":{"pid":%d,"name":%s,"executable":%s,"args":%a},"hash":{"sha1":%s}},`,
		p.pid, p.args, len(p.args), p.command, p.command, p.name, p.executable, p.wd, p.entity[:16], t,
		p.parent.pid, p.parent.name, p.parent.executable, p.parent.args, p.sha1)
	b = appendf(b, `"auditd":{"message_type":"syscall","sequence":%d,"result":"success","session":%s,`+
		`"summary":{"actor":{"primary":"ubuntu","secondary":%s},"object":{"primary":%s,"type":"file"},"how":%s},`+
		`"data":{"a0":%s,"a1":%s,"a2":%s,"a3":%s,"arch":"x86_64","argc":%s,"exit":"0","syscall":"execve","tty":"pts0"},`,
		g.seq, g.number(900), p.user, p.executable, p.executable,
		g.register(), g.register(), g.register(), g.register(), strconv.Itoa(len(p.args)))
	b = append(b, `"paths":[`...)
	b = auditPath(b, "0", g.number(900000), "0100755", p.executable)
	b = append(b, ',')
	b = auditPath(b, "1", "1912", "0100755", "/lib64/ld-linux-x86-64.so.2")
	return append(b, `]},"event":{"module":"auditd","kind":"event","category":["process"],"type":["start"],`+
		`"action":"executed","outcome":"success","dataset":"auditd"},"service":{"type":"auditd"},"tags":["exec"],`...)
}

func auditPath(b []byte, item, inode, mode, name string) []byte {
	return appendf(b, `{"cap_fe":"0","cap_fi":"0","cap_fp":"0","cap_frootid":"0","cap_fver":"0","dev":"103:01","inode":%s,"item":%s,`+
		`"mode":%s,"name":%s,"nametype":"NORMAL","ogid":"0","ouid":"0","rdev":"00:00"}`, inode, item, mode, name)
}

func (g *generator) auditFile(b []byte, p *process) []byte {
	path := g.linuxPath()
	action := pick(g, []string{"opened-file", "opened-file", "changed-file-permissions-of", "deleted", "renamed", "created-directory"})
	b = appendf(b, `"user":{"id":%s,"name":%s,"audit":{"id":"1000","name":"ubuntu"},`+
		`"effective":{"id":"0","name":"root","group":{"id":"0","name":"root"}},"group":{"id":"0","name":"root"}},`+
		`"process":{"pid":%d,"name":%s,"executable":%s,"working_directory":%s,"title":%s,"parent":{"pid":%d}},`,
		p.uid, p.user, p.pid, p.name, p.executable, p.wd, p.command, p.parent.pid)
	b = appendf(b, `"file":{"path":%s,"device":"00:00","inode":%s,"mode":"0644","owner":"root","group":"root","uid":"0","gid":"0"},`,
		path, g.number(900000))
	b = appendf(b, `"auditd":{"message_type":"syscall","sequence":%d,"result":%s,"session":"12",`+
		`"summary":{"actor":{"primary":"ubuntu","secondary":%s},"object":{"primary":%s,"type":"file"},"how":%s},`+
		`"data":{"a0":"ffffff9c","a1":%s,"a2":%s,"a3":"0","arch":"x86_64","exit":%s,"syscall":"openat","tty":"(none)"},"paths":[`,
		g.seq, pick(g, []string{"success", "fail"}), p.user, path, p.executable,
		g.register(), g.register(), pick(g, []string{"3", "EACCES", "ENOENT"}))
	b = auditPath(b, "0", g.number(900000), "0100644", path)
	return appendf(b, `]},"event":{"module":"auditd","kind":"event","category":["file"],"type":["change"],"action":%s,`+
		`"outcome":"success","dataset":"auditd"},"service":{"type":"auditd"},"tags":["access"],`, action)
}

func (g *generator) auditConnect(b []byte, h *host, p *process) []byte {
	to := g.ip()
	community := "1:" + base64.StdEncoding.EncodeToString([]byte(g.hex(20)))
	b = appendf(b, `"user":{"id":%s,"name":%s},"process":{"pid":%d,"name":%s,"executable":%s,"args":%a,"title":%s},`+
		`"destination":{"ip":%s,"port":%d,"path":""},"network":{"direction":"egress","transport":"tcp","type":"ipv4","community_id":%s},`,
		p.uid, p.user, p.pid, p.name, p.executable, p.args, p.command,
		to, pick(g, []int{443, 80, 53, 22, 6443, 5432, 9200, 8080}), community)
	b = appendf(b, `"source":{"ip":%s,"port":%d,"bytes":%d,"packets":%d},`+
		`"auditd":{"message_type":"syscall","sequence":%d,"result":"success","session":"unset",`+
		`"summary":{"actor":{"primary":"unset","secondary":%s},"object":{"primary":%s,"type":"socket"},"how":%s},`,
		h.ip, 32768+g.r.IntN(28000), g.r.IntN(9000), g.r.IntN(40), g.seq, p.user, to, p.executable)
	return appendf(b, `"data":{"a0":"3","a1":%s,"a2":"10","a3":"0","arch":"x86_64","exit":"0",`+
		`"socket":{"addr":%s,"family":"ipv4","port":"443"},"syscall":"connect","tty":"(none)"}},`+
		`"event":{"module":"auditd","kind":"event","category":["network"],"type":["connection","start"],"action":"connected-to",`+
		`"outcome":"success","dataset":"auditd"},"service":{"type":"auditd"},"tags":["net"],`, g.register(), to)
}

func (g *generator) integrity(b []byte, h *host, t string) []byte {
	path, _, ext := g.path(h)
	sha1 := g.hex(40)
	return appendf(b, `"service":{"type":"file_integrity"},"file":{"path":%s,"type":"file","size":%d,"extension":%s,`+
		`"created":%s,"ctime":%s,"mtime":%s,"inode":%s,"mode":"0644","owner":"root","group":"root","uid":"0","gid":"0",`+
		`"hash":{"sha1":%s,"sha256":%s}},"hash":{"sha1":%s},"event":{"module":"file_integrity","dataset":"file","kind":"event",`+
		`"category":["file"],"type":["change"],"action":[%s,"attributes_modified"],"sequence":%d},`,
		path, g.r.IntN(1e6), ext, t, t, t, g.number(900000), sha1, g.hex(64), sha1,
		pick(g, []string{"updated", "created", "deleted"}), g.seq)
}
