package event

// The functions of this file read JSON at b[i:] and return where it ends. They
// accept what RFC 8259 allows and nothing else. A negative result ^p says that the
// text is wrong at p; p == len(b) means that it breaks off.

// space skips white space.
func space(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' {
		if c := b[i]; c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			break
		}
		i++
	}
	return i
}

// stringEnd reads a string from behind its opening quote to behind its closing
// one, and says whether there is a backslash in it.
func stringEnd(b []byte, i int) (end int, escaped bool) {
	for i+8 <= len(b) {
		if stop := stops(word(b, i)); stop != 0 {
			i += firstByte(stop)
			if b[i] == '"' {
				return i + 1, false
			}
			return escapedEnd(b, i)
		}
		i += 8
	}
	i = plainEnd(b, i)
	if i < len(b) && b[i] == '"' {
		return i + 1, false
	}
	return escapedEnd(b, i)
}

// plainEnd returns where the plain part of a string ends.
func plainEnd(b []byte, i int) int {
	for i+8 <= len(b) {
		if stop := stops(word(b, i)); stop != 0 {
			return i + firstByte(stop)
		}
		i += 8
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' {
		i++
	}
	return i
}

// escapedEnd reads the rest of a string that has an escape or a control character
// at i.
func escapedEnd(b []byte, i int) (end int, escaped bool) {
	for i < len(b) {
		switch b[i] {
		case '"':
			return i + 1, true
		case '\\':
			if i = escapeEnd(b, i+1); i < 0 {
				return i, true
			}
			i = plainEnd(b, i)
		default:
			return ^i, true
		}
	}
	return ^i, false
}

// escapeEnd reads what follows a backslash.
func escapeEnd(b []byte, i int) int {
	if i >= len(b) {
		return ^i
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		for n := 0; n < 4; n++ {
			i++
			if i >= len(b) || hexDigit(b[i]) < 0 {
				return ^i
			}
		}
		return i + 1
	}
	return ^i
}

func hexDigit(c byte) rune {
	switch {
	case c >= '0' && c <= '9':
		return rune(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10
	}
	return -1
}

// scalarEnd reads a number, true, false or null.
func scalarEnd(b []byte, i int) int {
	switch b[i] {
	case 't':
		return wordEnd(b, i, "true")
	case 'f':
		return wordEnd(b, i, "false")
	case 'n':
		return wordEnd(b, i, "null")
	}
	return numberEnd(b, i)
}

func wordEnd(b []byte, i int, word string) int {
	for n := 0; n < len(word); n++ {
		if i+n >= len(b) || b[i+n] != word[n] {
			return ^(i + n)
		}
	}
	return i + len(word)
}

// numberEnd reads -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
func numberEnd(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if i = digitsEnd(b, i); i < 0 {
		return i
	}
	if i < len(b) && b[i] == '.' {
		if i = digitsEnd(b, i+1); i < 0 {
			return i
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return digitsEnd(b, i)
	}
	return i
}

// digitsEnd reads one or more digits.
func digitsEnd(b []byte, i int) int {
	start := i
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	if i == start {
		return ^i
	}
	return i
}

// skip reads any value. leaf says whether there is a scalar other than null in
// it. depth is the number of containers around it.
func skip(b []byte, i, depth int) (end int, leaf bool) {
	if i >= len(b) {
		return ^len(b), false
	}
	switch b[i] {
	case '"':
		end, _ = stringEnd(b, i+1)
		return end, true
	case '{':
		return skipObject(b, i+1, depth+1)
	case '[':
		return skipArray(b, i+1, depth+1)
	}
	return scalarEnd(b, i), b[i] != 'n'
}

// skipObject reads an object from behind its brace.
func skipObject(b []byte, i, depth int) (end int, leaf bool) {
	if i = space(b, i); i < len(b) && b[i] == '}' && depth <= maxDepth {
		return i + 1, false
	}
	if depth > maxDepth {
		return ^i, false
	}
	for {
		if i = keyEnd(b, i); i < 0 {
			return i, false
		}
		var l bool
		if i, l = skip(b, i, depth); i < 0 {
			return i, false
		}
		leaf = leaf || l
		if i = space(b, i); i < len(b) && b[i] == ',' {
			i = space(b, i+1)
			continue
		}
		return closed(b, i, '}'), leaf
	}
}

// skipArray reads an array from behind its bracket.
func skipArray(b []byte, i, depth int) (end int, leaf bool) {
	if i = space(b, i); i < len(b) && b[i] == ']' && depth <= maxDepth {
		return i + 1, false
	}
	if depth > maxDepth {
		return ^i, false
	}
	for {
		var l bool
		if i, l = skip(b, i, depth); i < 0 {
			return i, false
		}
		leaf = leaf || l
		if i = space(b, i); i < len(b) && b[i] == ',' {
			i = space(b, i+1)
			continue
		}
		return closed(b, i, ']'), leaf
	}
}

// keyEnd reads a key, its colon and the space behind it.
func keyEnd(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return ^i
	}
	if i, _ = stringEnd(b, i+1); i < 0 {
		return i
	}
	if i = space(b, i); i >= len(b) || b[i] != ':' {
		return ^i
	}
	return space(b, i+1)
}

// closed reads the end of a container.
func closed(b []byte, i int, bracket byte) int {
	if i >= len(b) || b[i] != bracket {
		return ^i
	}
	return i + 1
}
