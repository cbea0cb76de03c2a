package load

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"coldcase/rules"
)

// indicatorType is one kind of indicator that a list, a CSV file or a STIX pattern may
// hold.
type indicatorType struct {
	ecs   string   // threat.indicator.type
	paths []string // of the fields that hold the value
	names []string // what feeds call it, in lower case
	// is recognises a value of the type; nil when only a name can tell.
	is func(s string) bool
	// normal writes a value as events have it; nil leaves it.
	normal func(s string) string
}

// indicatorTypes lists the types in the order in which a value's is guessed.
var indicatorTypes = []indicatorType{
	{ecs: "email-addr", paths: []string{"threat.indicator.email.address"}, is: emailShape.MatchString,
		names: []string{"email", "email-addr", "email-src", "email-dst", "email_address"}},
	{ecs: "url", paths: []string{"threat.indicator.url.full", "threat.indicator.url.original"}, is: isURL,
		names: []string{"url", "uri", "link"}},
	{ecs: "windows-registry-key", paths: []string{"threat.indicator.registry.path"}, is: registryShape.MatchString, normal: shortHive,
		names: []string{"registry", "regkey", "registry-key", "registry_key", "registry.path", "windows-registry-key"}},
	{ecs: "ipv4-addr", paths: []string{"threat.indicator.ip"}, is: isNet, normal: bareIP,
		names: []string{"ip", "ipv4", "ipv6", "ipv4-addr", "ipv6-addr", "ip-src", "ip-dst", "ip_address", "cidr", "netblock"}},
	hashType("md5", 32), hashType("sha1", 40), hashType("sha256", 64), hashType("sha512", 128),
	{ecs: "file", paths: []string{"threat.indicator.file.pe.imphash"}, normal: strings.ToLower, names: []string{"imphash"}},
	{ecs: "file", paths: []string{"threat.indicator.file.name"}, names: []string{"filename", "file", "file-name", "file_name"}},
	{ecs: "file", paths: []string{"threat.indicator.file.path"}, names: []string{"filepath", "file-path", "file_path", "path"}},
	{ecs: "domain-name", paths: []string{"threat.indicator.url.domain"}, is: isDomain, normal: lowerDomain,
		names: []string{"domain", "domain-name", "hostname", "host", "fqdn"}},
}

func hashType(name string, digits int) indicatorType {
	hyphen := name[:3] + "-" + name[3:] // sha-256
	return indicatorType{ecs: "file", paths: []string{"threat.indicator.file.hash." + name}, normal: strings.ToLower,
		names: []string{name, hyphen, "hash_" + name, "file-" + name, "filehash-" + name},
		is:    func(s string) bool { return len(s) == digits && hexShape.MatchString(s) }}
}

var (
	hexShape    = regexp.MustCompile(`^[0-9A-Fa-f]+$`)
	emailShape  = regexp.MustCompile(`^[^\s@/:]+@[^\s@/:]+\.[^\s@/:.]+$`)
	domainShape = regexp.MustCompile(`^(?:[\pL\pN_](?:[\pL\pN_-]{0,61}[\pL\pN_])?\.)+[\pL](?:[\pL\pN-]{0,61}[\pL\pN])\.?$`)
	// registryShape is a path below a hive.
	registryShape = regexp.MustCompile(`^(?i)(?:HKEY_[A-Z_]+|HKLM|HKCU|HKCR|HKU|HKCC|\\REGISTRY)\\`)
	schemeShape   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://[^\s]`)
)

func isURL(s string) bool { return schemeShape.MatchString(s) && !strings.ContainsAny(s, " \t") }

func isNet(s string) bool {
	s = bareIP(s)
	if strings.Contains(s, "/") {
		_, err := netip.ParsePrefix(s)
		return err == nil
	}
	a, err := netip.ParseAddr(s)
	return err == nil && a.Zone() == ""
}

// bareIP takes an IPv6 address out of its brackets.
func bareIP(s string) string {
	if in, ok := strings.CutPrefix(s, "["); ok && strings.HasSuffix(in, "]") {
		return strings.TrimSuffix(in, "]")
	}
	return s
}

// fileSuffixes end the names of files that look like names of hosts.
var fileSuffixes = []string{".bat", ".dll", ".doc", ".docx", ".exe", ".jar", ".pdf", ".ps1", ".sys", ".vbs", ".xls", ".xlsx"}

func isDomain(s string) bool {
	return domainShape.MatchString(s) &&
		!slices.ContainsFunc(fileSuffixes, func(x string) bool { return strings.HasSuffix(strings.ToLower(s), x) })
}

// ecsType is threat.indicator.type of a value of the type.
func (t indicatorType) ecsType(value string) string {
	if t.ecs == "ipv4-addr" && strings.Contains(value, ":") {
		return "ipv6-addr"
	}
	return t.ecs
}

// lowerDomain writes a name as events do: lower case, no dot for the root.
func lowerDomain(s string) string { return strings.TrimSuffix(strings.ToLower(s), ".") }

// hives are the long names of the registry's hives, for which events have short ones.
var hives = []struct{ long, short string }{
	{"HKEY_LOCAL_MACHINE", "HKLM"}, {"HKEY_CURRENT_USER", "HKCU"}, {"HKEY_CLASSES_ROOT", "HKCR"},
	{"HKEY_USERS", "HKEY_USERS"}, {"HKEY_CURRENT_CONFIG", "HKCC"},
}

// shortHive writes a registry path as ECS does (HKLM\...).
func shortHive(s string) string {
	hive, rest, ok := strings.Cut(s, `\`)
	for _, h := range hives {
		if ok && strings.EqualFold(hive, h.long) {
			return h.short + `\` + rest
		}
	}
	return s
}

// guessType tells a value's type from its shape.
func guessType(s string) (indicatorType, bool) {
	for _, t := range indicatorTypes {
		if t.is != nil && t.is(s) {
			return t, true
		}
	}
	return indicatorType{}, false
}

// typeNamed returns the type that a feed calls name. A plain "hash" is told by its
// length.
func typeNamed(name, value string) (indicatorType, bool) {
	name = strings.ToLower(strings.TrimSpace(name))
	if name == "hash" || name == "filehash" || name == "file.hash" {
		t, ok := guessType(value)
		return t, ok && strings.HasPrefix(t.paths[0], "threat.indicator.file.hash.")
	}
	for _, t := range indicatorTypes {
		if slices.Contains(t.names, name) {
			return t, true
		}
	}
	return indicatorType{}, false
}

// fields returns the fields of an indicator of the type. A value that cannot be one of
// it is a mistake: it would never match.
func (t indicatorType) fields(value string) ([]rules.IndicatorField, error) {
	if t.is != nil && !t.is(value) && t.ecs != "windows-registry-key" {
		return nil, fmt.Errorf("%.60q is no %s", value, t.names[0])
	}
	if t.normal != nil {
		value = t.normal(value)
	}
	var out []rules.IndicatorField
	for _, p := range t.paths {
		out = append(out, rules.IndicatorField{Path: p, Value: value})
	}
	return out, nil
}

// defanged are the ways in which feeds make values harmless.
var defanged = strings.NewReplacer("[.]", ".", "(.)", ".", "{.}", ".", "[dot]", ".", "(dot)", ".",
	"[:]", ":", "[://]", "://", "[@]", "@", "[at]", "@")

// refang makes a defanged value what it was: hxxp://evil[.]example.
func refang(s string) string {
	plain := defanged.Replace(s)
	if len(plain) > 7 && strings.EqualFold(plain[:4], "hxxp") {
		if u, err := url.Parse("http" + plain[4:]); err == nil && u.Host != "" {
			plain = "http" + plain[4:]
		}
	}
	return plain
}

// indicatorFields are the fields of ECS that a header may name without the prefix
// threat.indicator.
var indicatorFields = []string{
	"file.hash.md5", "file.hash.sha1", "file.hash.sha256", "file.hash.sha384", "file.hash.sha512", "file.hash.ssdeep",
	"file.hash.tlsh", "file.pe.imphash", "file.name", "file.path", "ip", "port", "url.full", "url.original",
	"url.domain", "url.path", "registry.path", "registry.key", "registry.value", "email.address",
}

// ecsPath returns the field that a column holds, "" when it is none.
func ecsPath(name string) string {
	if rest, ok := strings.CutPrefix(name, "threat.indicator."); ok && rest != "" {
		return name
	}
	if slices.Contains(indicatorFields, name) && strings.Contains(name, ".") {
		return "threat.indicator." + name
	}
	return ""
}
