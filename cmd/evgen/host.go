package main

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// hostCount and processCount fix how many machines there are and how many processes
// each of them runs at a time.
const (
	hostCount    = 14
	processCount = 300
)

// host is one machine; every second one runs Windows.
type host struct {
	windows bool
	name    string
	agent   string // id of its agent
	ip      string
	json    string // the host object of its events
	agents  string // the agent object of its auditbeat events
	running []process
}

// process is one running program.
type process struct {
	image
	pid           int
	args          []string
	command       string
	entity        string
	user, uid, wd string
	parent        parent
	ancestry      []string
}

type parent struct {
	name, executable, entity string
	pid                      int
	args                     []string
}

// image is a program file. Its hashes are the same on all hosts.
type image struct {
	name, executable, signer string
	md5, sha1, sha256        string
	arguments                []string
}

func (g *generator) images(specs []spec, separator string) []image {
	var out []image
	for _, s := range specs {
		out = append(out, image{
			name:       s.executable[strings.LastIndex(s.executable, separator)+1:],
			executable: s.executable, signer: signerOf(s.executable),
			md5: g.hex(32), sha1: g.hex(40), sha256: g.hex(64),
			arguments: s.arguments,
		})
	}
	return out
}

// signerOf is who signs a program: an unlikely signer of a system program is itself what
// rules look for.
func signerOf(executable string) string {
	for _, s := range signers {
		if strings.HasPrefix(executable, s.below) {
			return s.name
		}
	}
	return "Contoso Software Ltd."
}

func (g *generator) newHost(i int) *host {
	h := &host{windows: i%2 == 1, agent: g.uuid(), ip: g.privateIP()}
	mac := strings.ToUpper("00-50-56-" + g.hex(2) + "-" + g.hex(2) + "-" + g.hex(2))
	ip6 := "fe80::" + g.hex(4) + ":" + g.hex(4) + ":" + g.hex(4) + ":" + g.hex(4)
	if h.windows {
		h.name = fmt.Sprintf("win-%s-%02d", pick(g, words), i)
		h.json = string(appendf(nil, windowsHost, h.name, h.ip, ip6, h.name, g.uuid(), mac))
	} else {
		h.name = fmt.Sprintf("ip-%s-%02d.ec2.internal", pick(g, words), i)
		h.json = string(appendf(nil, linuxHost, g.hex(32), h.ip, ip6, h.name, mac, h.name))
	}
	h.agents = string(appendf(nil, `{"ephemeral_id":%s,"id":%s,"name":%s,"type":"auditbeat","version":"8.17.0"}`,
		g.uuid(), h.agent, h.name))
	for range processCount {
		h.running = append(h.running, g.newProcess(h))
	}
	return h
}

const windowsHost = `{"hostname":%s,"os":{"Ext":{"variant":"Windows Server 2019 Datacenter"},` +
	`"kernel":"1809 (10.0.17763.2686)","name":"Windows","family":"windows","type":"windows",` +
	`"version":"1809 (10.0.17763.2686)","platform":"windows","full":"Windows Server 2019 Datacenter 1809 (10.0.17763.2686)"},` +
	`"ip":[%s,%s,"127.0.0.1","::1"],"name":%s,"id":%s,"mac":[%s],"architecture":"x86_64"}`

const linuxHost = `{"id":%s,"containerized":false,"ip":[%s,%s],"name":%s,"mac":[%s],"hostname":%s,"architecture":"x86_64",` +
	`"os":{"type":"linux","platform":"ubuntu","version":"22.04.4 LTS (Jammy Jellyfish)","family":"debian",` +
	`"name":"Ubuntu","kernel":"5.15.0-1056-aws","codename":"jammy"}}`

// newProcess starts a program below one that runs on h.
func (g *generator) newProcess(h *host) process {
	images := g.linux
	if h.windows {
		images = g.windows
	}
	p := process{image: images[g.skewed(len(images))], pid: 100 + g.r.IntN(200000), entity: g.entity(h)}
	first := p.name
	if h.windows {
		first = p.executable
	}
	p.args = append([]string{first}, g.expand(pick(g, p.arguments))...)
	p.command = strings.Join(p.args, " ")
	g.setParent(h, &p)
	g.setUser(h, &p)
	return p
}

func (g *generator) entity(h *host) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s-%d-%d.%d",
		h.agent, 100+g.r.IntN(90000), 1700000000+g.r.IntN(900000), g.r.IntN(1e9)))
}

func (g *generator) setParent(h *host, p *process) {
	if len(h.running) == 0 {
		p.parent = parent{"systemd", "/usr/lib/systemd/systemd", g.entity(h), 1, []string{"/sbin/init"}}
		p.ancestry = []string{p.parent.entity}
		return
	}
	q := &h.running[g.r.IntN(len(h.running))]
	p.parent = parent{q.name, q.executable, q.entity, q.pid, q.args}
	p.ancestry = append([]string{q.entity}, q.ancestry[:min(len(q.ancestry), 4)]...)
}

func (g *generator) setUser(h *host, p *process) {
	if h.windows {
		p.user, p.uid, p.wd = pick(g, windowsUsers), "S-1-5-18", `C:\Windows\system32\`
		if g.r.IntN(3) == 0 {
			p.uid = "S-1-5-21-3623811015-3361044348-30300820-" + strconv.Itoa(1000+g.r.IntN(40))
		}
		return
	}
	p.user, p.uid = pick(g, linuxUsers), strconv.Itoa(g.r.IntN(5)*1000)
	p.wd = pick(g, []string{"/", "/root", "/home/ubuntu", "/var/www/html",
		"/var/lib/jenkins/workspace/" + pick(g, words), "/opt/app/" + pick(g, words)})
}
