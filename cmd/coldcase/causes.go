package main

import (
	"fmt"
	"reflect"
)

// causesShown bounds the rules and inputs that are named as causes of each kind.
const causesShown = 10

// causes says what else two manifests differ in, as far as it can explain that outputs
// do: the tool, the rules, other files given, the inputs.
func causes(was, is *manifest) []string {
	var out []string
	if !reflect.DeepEqual(was.Tool, is.Tool) {
		out = append(out, fmt.Sprintf("the tool: %s then, %s now", toolText(was.Tool), toolText(is.Tool)))
	}
	out = append(out, ruleCauses(was, is)...)
	for i, f := range was.Given {
		if i < len(is.Given) && !reflect.DeepEqual(f, is.Given[i]) {
			out = append(out, fmt.Sprintf("--%s %s: %s then, %s now", f.Flag, f.File, shortHash(f.SHA256), shortHash(is.Given[i].SHA256)))
		}
	}
	out = append(out, inputCauses(was, is)...)
	if len(out) == 0 {
		out = append(out, "nothing else differs: tool, rules and inputs are the same")
		if was.Run.Directory != is.Run.Directory {
			out = append(out, "the run was in "+was.Run.Directory)
		}
	}
	return out
}

func toolText(t manifestTool) string {
	s := fmt.Sprintf("%s %s, ATT&CK v%s", t.Name, t.Version, t.ATTACK)
	if t.Revision != nil {
		s += ", revision " + *t.Revision
	}
	if t.Modified {
		s += " with local changes"
	}
	return s
}

func shortHash(s *string) string {
	if s == nil {
		return "not readable"
	}
	return "SHA-256 " + (*s)[:min(12, len(*s))]
}

// named collects causes of one kind, of which only the first are shown.
type named struct {
	out  []string
	more int
	kind string
}

func (n *named) add(format string, args ...any) {
	if len(n.out) == causesShown {
		n.more++
		return
	}
	n.out = append(n.out, fmt.Sprintf(format, args...))
}

func (n *named) list() []string {
	if n.more > 0 {
		return append(n.out, fmt.Sprintf("%d more %s", n.more, n.kind))
	}
	return n.out
}

// ruleCauses compares rules by id, version and file.
func ruleCauses(was, is *manifest) []string {
	type key struct {
		id, file string
		version  int
	}
	keyOf := func(r manifestRule) key {
		k := key{id: r.ID, file: r.File}
		if r.Version != nil {
			k.version = *r.Version
		}
		return k
	}
	now := map[key]manifestRule{}
	for _, r := range is.Rules.List {
		now[keyOf(r)] = r
	}
	n := &named{kind: "rules"}
	for _, r := range was.Rules.List {
		r2, ok := now[keyOf(r)]
		delete(now, keyOf(r))
		switch {
		case !ok:
			n.add("rule %s (%s): not there now", r.Name, r.File)
		case r2.SHA256 != r.SHA256:
			n.add("rule %s (%s): SHA-256 %.12s then, %.12s now", r.Name, r.File, r.SHA256, r2.SHA256)
		case r2.Status != r.Status:
			n.add("rule %s (%s): %s then, %s now", r.Name, r.File, r.Status, r2.Status)
		}
	}
	for _, r := range is.Rules.List {
		if _, ok := now[keyOf(r)]; ok {
			n.add("rule %s (%s): not there then", r.Name, r.File)
		}
	}
	return n.list()
}

// inputCauses compares inputs by name.
func inputCauses(was, is *manifest) []string {
	now := map[string]manifestInput{}
	for _, in := range is.Inputs {
		now[in.File] = in
	}
	n := &named{kind: "inputs"}
	for _, in := range was.Inputs {
		in2, ok := now[in.File]
		delete(now, in.File)
		switch {
		case !ok:
			n.add("input %s: not there now", in.File)
		case !reflect.DeepEqual(in.SHA256, in2.SHA256):
			n.add("input %s: %s then, %s now", in.File, shortHash(in.SHA256), shortHash(in2.SHA256))
		case in.Status != in2.Status || in.Lines != in2.Lines || in.BadLines != in2.BadLines:
			n.add("input %s: %s with %d lines then, %s with %d lines now", in.File, in.Status, in.Lines, in2.Status, in2.Lines)
		}
	}
	for _, in := range is.Inputs {
		if _, ok := now[in.File]; ok {
			n.add("input %s: not there then", in.File)
		}
	}
	return n.list()
}
