package report

// The colours of severities, and of the bands of hosts and users: critical bold red,
// high magenta, medium or moderate yellow, low green. The word is always printed; colour only helps to find it.
var severityColours = map[string]string{
	"critical": "\x1b[1;31m",
	"high":     "\x1b[35m",
	"medium":   "\x1b[33m",
	"moderate": "\x1b[33m",
	"low":      "\x1b[32m",
}

const (
	bold  = "\x1b[1m"
	reset = "\x1b[0m"
)

// paint colours s when opt asks for it and the colour is known.
func paint(s, colour string, opt Options) string {
	if !opt.Color || colour == "" {
		return s
	}
	return colour + s + reset
}

// title writes the name of a part of the screen.
func title(s string, opt Options) string { return paint(s, bold, opt) }

// Paint writes s in the colour of a severity when opt asks for colours.
func Paint(s, severity string, opt Options) string { return paint(s, severityColours[severity], opt) }
