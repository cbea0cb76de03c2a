package load

import (
	"fmt"
	"strings"
	"time"
)

// defaultFrom is what a rule looks back when it does not say (rule-types.md section 0).
const defaultFrom = "now-6m"

// units are those of Elasticsearch's date math. A month and a year are taken at
// their mean lengths: they name no fixed time, and no rule uses them in a window.
var units = map[byte]time.Duration{
	's': time.Second,
	'm': time.Minute,
	'h': time.Hour,
	'H': time.Hour,
	'd': 24 * time.Hour,
	'w': 7 * 24 * time.Hour,
	'M': 730 * time.Hour,
	'y': 8760 * time.Hour,
}

// maxWindow bounds a window; a longer one is a slip of the pen.
const maxWindow = 50 * 8760 * time.Hour

// lookBack returns to minus from, both date math relative to now.
func lookBack(from, to string) (time.Duration, error) {
	start, err := offset(from)
	if err != nil {
		return 0, err
	}
	end, err := offset(to)
	if err != nil {
		return 0, err
	}
	if end <= start {
		return 0, fmt.Errorf("%q does not lie before %q", from, to)
	}
	return end - start, nil
}

// offset returns how far a date math expression lies from now: "now-1d+2h". Rounding
// ("/d") depends on the hour at which the rule runs and is refused.
func offset(expr string) (time.Duration, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(expr), "now")
	if !ok {
		return 0, fmt.Errorf("%q is not relative to now", expr)
	}
	if strings.Contains(rest, "/") {
		return 0, fmt.Errorf("%q is rounded, so its width depends on when the rule runs", expr)
	}
	var sum time.Duration
	for rest != "" {
		sign, n, unit, tail, ok := term(rest)
		if !ok || n > int64(maxWindow/unit) {
			return 0, fmt.Errorf("%q is not date math like now-9m", expr)
		}
		if sum += sign * time.Duration(n) * unit; sum.Abs() > maxWindow {
			return 0, fmt.Errorf("%q is not date math like now-9m", expr)
		}
		rest = tail
	}
	return sum, nil
}

// term reads one "-9m" off the front of s. A missing number is 1, as in "now-d".
func term(s string) (sign time.Duration, n int64, unit time.Duration, rest string, ok bool) {
	switch s[0] {
	case '-':
		sign = -1
	case '+':
		sign = 1
	default:
		return 0, 0, 0, "", false
	}
	i := 1
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		if n = n*10 + int64(s[i]-'0'); n > 1e12 {
			return 0, 0, 0, "", false
		}
	}
	if i == 1 {
		n = 1
	}
	if i == len(s) {
		return 0, 0, 0, "", false
	}
	unit, ok = units[s[i]]
	return sign, n, unit, s[i+1:], ok
}
