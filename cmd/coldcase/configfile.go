package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"coldcase/rules/source"
	"coldcase/scanner/report"

	"github.com/BurntSushi/toml"
)

// settings are the files in force, the first before the others.
type settings struct{ layers []layer }

// layer is one file of settings.
type layer struct {
	path string
	here bool // found in the working directory
	// byCommand holds what the tables say; "" what stands above the first.
	byCommand map[string]map[string]setting // by flag
}

// setting is the value of one flag, and where it is from.
type setting struct {
	values []string
	from   string
	here   bool // from a file in the working directory
}

// of returns what is set for a flag of a command.
func (s *settings) of(f *flag, command string) (setting, bool) {
	if v := os.Getenv(f.variable()); v != "" {
		return setting{values: []string{v}, from: f.variable()}, true
	}
	for _, l := range s.layers {
		for _, table := range []string{command, ""} {
			if set, ok := l.byCommand[table][f.name]; ok {
				return set, true
			}
		}
	}
	return setting{}, false
}

// parseLayer reads a file of settings. Every value is checked, also of flags that the
// command at hand does not have: a mistake is told at once. Errors have file, line and
// column.
func parseLayer(path, body string, here bool) (*layer, error) {
	text := source.Text{Path: path, Body: body}
	var file map[string]any
	if _, err := toml.Decode(body, &file); err != nil {
		if bad, ok := errors.AsType[toml.ParseError](err); ok {
			return nil, text.Errorf(source.Span{Start: bad.Position.Start, End: bad.Position.Start}, "toml: %s", firstLine(bad.Message))
		}
		return nil, fmt.Errorf("%s: %s", path, firstLine(err.Error()))
	}
	r := &layerReader{text: text, layer: &layer{path: path, here: here, byCommand: map[string]map[string]setting{}}}
	for _, key := range slices.Sorted(maps.Keys(file)) {
		if table, ok := file[key].(map[string]any); ok {
			r.table(key, table)
			continue
		}
		r.value("", key, file[key])
	}
	if len(r.errs) == 0 {
		return r.layer, nil
	}
	slices.SortStableFunc(r.errs, func(a, b *source.Error) int { return a.Line - b.Line })
	out := make([]error, len(r.errs))
	for i, e := range r.errs {
		out[i] = e
	}
	return nil, errors.Join(out...)
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

type layerReader struct {
	text  source.Text
	layer *layer
	errs  []*source.Error
}

func (r *layerReader) fail(table, key, format string, args ...any) {
	at := keyOffset(r.text.Body, table, key)
	r.errs = append(r.errs, r.text.Errorf(source.Span{Start: at, End: at}, format, args...))
}

// table reads the settings of one command.
func (r *layerReader) table(name string, keys map[string]any) {
	if !slices.Contains(configurable(), name) {
		r.fail("", name, "unknown table %q%s", name, meant(name, configurable()))
		return
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		r.value(name, key, keys[key])
	}
}

// value reads one setting.
func (r *layerReader) value(table, key string, v any) {
	f := flagNamed(key)
	switch {
	case f == nil || f.name == configFlag.name:
		r.fail(table, key, "unknown key %q%s", key, meant(key, flagNames()))
		return
	case table != "" && !f.on(table):
		r.fail(table, key, "%s has no flag --%s", table, key)
		return
	case r.layer.here && f.writes():
		r.fail(table, key, "--%s says where to write: a file in the working directory may not set it, your own settings or --config may", key)
		return
	}
	values, err := textsOf(v)
	for _, text := range values {
		if err == nil {
			err = f.set(&options{}, text)
		}
	}
	if err != nil {
		r.fail(table, key, "%s: %v", key, err)
		return
	}
	if r.layer.byCommand[table] == nil {
		r.layer.byCommand[table] = map[string]setting{}
	}
	line, _ := r.text.Position(keyOffset(r.text.Body, table, key))
	r.layer.byCommand[table][f.name] = setting{values: values, from: fmt.Sprintf("%s:%d", r.layer.path, line), here: r.layer.here}
}

// textsOf writes a value as the command line would have it.
func textsOf(v any) ([]string, error) {
	switch v := v.(type) {
	case string:
		return []string{v}, nil
	case bool:
		return []string{strconv.FormatBool(v)}, nil
	case int64:
		return []string{strconv.FormatInt(v, 10)}, nil
	case []any:
		var out []string
		for _, e := range v {
			if _, list := e.([]any); list {
				return nil, errors.New("a list within a list")
			}
			texts, err := textsOf(e)
			if err != nil {
				return nil, err
			}
			out = append(out, texts...)
		}
		if len(out) == 0 {
			return nil, errors.New("the list is empty")
		}
		return out, nil
	}
	return nil, errors.New("expected a text in quotes, a whole number, true or false, or a list of them")
}

func flagNamed(name string) *flag {
	i := slices.IndexFunc(flags, func(f flag) bool { return f.name == name })
	if i < 0 {
		return nil
	}
	return &flags[i]
}

func flagNames() []string {
	var out []string
	for _, f := range flags {
		out = append(out, f.name)
	}
	slices.Sort(out)
	return out
}

// writing are the flags beside the reports' that name something to write, or allow to
// write over it.
var writing = []string{"manifest", "resume", "bundle", "verdicts", "cpuprofile", "temp-dir", "force"}

func (f *flag) writes() bool {
	return slices.Contains(writing, f.name) ||
		slices.ContainsFunc(report.Formats, func(r report.Format) bool { return r.Flag == f.name })
}

func meant(name string, known []string) string {
	if near := source.Nearest(name, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// keyOffset returns where a key of a table stands; "" is above the first table. The
// decoder does not tell, so lines are looked at: a key in a form that no person writes
// yields the beginning of the file.
func keyOffset(body, table, key string) int {
	at, current := 0, ""
	for line := range strings.SplitAfterSeq(body, "\n") {
		trimmed := strings.TrimLeft(line, " \t")
		start := at + len(line) - len(trimmed)
		at += len(line)
		if strings.HasPrefix(trimmed, "[") {
			current = strings.Trim(strings.TrimRight(trimmed, " \t\r\n"), `[]"' `)
			if table == "" && current == key {
				return start
			}
			continue
		}
		name, _, ok := strings.Cut(trimmed, "=")
		if ok && current == table && strings.Trim(name, ` "'`+"\t") == key {
			return start
		}
	}
	return 0
}
