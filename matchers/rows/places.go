package rows

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"coldcase/rules/esql"
)

// places are functions on points of the earth.
var places = map[string]function{
	"ST_X":        ofPlace(func(x, _ float64) Value { return number(x) }),
	"ST_Y":        ofPlace(func(_, y float64) Value { return number(y) }),
	"ST_DISTANCE": distance,
}

func place(x, y float64) (Scalar, bool) {
	if math.IsNaN(x) || math.IsNaN(y) || math.Abs(x) > 180 || math.Abs(y) > 90 {
		return Scalar{}, false
	}
	lat := binary.BigEndian.AppendUint64(nil, math.Float64bits(y))
	return Scalar{Type: esql.GeoPoint, N: math.Float64bits(x), S: string(lat)}, true
}

// place returns longitude and latitude.
func (s Scalar) place() (x, y float64) {
	if len(s.S) != 8 {
		return 0, 0 // of a damaged temporary file
	}
	return math.Float64frombits(s.N), math.Float64frombits(binary.BigEndian.Uint64([]byte(s.S)))
}

// parsePlace reads "POINT (lon lat)" or "lat,lon".
func parsePlace(s string) (Scalar, bool) {
	s = strings.TrimSpace(s)
	if len(s) > 5 && strings.EqualFold(s[:5], "point") {
		inner, ok := strings.CutPrefix(strings.TrimSpace(s[5:]), "(")
		inner, closed := strings.CutSuffix(inner, ")")
		parts := strings.Fields(inner)
		if !ok || !closed || len(parts) != 2 {
			return Scalar{}, false
		}
		return placeOf(parts[0], parts[1])
	}
	lat, lon, ok := strings.Cut(s, ",")
	if !ok {
		return Scalar{}, false
	}
	return placeOf(strings.TrimSpace(lon), strings.TrimSpace(lat))
}

func placeOf(lon, lat string) (Scalar, bool) {
	x, err := strconv.ParseFloat(lon, 64)
	y, err2 := strconv.ParseFloat(lat, 64)
	if err != nil || err2 != nil {
		return Scalar{}, false
	}
	return place(x, y)
}

// asPlace takes the string of a field without a schema for a place.
func asPlace(s Scalar) (Scalar, bool) {
	if s.Type == esql.Keyword {
		return parsePlace(s.S)
	}
	return s, s.Type == esql.GeoPoint
}

func ofPlace(f func(x, y float64) Value) function {
	return func(_ *Env, a []Value) Value {
		s, ok := asPlace(a[0][0])
		if !ok {
			return nil
		}
		return f(s.place())
	}
}

// earthRadius is Lucene's mean radius in metres.
const earthRadius = 6_371_008.7714

// distance is that of two places in metres, over the sphere.
func distance(_ *Env, a []Value) Value {
	p, ok := asPlace(a[0][0])
	q, qok := asPlace(a[1][0])
	if !ok || !qok {
		return nil
	}
	lon1, lat1 := p.place()
	lon2, lat2 := q.place()
	rad := func(d float64) float64 { return d * math.Pi / 180 }
	h := square(math.Sin(rad(lat2-lat1)/2)) + math.Cos(rad(lat1))*math.Cos(rad(lat2))*square(math.Sin(rad(lon2-lon1)/2))
	return number(2 * earthRadius * math.Asin(math.Sqrt(math.Min(1, h))))
}

func square(x float64) float64 { return x * x }
