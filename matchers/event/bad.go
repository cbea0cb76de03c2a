package event

// BadLine says why a line is not an event. The kinds are few and stable: reports
// count by them.
type BadLine struct{ Kind string }

// Error returns the kind.
func (e *BadLine) Error() string { return e.Kind }

// The kinds of bad line. They are values, so that a stream of bad lines costs
// nothing.
var (
	// errNotJSON is a line that RFC 8259 does not allow, or with something after
	// the object.
	errNotJSON = &BadLine{"not JSON"}
	// errShort is a line that breaks off before its JSON is complete.
	errShort = &BadLine{"JSON breaks off"}
	// errNotObject is a scalar.
	errNotObject = &BadLine{"not an object"}
	// errArray is a whole JSON array on a line.
	errArray = &BadLine{"JSON array, not one event"}
	// errDeep is a line nested deeper than maxDepth.
	errDeep = &BadLine{"nested too deep"}
	// errManyValues is a line with more than maxValues values.
	errManyValues = &BadLine{"too many values"}
	// errSearch is what _search, _msearch, async and EQL searches answer.
	errSearch = &BadLine{"search response, not one event"}
	// errESQL is what _query and _sql answer.
	errESQL = &BadLine{"ES|QL response, not one event"}
	// errNoDocument is a hit without _source and fields, or a bulk update without
	// doc and upsert.
	errNoDocument = &BadLine{"envelope without an event"}
	// errTwoDocuments is an envelope in which the document's key stands twice:
	// taking one would hide the other.
	errTwoDocuments = &BadLine{"envelope with two events"}
)

const (
	// maxDepth bounds the containers inside one another on a line, the envelope
	// included. Real events reach seven levels; Elasticsearch allows 20 by default.
	maxDepth = 128
	// maxValues bounds the scalars and containers on a line: fastjson needs about
	// 100 bytes for each, and a hostile line of 16 MiB could hold eight million.
	maxValues = 1 << 18
)
