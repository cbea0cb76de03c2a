package correlate

import (
	"encoding/binary"
	"math"

	"coldcase/matchers/event"
)

// Record is one hit with what findings and correlation need of its event.
type Record struct {
	Rule int32 // index of the rule in the matcher
	Step int16
	// Time is in nanoseconds since 1970; NoTime is set when the event has none that
	// can be read.
	Time   int64
	NoTime bool
	// Sequence is event.sequence; math.MaxInt64 when missing, so that it sorts last.
	Sequence int64
	// IDHash hashes the event's id with its scope; zero when it has none. Content
	// hashes the unwrapped event. Together they are the event's identity.
	IDHash, Content [16]byte
	Origin          event.Origin
	// Assumed: the event's index was worked out from its dataset alone. Beyond: a
	// live stack would have missed the match because of ignore_above.
	Assumed, Beyond bool

	// Nth numbers equal events without id that were all kept, from 1.
	Nth int64
	// Key is the join key of a rule that correlates, in the form of event.AppendKey.
	Key string
	// Values are the values of the cardinality field of a threshold rule.
	Values []string
	// Baseline: the event stands in an older archive, for terms only.
	Baseline bool
	// Name, Severity and Risk are the rule's after its overrides by this event.
	Name, Severity string
	Risk           int64
	// Indicator says, as JSON, which indicator matched; "" for other types.
	Indicator string
	// Row is of a rule in ES|QL: what the event amounts to, as matchers.RowHit has it.
	Row string

	HostKey, Host, User       string // HostKey decides, Host is shown
	Process, Command, Message string
	Index, ID                 string
	LineHash                  [32]byte // SHA-256 of the line
	Event                     []byte   // the unwrapped event, as in the line
}

// Keys are written so that bytes.Compare orders them: integers big-endian with the
// sign bit flipped, texts with an end mark.

func appendUint(dst []byte, n uint64) []byte { return binary.BigEndian.AppendUint64(dst, n) }

// AppendInt appends a signed integer in key order.
func AppendInt(dst []byte, n int64) []byte { return appendUint(dst, uint64(n)^1<<63) }

// AppendText appends a text in key order: NUL bytes are escaped, and the end mark
// sorts a text before those that it begins.
func AppendText(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		dst = append(dst, s[i])
		if s[i] == 0 {
			dst = append(dst, 0xff)
		}
	}
	return append(dst, 0, 0)
}

// AppendTime appends the record's place in the order of events: time (events
// without one last), event.sequence, origin (product.md, Order of events).
func (r *Record) AppendTime(dst []byte) []byte {
	t := r.Time
	if r.NoTime {
		t = math.MaxInt64
	}
	dst = AppendInt(dst, t)
	dst = AppendInt(dst, r.Sequence)
	return r.AppendOrigin(dst)
}

// AppendOrigin appends input and place in key order. Offsets order lines as their numbers
// do, and tell the elements of one line apart. No line's number is more than one above
// its offset, and no element has less than two bytes: the greater of both orders the
// same, and records that have a number alone too.
func (r *Record) AppendOrigin(dst []byte) []byte {
	dst = AppendInt(dst, int64(r.Origin.Input))
	return AppendInt(dst, max(r.Origin.Line, r.Origin.Offset))
}

// Parts of an identity key: rule, step, id, content, join key, baseline, origin.
const (
	identityHead = 4 + 2 + 16 + 16
	identityTail = 1 + 8 + 8
)

// appendIdentity appends the order in which duplicates are neighbours.
func (r *Record) appendIdentity(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(r.Rule)^1<<31)
	dst = binary.BigEndian.AppendUint16(dst, uint16(r.Step)^1<<15)
	dst = append(dst, r.IDHash[:]...)
	dst = append(dst, r.Content[:]...)
	dst = AppendText(dst, r.Key)
	if r.Baseline { // is folded into what stands in the evidence, not the other way
		return r.AppendOrigin(append(dst, 1))
	}
	return r.AppendOrigin(append(dst, 0))
}

// readIdentity reads what appendIdentity wrote, as far as folding needs it; Key stays in
// key form.
func (r *Record) readIdentity(key []byte) {
	n := len(key)
	r.Rule = int32(binary.BigEndian.Uint32(key) ^ 1<<31)
	r.Step = int16(binary.BigEndian.Uint16(key[4:]) ^ 1<<15)
	copy(r.IDHash[:], key[6:])
	copy(r.Content[:], key[22:])
	if text := key[identityHead : n-identityTail]; string(text) != r.Key {
		r.Key = string(text)
	}
	r.Origin.Input = int32(binary.BigEndian.Uint64(key[n-16:]) ^ 1<<63)
	r.Nth = 0
}
