package load

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"coldcase/rules"
	"coldcase/rules/query"
	"coldcase/rules/source"
)

// maxValues bounds the values of one value list.
const maxValues = 2_000_000

// valueLists finds and reads the value lists that exception items name. Kibana's exports
// never hold them: they are files, one value a line.
type valueLists struct {
	given    map[string]string
	read     map[listKey]*valueList
	problems []rules.Problem
}

type listKey struct{ file, kind string }

// valueList is a list as its type has it: texts, or networks.
type valueList struct {
	texts []query.Literal
	nets  []string
	why   string // it cannot be used
}

func newValueLists(given map[string]string) *valueLists {
	return &valueLists{given: given, read: map[listKey]*valueList{}}
}

// valueKinds are the types of value lists that an exception can name.
var valueKinds = []string{"", "keyword", "text", "ip", "ip_range"}

// values returns the values of the list called id, or why it cannot be used.
func (v *valueLists) values(id, kind, dir string) (*valueList, string) {
	if !isOne(kind, valueKinds) {
		return nil, fmt.Sprintf("value list %q is of type %q; known are keyword, text, ip and ip_range", id, kind)
	}
	file, ok := v.find(id, dir)
	if !ok {
		return nil, fmt.Sprintf("value list %q is not given: --value-list %s=FILE", id, id)
	}
	key := listKey{file, kind}
	l, ok := v.read[key]
	if !ok {
		l = v.load(file, kind)
		v.read[key] = l
	}
	if l.why != "" {
		return nil, fmt.Sprintf("value list %q: %s", id, l.why)
	}
	return l, ""
}

// find returns the file of a list. An id is no path: what it names beside the exception
// file is a file there and nowhere else.
func (v *valueLists) find(id, dir string) (string, bool) {
	if file, ok := v.given[id]; ok {
		return file, true
	}
	if strings.HasPrefix(id, ".") || strings.ContainsAny(id, `/\`+"\x00") {
		return "", false
	}
	for _, name := range []string{id, id + ".txt"} {
		file := filepath.Join(dir, name)
		if info, err := os.Lstat(file); err == nil && info.Mode().IsRegular() {
			return file, true
		}
	}
	return "", false
}

// load reads a list. One bad value makes it unusable: "is not in list" of a part of a
// list would leave out too much.
func (v *valueLists) load(file, kind string) *valueList {
	data, err := readNamed(file)
	if err != nil {
		var pe *fs.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		v.problems = append(v.problems, rules.Problem{Path: filepath.ToSlash(file), Err: err})
		return &valueList{why: fmt.Sprintf("%s: %v", filepath.ToSlash(file), err)}
	}
	values, lines := listValues(string(data))
	switch {
	case len(values) > maxValues:
		return v.bad(file, fmt.Errorf("the value list has more than %d values", maxValues))
	case len(values) == 0:
		return v.bad(file, errors.New("the value list is empty"))
	case kind == "" && allNets(values):
		kind = "ip_range"
	}
	l := &valueList{}
	for i, s := range values {
		if kind != "ip" && kind != "ip_range" {
			l.texts = append(l.texts, query.Literal{Text: s})
			continue
		}
		nets, err := networks(s)
		if err != nil {
			at := source.Text{Path: filepath.ToSlash(file), Body: s, Line: lines[i]}
			return v.bad(file, at.Errorf(source.Span{}, "%v", err))
		}
		l.nets = append(l.nets, nets...)
	}
	return l
}

func (v *valueLists) bad(file string, err error) *valueList {
	file = filepath.ToSlash(file)
	v.problems = append(v.problems, rules.Problem{Path: file, Err: err})
	var at *source.Error
	if errors.As(err, &at) {
		return &valueList{why: fmt.Sprintf("%s:%d: %s", file, at.Line, at.Msg)}
	}
	return &valueList{why: fmt.Sprintf("%s: %v", file, err)}
}

// listValues returns the lines that hold a value, with their numbers.
func listValues(text string) (values []string, lines []int) {
	n := 0
	for line := range strings.Lines(text) {
		n++
		if s := strings.TrimSpace(line); s != "" {
			values, lines = append(values, s), append(lines, n)
		}
	}
	return values, lines
}

func allNets(values []string) bool {
	for _, s := range values {
		if _, err := networks(s); err != nil {
			return false
		}
	}
	return true
}

// networks reads "10.1.2.3", "10.0.0.0/8" or "10.0.0.3-10.0.0.9" as networks.
func networks(s string) ([]string, error) {
	from, to, dash := strings.Cut(s, "-")
	if dash {
		return rangeNetworks(strings.TrimSpace(from), strings.TrimSpace(to))
	}
	if strings.Contains(s, "/") {
		if _, err := netip.ParsePrefix(s); err != nil {
			return nil, fmt.Errorf("expected a network like 10.0.0.0/8, found %.60q", s)
		}
	} else if a, err := netip.ParseAddr(s); err != nil || a.Zone() != "" {
		return nil, fmt.Errorf("expected an address, a network or a range of addresses, found %.60q", s)
	}
	return []string{s}, nil
}

// rangeNetworks writes a range of addresses as the fewest networks.
func rangeNetworks(from, to string) ([]string, error) {
	a, errA := netip.ParseAddr(from)
	b, errB := netip.ParseAddr(to)
	a, b = a.Unmap(), b.Unmap()
	if errA != nil || errB != nil || a.Zone()+b.Zone() != "" || a.Is4() != b.Is4() || b.Less(a) {
		return nil, fmt.Errorf("expected a range like 10.0.0.3-10.0.0.9, found %.60q", from+"-"+to)
	}
	var out []string
	for {
		bits := a.BitLen()
		for bits > 0 {
			p := netip.PrefixFrom(a, bits-1)
			if p.Masked().Addr() != a || b.Less(lastAddr(p)) {
				break
			}
			bits--
		}
		p := netip.PrefixFrom(a, bits)
		out = append(out, p.String())
		last := lastAddr(p)
		if last == b {
			return out, nil
		}
		a = last.Next()
	}
}

// lastAddr returns the highest address of a network.
func lastAddr(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
