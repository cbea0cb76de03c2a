package main

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

func pick[T any](g *generator, list []T) T { return list[g.r.IntN(len(list))] }

// skewed returns a number below n, small ones far more often: a few hosts, programs
// and processes make most of the events.
func (g *generator) skewed(n int) int {
	z := g.r.Float64()
	return min(int(float64(n)*z*z*z), n-1)
}

// hex returns n hexadecimal digits; n is even.
func (g *generator) hex(n int) string {
	b := make([]byte, n/2)
	for i := range b {
		b[i] = byte(g.r.Uint32())
	}
	return hex.EncodeToString(b)
}

func (g *generator) uuid() string {
	h := g.hex(32)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func (g *generator) ip() string {
	if g.r.IntN(3) > 0 {
		return g.privateIP()
	}
	return fmt.Sprintf("%d.%d.%d.%d", 1+g.r.IntN(220), g.r.IntN(256), g.r.IntN(256), 1+g.r.IntN(250))
}

func (g *generator) privateIP() string {
	return fmt.Sprintf("10.%d.%d.%d", g.r.IntN(8), g.r.IntN(64), 1+g.r.IntN(250))
}

// number returns a number below n as text.
func (g *generator) number(n int) string { return strconv.Itoa(g.r.IntN(n)) }

// register returns a syscall argument as auditd prints it.
func (g *generator) register() string {
	return strconv.FormatUint(uint64(g.r.Uint32())<<15|uint64(g.r.Uint32()), 16)
}

// opaque returns an id of n letters.
func (g *generator) opaque(n int) string {
	return base64.StdEncoding.EncodeToString([]byte(g.hex(2 * n)))[:n]
}

func (g *generator) linuxPath() string {
	return "/" + pick(g, linuxDirs) + "/" + pick(g, words) + "/" + pick(g, words) + pick(g, linuxExts)
}

func (g *generator) windowsPath() string {
	return `C:\` + pick(g, windowsDirs) + `\` + pick(g, words) + `\` + pick(g, words) + pick(g, windowsExts)
}

// path returns a file on h, with its name and extension.
func (g *generator) path(h *host) (path, name, ext string) {
	path, sep := g.linuxPath(), byte('/')
	if h.windows {
		path, sep = g.windowsPath(), '\\'
	}
	name = path[strings.LastIndexByte(path, sep)+1:]
	return path, name, name[strings.LastIndexByte(name, '.')+1:]
}

// expand replaces the braces of a spec's arguments and splits them at blanks.
func (g *generator) expand(arguments string) []string {
	list := strings.Fields(arguments)
	for i, s := range list {
		var b strings.Builder
		for {
			head, rest, ok := strings.Cut(s, "{")
			b.WriteString(head)
			if !ok {
				break
			}
			name, tail, _ := strings.Cut(rest, "}")
			b.WriteString(g.value(name))
			s = tail
		}
		list[i] = b.String()
	}
	return list
}

func (g *generator) value(name string) string {
	switch name {
	case "n":
		return g.number(100000)
	case "h":
		return g.hex(12)
	case "H":
		return g.hex(64)
	case "u":
		return g.uuid()
	case "w":
		return pick(g, words) + "-" + pick(g, words)
	case "p":
		return g.linuxPath()
	case "W":
		return g.windowsPath()
	case "ip":
		return g.ip()
	default:
		return "{" + name + "}" // braces that the program itself takes
	}
}
