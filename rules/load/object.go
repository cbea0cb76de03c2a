package load

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unique"
)

// object is a decoded TOML table or JSON object that is read key by key. Each read
// marks its key as known; finish warns of the others, once each.
type object struct {
	m    map[string]any
	path string // "" for the rule itself, else the keys that lead here, dot at the end
	log  *notes
	used map[string]bool
}

// maxWarnings bounds what is said of one rule: a hostile one may have a million keys.
const maxWarnings = 40

// notes collects what is to be said of one rule while it is read.
type notes struct {
	warnings []string
	// The first mistake, "" for none, and the dotted key in which it stands.
	mistake, mistakeKey string
}

func newObject(m map[string]any, log *notes) object {
	return object{m: m, log: log, used: make(map[string]bool)}
}

func (n *notes) warn(format string, args ...any) {
	if len(n.warnings) == maxWarnings {
		return
	}
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(n.warnings, text) {
		n.warnings = append(n.warnings, text)
	}
}

// fail records that a key of the object cannot be understood.
func (o object) fail(key, format string, args ...any) {
	if o.log.mistake != "" {
		return
	}
	o.log.mistakeKey = o.path + key
	o.log.mistake = o.log.mistakeKey + ": " + fmt.Sprintf(format, args...)
}

func (o object) wrong(key, want string, found any) {
	o.fail(key, "expected %s, found %s", want, typeName(found))
}

// get returns the value of a key; a null is as good as none.
func (o object) get(key string) (any, bool) {
	o.used[key] = true
	v := o.m[key]
	return v, v != nil
}

// ignore marks keys as known that say nothing to a scan.
func (o object) ignore(keys ...string) {
	for _, k := range keys {
		o.used[k] = true
	}
}

// finish warns of the keys that nobody asked for.
func (o object) finish() {
	var unknown []string
	for k := range o.m {
		if !o.used[k] {
			unknown = append(unknown, o.path+k)
		}
	}
	slices.Sort(unknown)
	for _, k := range unknown {
		o.log.warn("unknown key %q", k)
	}
}

func (o object) str(key string) string {
	v, ok := o.get(key)
	if !ok {
		return ""
	}
	s, ok := v.(string)
	if !ok {
		o.wrong(key, "a string", v)
	}
	return kept(s)
}

// kept is a text that does not keep the file alive that it was read from. Rules say the
// same short things: tags, names of tactics, index patterns. Those are kept once.
func kept(s string) string {
	if len(s) <= maxSaid {
		return unique.Make(s).Value()
	}
	return strings.Clone(s)
}

// maxSaid is the longest text, in bytes, of which one copy is kept.
const maxSaid = 64

// strs reads a list of strings; a bare string is a list of one (rule-formats.md
// sections 1 and 2).
func (o object) strs(key string) []string {
	v, ok := o.get(key)
	if !ok {
		return nil
	}
	if s, ok := v.(string); ok {
		return []string{kept(s)}
	}
	list, ok := v.([]any)
	if !ok {
		o.wrong(key, "a list of strings", v)
		return nil
	}
	out := make([]string, 0, len(list))
	for _, item := range list {
		s, ok := item.(string)
		if !ok {
			o.wrong(key, "a list of strings", item)
			return nil
		}
		out = append(out, kept(s))
	}
	return out
}

// integer reads a whole number, also one written as a string or as 4.0.
func (o object) integer(key string, absent int) int {
	v, ok := o.get(key)
	if !ok {
		return absent
	}
	n, ok := wholeNumber(v)
	if !ok {
		o.wrong(key, "a whole number", v)
		return absent
	}
	return n
}

func wholeNumber(v any) (int, bool) {
	switch v := v.(type) {
	case int64:
		return int(v), true
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int(v), true
		}
	case json.Number:
		return wholeText(string(v))
	case string:
		return wholeText(v)
	}
	return 0, false
}

func wholeText(s string) (int, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return n, true
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return wholeNumber(f)
	}
	return 0, false
}

func (o object) boolean(key string) bool {
	v, ok := o.get(key)
	if !ok {
		return false
	}
	b, ok := v.(bool)
	if !ok {
		o.wrong(key, "true or false", v)
	}
	return b
}

// object reads a nested object; ok is false when there is none.
func (o object) object(key string) (object, bool) {
	v, ok := o.get(key)
	if !ok {
		return object{}, false
	}
	return o.nested(key, v)
}

func (o object) nested(key string, v any) (object, bool) {
	m, ok := v.(map[string]any)
	if !ok {
		o.wrong(key, "a table", v)
		return object{}, false
	}
	in := newObject(m, o.log)
	in.path = o.path + key + "."
	return in, true
}

// objects reads a list of objects; a bare object is a list of one.
func (o object) objects(key string) []object {
	v, ok := o.get(key)
	if !ok {
		return nil
	}
	items, ok := v.([]any)
	if !ok {
		items = []any{v}
	}
	var out []object
	for _, item := range items {
		if in, ok := o.nested(key, item); ok {
			out = append(out, in)
		}
	}
	return out
}

func typeName(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case int64, float64, json.Number:
		return "a number"
	case bool:
		return "true or false"
	case map[string]any:
		return "a table"
	case []any:
		return "a list"
	case nil:
		return "null"
	}
	return "a date"
}
