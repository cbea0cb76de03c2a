package esql

// grokLibrary is the patterns that %{NAME} stands for. Names and meaning are those of
// Elastic's library (ECS version); the expressions are ours, for Go's engine, which has no
// lookaround: where the original asks for "no digit here", \b asks for "no word here". A
// name that is not listed is refused, not guessed.
var grokLibrary = map[string]string{
	// Words and numbers.
	"WORD":         `\b\w+\b`,
	"NOTSPACE":     `\S+`,
	"SPACE":        `\s*`,
	"DATA":         `.*?`,
	"GREEDYDATA":   `.*`,
	"QUOTEDSTRING": `"(?:\\.|[^\\"])*"|'(?:\\.|[^\\'])*'|` + "`(?:\\\\.|[^\\\\`])*`",
	"QS":           `%{QUOTEDSTRING}`,
	"USERNAME":     `[a-zA-Z0-9._-]+`,
	"USER":         `%{USERNAME}`,
	"INT":          `[+-]?[0-9]+`,
	"BASE10NUM":    `[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)`,
	"NUMBER":       `%{BASE10NUM}`,
	"BASE16NUM":    `[+-]?(?:0x)?[0-9A-Fa-f]+`,
	"BASE16FLOAT":  `\b[+-]?(?:0x)?(?:[0-9A-Fa-f]+(?:\.[0-9A-Fa-f]*)?|\.[0-9A-Fa-f]+)\b`,
	"POSINT":       `\b[1-9][0-9]*\b`,
	"NONNEGINT":    `\b[0-9]+\b`,
	"UUID":         `[A-Fa-f0-9]{8}-(?:[A-Fa-f0-9]{4}-){3}[A-Fa-f0-9]{12}`,
	"URN":          `urn:[0-9A-Za-z][0-9A-Za-z-]{0,31}:(?:%[0-9a-fA-F]{2}|[0-9A-Za-z()+,.:=@;$_!*'/?#-])+`,
	"LOGLEVEL":     `(?i:alert|trace|debug|notice|info(?:rmation)?|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|severe|emerg(?:ency)?)`,

	// Addresses.
	"EMAILLOCALPART": `[a-zA-Z0-9!#$%&'*+/=?^_{|}~-]+(?:\.[a-zA-Z0-9!#$%&'*+/=?^_{|}~-]+)*`,
	"EMAILADDRESS":   `%{EMAILLOCALPART}@%{HOSTNAME}`,
	"MAC":            `%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC}`,
	"CISCOMAC":       `(?:[A-Fa-f0-9]{4}\.){2}[A-Fa-f0-9]{4}`,
	"WINDOWSMAC":     `(?:[A-Fa-f0-9]{2}-){5}[A-Fa-f0-9]{2}`,
	"COMMONMAC":      `(?:[A-Fa-f0-9]{2}:){5}[A-Fa-f0-9]{2}`,
	"IPV4":           `\b%{OCTET}(?:\.%{OCTET}){3}\b`,
	"OCTET":          `(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])`,
	"IPV6": `(?:(?:[0-9A-Fa-f]{1,4}:){6}%{LOW32}|::(?:[0-9A-Fa-f]{1,4}:){5}%{LOW32}` +
		`|(?:[0-9A-Fa-f]{1,4})?::(?:[0-9A-Fa-f]{1,4}:){4}%{LOW32}` +
		`|(?:(?:[0-9A-Fa-f]{1,4}:){0,1}[0-9A-Fa-f]{1,4})?::(?:[0-9A-Fa-f]{1,4}:){3}%{LOW32}` +
		`|(?:(?:[0-9A-Fa-f]{1,4}:){0,2}[0-9A-Fa-f]{1,4})?::(?:[0-9A-Fa-f]{1,4}:){2}%{LOW32}` +
		`|(?:(?:[0-9A-Fa-f]{1,4}:){0,3}[0-9A-Fa-f]{1,4})?::[0-9A-Fa-f]{1,4}:%{LOW32}` +
		`|(?:(?:[0-9A-Fa-f]{1,4}:){0,4}[0-9A-Fa-f]{1,4})?::%{LOW32}` +
		`|(?:(?:[0-9A-Fa-f]{1,4}:){0,5}[0-9A-Fa-f]{1,4})?::[0-9A-Fa-f]{1,4}` +
		`|(?:(?:[0-9A-Fa-f]{1,4}:){0,6}[0-9A-Fa-f]{1,4})?::)(?:%[0-9A-Za-z]+)?`,
	"LOW32":      `(?:%{IPV4}|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4})`,
	"IP":         `%{IPV6}|%{IPV4}`,
	"HOSTNAME":   `\b[0-9A-Za-z][0-9A-Za-z-]{0,62}(?:\.[0-9A-Za-z][0-9A-Za-z-]{0,62})*(?:\.?|\b)`,
	"HOST":       `%{HOSTNAME}`,
	"IPORHOST":   `%{IP}|%{HOSTNAME}`,
	"HOSTPORT":   `%{IPORHOST}:%{POSINT}`,
	"HTTPDUSER":  `%{EMAILADDRESS}|%{USER}`,
	"HTTPDERROR": `%{LOGLEVEL}`,

	// Paths and URLs.
	"PATH":         `%{UNIXPATH}|%{WINPATH}`,
	"UNIXPATH":     `(?:/[\w_%!$@:.,+~-]*)+`,
	"WINPATH":      `(?:[A-Za-z]:|\\)(?:\\[^\\?*]*)+`,
	"TTY":          `/dev/(?:pts|tty(?:[pq])?)(?:\w+)?/?(?:[0-9]+)`,
	"URIPROTO":     `[A-Za-z][A-Za-z0-9+.-]+`,
	"URIHOST":      `%{IPORHOST}(?::%{POSINT})?`,
	"URIPATH":      `(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_-]*)+`,
	"URIQUERY":     `[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\[\]<>-]*`,
	"URIPARAM":     `\?%{URIQUERY}`,
	"URIPATHPARAM": `%{URIPATH}(?:\?%{URIQUERY})?`,
	"URI":          `%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATH}(?:\?%{URIQUERY})?)?`,

	// Dates and times.
	"MONTH": `\b(?:[Jj]an(?:uary)?|[Ff]eb(?:ruary)?|[Mm]ar(?:ch)?|[Aa]pr(?:il)?|[Mm]ay|[Jj]une?|[Jj]uly?` +
		`|[Aa]ug(?:ust)?|[Ss]ep(?:tember)?|[Oo]ct(?:ober)?|[Nn]ov(?:ember)?|[Dd]ec(?:ember)?)\b`,
	"MONTHNUM":          `0[1-9]|1[0-2]|[1-9]`,
	"MONTHNUM2":         `0[1-9]|1[0-2]`,
	"MONTHDAY":          `0[1-9]|[12][0-9]|3[01]|[1-9]`,
	"DAY":               `Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?`,
	"YEAR":              `(?:\d\d){1,2}`,
	"HOUR":              `2[0123]|[01]?[0-9]`,
	"MINUTE":            `[0-5][0-9]`,
	"SECOND":            `(?:[0-5]?[0-9]|60)(?:[:.,][0-9]+)?`,
	"TIME":              `%{HOUR}:%{MINUTE}(?::%{SECOND})`,
	"DATE_US":           `%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}`,
	"DATE_EU":           `%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}`,
	"DATE":              `%{DATE_US}|%{DATE_EU}`,
	"DATESTAMP":         `%{DATE}[- ]%{TIME}`,
	"ISO8601_TIMEZONE":  `Z|[+-]%{HOUR}(?::?%{MINUTE})`,
	"ISO8601_SECOND":    `%{SECOND}|60`,
	"TIMESTAMP_ISO8601": `%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?%{ISO8601_TIMEZONE}?`,
	"TZ":                `[A-Z]{3}`,
	"HTTPDATE":          `%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}`,
	"SYSLOGTIMESTAMP":   `%{MONTH} +%{MONTHDAY} %{TIME}`,
	"PROG":              `[\x21-\x5a\x5c\x5e-\x7e]+`,
	"SYSLOGHOST":        `%{IPORHOST}`,
}
