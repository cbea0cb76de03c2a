package index

import "strings"

// Costs say how often an atom is likely to hold: a made-up scale whose order is what
// matters. A wrong guess makes a tree be tried too often, never too seldom.
const (
	costRare   = 2
	costCommon = 60 // a value, start or end that many events have
	costFew    = 300
	costAlways = 1000 // the presence of a field that most events have
	costSeldom = 150  // of one that few have
)

// costPresent is the cost of the presence of a field.
func costPresent(name string) int {
	if strings.Count(name, ".") < 2 && !strings.HasPrefix(name, "dll.") && !strings.HasPrefix(name, "dns.") {
		return costAlways
	}
	if strings.HasPrefix(name, "process.parent.") || strings.HasPrefix(name, "host.") {
		return costAlways
	}
	return costSeldom
}

// cost is that of one atom; there is the cost of the presence of its field.
func (a atom) cost(there int) int {
	switch a.kind {
	case number, address:
		return costRare
	case exact:
		if fewValues[a.text] {
			return max(costFew, there/2)
		}
		if commonValues[a.text] {
			return costCommon
		}
		return costRare
	case gram:
		return 4 + 80/rarity(a.text)
	case start, end:
		return endCost(a.text)
	}
	return there
}

// endCost is the cost of a text at the start or end of values: the shorter the more
// often it stands there.
func endCost(text string) int {
	switch {
	case commonEnds[text]:
		return costFew
	case len(text) == 1:
		return costFew
	case len(text) == 2:
		return costCommon
	case len(text) == 3:
		return costCommon / 3
	}
	return 4
}

// fewValues are values of fields that have few of them.
var fewValues = setOf("true", "false", "", "tcp", "udp", "egress", "ingress", "outgoing", "incoming", "outbound", "inbound",
	"ipv4", "ipv6", "system", "high", "trusted", "0")

// commonValues are values that many events have.
var commonValues = setOf("bash", "sh", "dash", "zsh", "cmd.exe", "powershell.exe", "svchost.exe", "explorer.exe",
	"services.exe", "python", "python3", "curl", "root", "s-1-5-18", "socket", "execve", "-c", "/c", "dns", "http", "tls",
	"rundll32.exe", "systemd", "sudo", "cron", "/bin/bash", "/bin/sh", "/usr/bin/bash", "/usr/bin/dash")

// commonEnds are starts and ends of a large share of all paths.
var commonEnds = setOf(".exe", "exe", ".dll", "c:\\", "c:\\wind", "c:\\prog", "c:\\user", "/usr/bi", "/usr/li", "/usr/sb",
	"/usr/", "/bin/", "/var/", "/home/", "http://", "https:/", "hklm\\so", "hklm\\sy", "hkey_lo", "\\regist", "-", "/", "\\", ".")

func setOf(texts ...string) map[string]bool {
	m := map[string]bool{}
	for _, t := range texts {
		m[t] = true
	}
	return m
}

// rarestGram picks the gram of a text that is likely to be rarest in events.
func rarestGram(s string) (string, bool) {
	if len(s) < gramSize {
		return "", false
	}
	best := s[:gramSize]
	for i := 1; i+gramSize <= len(s); i++ {
		if g := s[i : i+gramSize]; rarity(g) > rarity(best) {
			best = g
		}
	}
	return best, true
}

// common are texts that stand in a large share of all paths and command lines.
var common = []string{
	`c:\windows\system32\`, `\program files (x86)\`, `\programdata\microsoft\`, `\users\public\`,
	`\appdata\local\temp\`, `.exe`, `.dll`, `/usr/bin/`, `/usr/local/sbin/`, `/usr/lib/`, `/bin/sh -c`,
	`/bin/bash`, `/var/log/`, `/home/`, `/library/`, `/applications/`, `\registry\machine\software\`,
	`\currentcontrolset\services\`, `hklm\software\microsoft\windows\currentversion\`, `windows nt`,
	`http://`, `https://`, `.com`,
}

var commonGrams = func() map[string]bool {
	m := map[string]bool{}
	for _, s := range common {
		for i := 0; i+gramSize <= len(s); i++ {
			m[s[i:i+gramSize]] = true
		}
	}
	return m
}()

// rarity scores a gram: frequent letters and separators count little, grams of
// common paths next to nothing.
func rarity(g string) int {
	if commonGrams[g] {
		return 1
	}
	score := 2
	for i := 0; i < len(g); i++ {
		switch c := g[i]; {
		case c == 'e' || c == 't' || c == 'a' || c == 'o' || c == 'i' || c == 'n' || c == 's' || c == 'r':
			score++
		case c == ' ' || c == '/' || c == '\\' || c == '.' || c == '-':
			score += 2
		case c >= 'a' && c <= 'z':
			score += 3
		default:
			score += 4
		}
	}
	return score
}
