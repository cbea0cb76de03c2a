package rows

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"coldcase/matchers/event"
	"coldcase/rules/esql"
	"coldcase/rules/schema"
)

// field reads a column of FROM out of events.
type field struct {
	slot   int // of the event's layout
	typ    esql.Type
	schema schema.Field
}

// read returns the values of the field as Elasticsearch's index has them: those that are
// not of its type are left out, keywords are sorted and distinct, others sorted.
func (f *field) read(e *Env, ev *event.Event) Value {
	if f.schema.HasConstant {
		return textValue(f.schema.Constant)
	}
	values := ev.Values(f.slot)
	switch {
	case len(values) == 0 || f.typ == esql.Null:
		return nil
	case len(values) == 1 && values[0].Kind == event.String && !f.schema.Lower && (f.typ == esql.Keyword || f.typ == esql.Text):
		return e.text(values[0].Text)
	}
	out := make(Value, 0, len(values))
	for _, v := range values {
		if v.Kind == event.Null && f.schema.HasNullValue {
			v = event.Value{Kind: event.String, Text: []byte(f.schema.NullValue)}
		}
		if v.Kind == event.Null || v.Kind == event.Object {
			continue
		}
		if s, ok := f.scalar(v); ok {
			out = append(out, s)
		}
	}
	return indexed(out)
}

// indexed puts the values of a list into the order of an index.
func indexed(v Value) Value {
	if len(v) == 0 {
		return nil
	}
	if len(v) == 1 {
		return v
	}
	slices.SortFunc(v, less)
	if v[0].Type == esql.Keyword {
		return slices.Compact(v)
	}
	return v
}

// scalar converts one value; ok is false for one that the type cannot hold.
func (f *field) scalar(v event.Value) (Scalar, bool) {
	switch f.typ {
	case esql.Keyword, esql.Text:
		text := string(v.Text)
		if f.schema.Lower {
			text = strings.ToLower(text)
		}
		return keyword(text), true
	case esql.Integer, esql.Long:
		if v.Kind == event.Bool {
			return Scalar{}, false
		}
		return parseWhole(string(v.Text), f.typ)
	case esql.UnsignedLong:
		n, err := strconv.ParseUint(string(v.Text), 10, 64)
		return Scalar{Type: f.typ, N: n}, err == nil
	case esql.Double:
		if v.Kind == event.Bool {
			return Scalar{}, false
		}
		return parseDouble(string(v.Text))
	case esql.Boolean:
		return fieldBoolean(v)
	case esql.Date:
		nanos, ok := event.ParseTime(v)
		return whole(esql.Date, floorMillis(nanos)), ok
	case esql.IP:
		return as(keyword(string(v.Text)), esql.IP)
	case esql.Version:
		return Scalar{Type: esql.Version, S: string(v.Text)}, true
	case esql.Dynamic:
		return dynamic(v)
	}
	return Scalar{}, false
}

func floorMillis(nanos int64) int64 {
	ms := nanos / 1e6
	if nanos%1e6 < 0 {
		ms--
	}
	return ms
}

// dynamic goes by the JSON value.
func dynamic(v event.Value) (Scalar, bool) {
	switch v.Kind {
	case event.Bool:
		return fieldBoolean(v)
	case event.Number:
		text := string(v.Text)
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return whole(esql.Long, n), true
		}
		return parseDouble(text)
	}
	return keyword(string(v.Text)), true
}

func fieldBoolean(v event.Value) (Scalar, bool) {
	switch {
	case v.Kind == event.Number:
		return Scalar{}, false
	case string(v.Text) == "true":
		return yes[0], true
	case string(v.Text) == "false", len(v.Text) == 0:
		return no[0], true
	}
	return Scalar{}, false
}

// parseWhole cuts fractions off, as an index with coerce does; casts round (castWhole).
func parseWhole(s string, t esql.Type) (Scalar, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		d, ok := parseDouble(s)
		if !ok {
			return Scalar{}, false
		}
		return cutToWhole(d.float(), t)
	}
	return whole(t, n), fits(n, t)
}

func fits(n int64, t esql.Type) bool {
	return t != esql.Integer || n >= math.MinInt32 && n <= math.MaxInt32
}

func cutToWhole(f float64, t esql.Type) (Scalar, bool) {
	if !(f >= -1<<63 && f < 1<<63) {
		return Scalar{}, false
	}
	return whole(t, int64(f)), fits(int64(f), t)
}

// parseDouble reads a decimal number; hexadecimal, infinity and what is no number are
// none.
func parseDouble(s string) (Scalar, bool) {
	if s == "" || strings.Trim(s, "0123456789+-.eE") != "" {
		return Scalar{}, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return double(f), err == nil
}
