package correlate

import (
	"encoding/binary"
	"errors"
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

const (
	flagNoTime = 1 << iota
	flagAssumed
	flagBeyond
	flagBaseline
	flagLine // LineHash and Event are set
)

// Append writes the record's binary form, read back by Decode.
func (r *Record) Append(dst []byte) []byte {
	var flags byte
	if r.NoTime {
		flags |= flagNoTime
	}
	if r.Assumed {
		flags |= flagAssumed
	}
	if r.Beyond {
		flags |= flagBeyond
	}
	if r.Baseline {
		flags |= flagBaseline
	}
	whole := len(r.Event) > 0 || r.LineHash != [32]byte{}
	if whole {
		flags |= flagLine
	}
	dst = append(dst, flags)
	for _, n := range [...]int64{int64(r.Rule), int64(r.Step), r.Time, r.Sequence,
		int64(r.Origin.Input), r.Origin.Line, r.Origin.Offset, int64(r.Origin.Length), r.Nth, r.Risk,
		int64(len(r.Values))} {
		dst = binary.AppendVarint(dst, n)
	}
	dst = append(dst, r.IDHash[:]...)
	dst = append(dst, r.Content[:]...)
	for _, s := range r.texts() {
		dst = appendShort(dst, *s)
	}
	for _, s := range r.Values {
		dst = appendShort(dst, s)
	}
	if !whole {
		return dst
	}
	dst = append(dst, r.LineHash[:]...)
	dst = binary.AppendUvarint(dst, uint64(len(r.Event)))
	return append(dst, r.Event...)
}

func appendShort(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func (r *Record) texts() [13]*string {
	return [...]*string{&r.HostKey, &r.Host, &r.User, &r.Process, &r.Command, &r.Message, &r.Index, &r.ID,
		&r.Key, &r.Name, &r.Severity, &r.Indicator, &r.Row}
}

var errRecord = errors.New("spilled record is damaged")

// Decode reads what Append wrote and returns what follows it. Event keeps pointing
// into b. The error says that the temporary file was changed behind our back.
func (r *Record) Decode(b []byte) (rest []byte, err error) {
	if len(b) == 0 {
		return nil, errRecord
	}
	flags := b[0]
	b = b[1:]
	r.NoTime, r.Assumed, r.Beyond = flags&flagNoTime != 0, flags&flagAssumed != 0, flags&flagBeyond != 0
	r.Baseline = flags&flagBaseline != 0
	var nums [11]int64
	for i := range nums {
		n, size := binary.Varint(b)
		if size <= 0 {
			return nil, errRecord
		}
		nums[i], b = n, b[size:]
	}
	r.Rule, r.Step, r.Time, r.Sequence = int32(nums[0]), int16(nums[1]), nums[2], nums[3]
	r.Origin = event.Origin{Input: int32(nums[4]), Line: nums[5], Offset: nums[6], Length: int32(nums[7])}
	r.Nth, r.Risk = nums[8], nums[9]
	if len(b) < 32 || nums[10] < 0 || nums[10] > int64(len(b)) {
		return nil, errRecord
	}
	b = b[copy(r.IDHash[:], b):]
	b = b[copy(r.Content[:], b):]
	if b, err = r.decodeTexts(b, int(nums[10])); err != nil || flags&flagLine == 0 {
		r.LineHash, r.Event = [32]byte{}, nil
		return b, err
	}
	if len(b) < len(r.LineHash) {
		return nil, errRecord
	}
	b = b[copy(r.LineHash[:], b):]
	r.Event, b, err = cutShort(b)
	return b, err
}

func (r *Record) decodeTexts(b []byte, values int) (rest []byte, err error) {
	var text []byte
	for _, s := range r.texts() {
		if text, b, err = cutShort(b); err != nil {
			return nil, err
		}
		*s = string(text)
	}
	r.Values = nil
	for range values {
		if text, b, err = cutShort(b); err != nil {
			return nil, err
		}
		r.Values = append(r.Values, string(text))
	}
	return b, nil
}

func cutShort(b []byte) (text, rest []byte, err error) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return nil, nil, errRecord
	}
	end := size + int(n)
	return b[size:end:end], b[end:], nil
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

// appendIdentity appends the order in which duplicates are neighbours.
func (r *Record) appendIdentity(dst []byte) []byte {
	dst = AppendInt(dst, int64(r.Rule))
	dst = AppendInt(dst, int64(r.Step))
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
	r.Rule, r.Step = identityStep(key)
	copy(r.IDHash[:], key[16:])
	copy(r.Content[:], key[32:])
	if text := identityText(key); string(text) != r.Key {
		r.Key = string(text)
	}
	r.Origin.Input = int32(binary.BigEndian.Uint64(key[n-16:]) ^ 1<<63)
	r.Nth = 0
}
