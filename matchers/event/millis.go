package event

import "math"

// parseMillis reads a decimal number of milliseconds, with fraction and exponent,
// as nanoseconds. Digits below a nanosecond are cut off.
func parseMillis(b []byte) (nanos int64, ok bool) {
	if len(b) == 0 || b[0] != '-' && b[0]-'0' > 9 || numberEnd(b, 0) != len(b) {
		return 0, false
	}
	var d decimal
	i := 0
	if b[0] == '-' {
		i = 1
	}
	i = d.digits(b, i, 0)
	if i < len(b) && b[i] == '.' {
		i = d.digits(b, i+1, -1)
	}
	if i < len(b) {
		d.exponent(b[i+1:])
	}
	nanos, ok = d.scaled(6)
	if b[0] == '-' {
		nanos = -nanos
	}
	return nanos, ok
}

// decimal is mantissa * 10^exp. The mantissa holds at least 18 digits: every
// nanosecond from 1938 to 2001 and every ten of them beyond.
type decimal struct {
	mantissa int64
	exp      int
}

// digits reads digits, each of which moves the exponent by step.
func (d *decimal) digits(b []byte, i, step int) int {
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		if d.mantissa < math.MaxInt64/10 {
			d.mantissa = d.mantissa*10 + int64(b[i]-'0')
			d.exp += step
		} else {
			d.exp += step + 1
		}
	}
	return i
}

// exponent reads what follows the e. Beyond some thousands it makes no difference.
func (d *decimal) exponent(b []byte) {
	sign := 1
	if b[0] == '-' || b[0] == '+' {
		if b[0] == '-' {
			sign = -1
		}
		b = b[1:]
	}
	n := 0
	for _, c := range b {
		n = min(n*10+int(c-'0'), 1<<20)
	}
	d.exp += sign * n
}

// scaled returns mantissa * 10^(exp+by), cut off to an integer.
func (d *decimal) scaled(by int) (n int64, ok bool) {
	n = d.mantissa
	for e := d.exp + by; e > 0 && n != 0; e-- {
		if n > math.MaxInt64/10 {
			return 0, false
		}
		n *= 10
	}
	for e := d.exp + by; e < 0 && n != 0; e++ {
		n /= 10
	}
	return n, true
}
