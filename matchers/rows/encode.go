package rows

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"coldcase/rules/esql"
)

// errEncoding says that an encoded row is damaged: the temporary file it stood in was
// changed behind our back.
var errEncoding = errors.New("spilled row is damaged")

// appendValue appends the binary form of a value, which cutValue reads.
func appendValue(dst []byte, v Value) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(v)))
	for _, s := range v {
		dst = append(dst, byte(s.Type))
		dst = binary.AppendUvarint(dst, s.N)
		dst = binary.AppendUvarint(dst, uint64(len(s.S)))
		dst = append(dst, s.S...)
	}
	return dst
}

// cutValue reads what appendValue wrote and returns what follows it.
func cutValue(b []byte) (v Value, rest []byte, err error) {
	n, b, err := cutUint(b)
	if err != nil || n > uint64(len(b)) {
		return nil, nil, errEncoding
	}
	if n == 0 {
		return nil, b, nil
	}
	v = make(Value, n)
	for i := range v {
		if len(b) == 0 {
			return nil, nil, errEncoding
		}
		v[i].Type, b = esql.Type(b[0]), b[1:]
		if v[i].N, b, err = cutUint(b); err != nil {
			return nil, nil, err
		}
		var size uint64
		if size, b, err = cutUint(b); err != nil || size > uint64(len(b)) {
			return nil, nil, errEncoding
		}
		if v[i].Type == esql.IP && size != 16 {
			return nil, nil, errEncoding
		}
		v[i].S, b = string(b[:size]), b[size:]
	}
	return v, b, nil
}

func cutUint(b []byte) (n uint64, rest []byte, err error) {
	n, size := binary.Uvarint(b)
	if size <= 0 {
		return 0, nil, errEncoding
	}
	return n, b[size:], nil
}

// JSON returns a value as findings show it: null, a scalar or a list. Dates are ISO 8601,
// places are WKT.
func (v Value) JSON() any {
	switch len(v) {
	case 0:
		return nil
	case 1:
		return v[0].json()
	}
	out := make([]any, len(v))
	for i, s := range v {
		out[i] = s.json()
	}
	return out
}

func (s Scalar) json() any {
	switch s.Type {
	case esql.Boolean:
		return s.N == 1
	case esql.Integer, esql.Long:
		return s.int()
	case esql.UnsignedLong:
		return s.N
	case esql.Double:
		return json.Number(s.String())
	}
	if text := s.String(); utf8.ValidString(text) {
		return text
	}
	return "base64:" + base64.StdEncoding.EncodeToString([]byte(s.S))
}

// String writes a value as TO_STRING does: doubles as Java has them, dates in ISO 8601
// with milliseconds, addresses in their canonical form.
func (s Scalar) String() string {
	switch s.Type {
	case esql.Boolean:
		return strconv.FormatBool(s.N == 1)
	case esql.Integer, esql.Long:
		return strconv.FormatInt(s.int(), 10)
	case esql.UnsignedLong:
		return strconv.FormatUint(s.N, 10)
	case esql.Double:
		return javaDouble(s.float())
	case esql.Date:
		return esql.FormatDate(s.int())
	case esql.IP:
		return s.addr().String()
	case esql.GeoPoint:
		x, y := s.place()
		return "POINT (" + javaDouble(x) + " " + javaDouble(y) + ")"
	}
	return s.S
}

// javaDouble writes a number as Double.toString does: 2.0, 1.0E10, 1.0E-5.
func javaDouble(f float64) string {
	if a := math.Abs(f); a != 0 && (a < 1e-3 || a >= 1e7) {
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
		if !strings.Contains(mantissa, ".") {
			mantissa += ".0"
		}
		n, err := strconv.Atoi(exponent)
		if err != nil {
			panic("BUG: rows.javaDouble: " + err.Error())
		}
		return mantissa + "E" + strconv.Itoa(n)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}
