package correlate

import (
	"encoding/binary"
	"encoding/json"
	"math"
)

// Finding is one rule firing once.
type Finding struct {
	Rule int32
	// Records are the evidence: in step order for a sequence, in the order of events
	// otherwise; at most maxEvidence of a threshold, whose Count says how many there
	// were. A record's Step numbers the stage of a sequence from 0.
	Records []*Record
	Count   int64
	// First and Last are in nanoseconds since 1970; NoTime when no event has one.
	First, Last int64
	NoTime      bool
	// Scale multiplies the score of its group: 1, or less for a finding that rests on
	// an incomplete history.
	Scale float64
	// Detail is what the type has to say, a JSON object; nil for none.
	Detail json.RawMessage
}

// maxEvidence is how many records of a threshold finding are kept (product.md).
const maxEvidence = 100

// newFinding makes a finding of copies of its records, in evidence order.
func newFinding(rule int32, records []*Record, detail map[string]any) (*Finding, error) {
	f := &Finding{Rule: rule, Records: records, Count: int64(len(records)), Scale: 1, NoTime: true}
	for _, r := range records {
		if r.NoTime {
			continue
		}
		if f.NoTime {
			f.First, f.Last, f.NoTime = r.Time, r.Time, false
		}
		f.First, f.Last = min(f.First, r.Time), max(f.Last, r.Time)
	}
	if len(detail) > 0 {
		var err error
		if f.Detail, err = json.Marshal(detail); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// Host returns the key and the name of the host that all records share, "" when they
// do not.
func (f *Finding) Host() (key, name string) {
	for _, r := range f.Records[1:] {
		if r.HostKey != f.Records[0].HostKey {
			return "", ""
		}
	}
	return f.Records[0].HostKey, f.Records[0].Host
}

// User returns the user that all records share, "" when they do not.
func (f *Finding) User() string {
	for _, r := range f.Records[1:] {
		if r.User != f.Records[0].User {
			return ""
		}
	}
	return f.Records[0].User
}

// Append writes the finding's binary form.
func (f *Finding) Append(dst []byte) []byte {
	noTime := byte(0)
	if f.NoTime {
		noTime = 1
	}
	dst = append(dst, noTime)
	for _, n := range [...]int64{int64(f.Rule), f.Count, f.First, f.Last, int64(len(f.Records))} {
		dst = binary.AppendVarint(dst, n)
	}
	dst = binary.BigEndian.AppendUint64(dst, math.Float64bits(f.Scale))
	dst = appendShort(dst, string(f.Detail))
	for _, r := range f.Records {
		dst = r.Append(dst)
	}
	return dst
}

// Decode reads what Append wrote. Events and Detail keep pointing into b.
func (f *Finding) Decode(b []byte) error {
	if len(b) == 0 {
		return errRecord
	}
	f.NoTime, b = b[0] == 1, b[1:]
	var nums [5]int64
	for i := range nums {
		n, size := binary.Varint(b)
		if size <= 0 {
			return errRecord
		}
		nums[i], b = n, b[size:]
	}
	f.Rule, f.Count, f.First, f.Last = int32(nums[0]), nums[1], nums[2], nums[3]
	if len(b) < 8 || nums[4] < 1 || nums[4] > int64(len(b)) {
		return errRecord
	}
	f.Scale, b = math.Float64frombits(binary.BigEndian.Uint64(b)), b[8:]
	detail, b, err := cutShort(b)
	if err != nil {
		return err
	}
	f.Detail = detail
	f.Records = make([]*Record, nums[4])
	for i := range f.Records {
		f.Records[i] = &Record{}
		if b, err = f.Records[i].Decode(b); err != nil {
			return err
		}
	}
	return nil
}
