package event

// check holds a line against RFC 8259 and the limits of this package. A nil result
// means that the line is one JSON object (and white space).
func check(line []byte) *BadLine {
	i := space(line, 0)
	if i == len(line) {
		return errNotJSON
	}
	end, _ := skip(line, i, 0)
	if end < 0 {
		return blame(line, ^end)
	}
	if space(line, end) != len(line) {
		return errNotJSON
	}
	switch line[i] {
	case '{':
	case '[':
		return errArray
	default:
		return errNotObject
	}
	if len(line) > 2*maxValues && countValues(line) > maxValues {
		return errManyValues
	}
	return nil
}

// blame names the reason why skip stopped at p.
func blame(line []byte, p int) *BadLine {
	switch {
	case depthBefore(line, p) > maxDepth:
		return errDeep
	case p >= len(line):
		return errShort
	}
	return errNotJSON
}

// depthBefore counts the containers open before p, in a line that is well formed
// up to there.
func depthBefore(line []byte, p int) int {
	depth := 0
	for i := 0; i < p && i < len(line); i++ {
		switch line[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			end, _ := stringEnd(line, i+1)
			if end < 0 {
				return depth
			}
			i = end - 1
		}
	}
	return depth
}

// countValues counts containers and the members and elements in them, in a line
// that is well formed: no fewer than there are values.
func countValues(line []byte) int {
	n := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '{', '[', ',':
			n++
		case '"':
			end, _ := stringEnd(line, i+1)
			i = end - 1
		}
	}
	return n
}
