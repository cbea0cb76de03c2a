package correlate

import (
	"encoding/binary"
	"errors"
	"math"

	"coldcase/matchers/event"
)

// What the binary form of a record has beside what every record has. Most records are of
// events that are joined, and carry little: a record costs what it carries.
const (
	hasNoTime = 1 << iota
	hasAssumed
	hasBeyond
	hasBaseline
	hasStep
	hasSequence
	hasIDHash
	hasContent
	hasNth
	hasRisk
	hasValues
	hasLine  // LineHash and Event
	hasTexts // and a bit for each of texts from here on
)

// texts are the strings of a record. Key and Row come first, so that a head can be read
// without the rest; those from namesFrom on are said again and again by other records.
func (r *Record) texts() [13]*string {
	return [...]*string{&r.Key, &r.Row, &r.Process, &r.Command, &r.Message, &r.ID, &r.Indicator,
		&r.HostKey, &r.Host, &r.User, &r.Index, &r.Name, &r.Severity}
}

// Places in texts.
const (
	textKey   = 0
	textRow   = 1
	namesFrom = 7
)

// Append writes the record's binary form, read back by Decode.
func (r *Record) Append(dst []byte) []byte { return r.append(dst, nil) }

// append writes the binary form, with names told by their number where there are any.
//
//	rule, mask, [step], [key], [row], time, origin, what else the mask has
func (r *Record) append(dst []byte, known *names) []byte {
	mask := r.mask()
	dst = binary.AppendVarint(dst, int64(r.Rule))
	dst = binary.AppendUvarint(dst, mask)
	if mask&hasStep != 0 {
		dst = binary.AppendVarint(dst, int64(r.Step))
	}
	texts := r.texts()
	for i, s := range texts[:textRow+1] {
		if mask&(hasTexts<<i) != 0 {
			dst = appendShort(dst, *s)
		}
	}
	for _, n := range [...]int64{r.Time, int64(r.Origin.Input), r.Origin.Line, r.Origin.Offset, int64(r.Origin.Length)} {
		dst = binary.AppendVarint(dst, n)
	}
	for bit, n := range [...]int64{r.Sequence, r.Nth, r.Risk, int64(len(r.Values))} {
		if mask&numberBits[bit] != 0 {
			dst = binary.AppendVarint(dst, n)
		}
	}
	if mask&hasIDHash != 0 {
		dst = append(dst, r.IDHash[:]...)
	}
	if mask&hasContent != 0 {
		dst = append(dst, r.Content[:]...)
	}
	for i := textRow + 1; i < len(texts); i++ {
		switch {
		case mask&(hasTexts<<i) == 0:
		case i < namesFrom || known == nil:
			dst = appendShort(dst, *texts[i])
		default:
			dst = known.append(dst, *texts[i])
		}
	}
	for _, s := range r.Values {
		dst = appendShort(dst, s)
	}
	if mask&hasLine == 0 {
		return dst
	}
	dst = append(dst, r.LineHash[:]...)
	dst = binary.AppendUvarint(dst, uint64(len(r.Event)))
	return append(dst, r.Event...)
}

// numberBits say which of Sequence, Nth, Risk and the number of Values there are.
var numberBits = [...]uint64{hasSequence, hasNth, hasRisk, hasValues}

func (r *Record) mask() (mask uint64) {
	for i, has := range [...]bool{r.NoTime, r.Assumed, r.Beyond, r.Baseline, r.Step != 0, r.Sequence != math.MaxInt64,
		r.IDHash != [16]byte{}, r.Content != [16]byte{}, r.Nth != 0, r.Risk != 0, len(r.Values) > 0,
		len(r.Event) > 0 || r.LineHash != [32]byte{}} {
		if has {
			mask |= 1 << i
		}
	}
	for i, s := range r.texts() {
		if *s != "" {
			mask |= hasTexts << i
		}
	}
	return mask
}

func appendShort(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

var errRecord = errors.New("spilled record is damaged")

// head is how the binary form of a record begins.
type head struct {
	rule     int32
	step     int16
	mask     uint64
	key, row []byte // into what was cut
}

// cutHead reads as much as says whether a record is wanted.
func cutHead(b []byte) (h head, rest []byte, err error) {
	n, b, err := cutInt(b)
	if err != nil {
		return h, nil, err
	}
	h.rule = int32(n)
	mask, size := binary.Uvarint(b)
	if size <= 0 {
		return h, nil, errRecord
	}
	h.mask, b = mask, b[size:]
	if mask&hasStep != 0 {
		if n, b, err = cutInt(b); err != nil {
			return h, nil, err
		}
		h.step = int16(n)
	}
	if mask&(hasTexts<<textKey) != 0 {
		if h.key, b, err = cutShort(b); err != nil {
			return h, nil, err
		}
	}
	if mask&(hasTexts<<textRow) != 0 {
		h.row, b, err = cutShort(b)
	}
	return h, b, err
}

// Decode reads what Append wrote and returns what follows it. Event keeps pointing
// into b. The error says that the temporary file was changed behind our back.
func (r *Record) Decode(b []byte) (rest []byte, err error) { return r.decode(b, nil) }

// decode reads what append wrote with the same names.
func (r *Record) decode(b []byte, known *names) (rest []byte, err error) {
	h, b, err := cutHead(b)
	if err != nil {
		return nil, err
	}
	*r = Record{Rule: h.rule, Step: h.step, Key: string(h.key), Row: string(h.row), Sequence: math.MaxInt64,
		NoTime: h.mask&hasNoTime != 0, Assumed: h.mask&hasAssumed != 0, Beyond: h.mask&hasBeyond != 0, Baseline: h.mask&hasBaseline != 0}
	var place [5]int64
	for i := range place {
		if place[i], b, err = cutInt(b); err != nil {
			return nil, err
		}
	}
	r.Time = place[0]
	r.Origin = event.Origin{Input: int32(place[1]), Line: place[2], Offset: place[3], Length: int32(place[4])}
	var values int64
	for i, n := range [...]*int64{&r.Sequence, &r.Nth, &r.Risk, &values} {
		if h.mask&numberBits[i] == 0 {
			continue
		}
		if *n, b, err = cutInt(b); err != nil {
			return nil, err
		}
	}
	if values < 0 || values > int64(len(b)) {
		return nil, errRecord
	}
	if b, err = r.decodeHashes(b, h.mask); err != nil {
		return nil, err
	}
	if b, err = r.decodeTexts(b, h.mask, int(values), known); err != nil {
		return nil, err
	}
	return r.decodeLine(b, h.mask)
}

func (r *Record) decodeHashes(b []byte, mask uint64) (rest []byte, err error) {
	for _, h := range [...]struct {
		bit uint64
		sum []byte
	}{{hasIDHash, r.IDHash[:]}, {hasContent, r.Content[:]}} {
		if mask&h.bit == 0 {
			continue
		}
		if len(b) < len(h.sum) {
			return nil, errRecord
		}
		b = b[copy(h.sum, b):]
	}
	return b, nil
}

func (r *Record) decodeTexts(b []byte, mask uint64, values int, known *names) (rest []byte, err error) {
	texts := r.texts()
	var text []byte
	for i := textRow + 1; i < len(texts); i++ {
		switch {
		case mask&(hasTexts<<i) == 0:
		case i < namesFrom || known == nil:
			if text, b, err = cutShort(b); err != nil {
				return nil, err
			}
			*texts[i] = string(text)
		default:
			if *texts[i], b, err = known.cut(b); err != nil {
				return nil, err
			}
		}
	}
	for range values {
		if text, b, err = cutShort(b); err != nil {
			return nil, err
		}
		r.Values = append(r.Values, string(text))
	}
	return b, nil
}

func (r *Record) decodeLine(b []byte, mask uint64) (rest []byte, err error) {
	if mask&hasLine == 0 {
		return b, nil
	}
	if len(b) < len(r.LineHash) {
		return nil, errRecord
	}
	b = b[copy(r.LineHash[:], b):]
	r.Event, b, err = cutShort(b)
	return b, err
}

func cutShort(b []byte) (text, rest []byte, err error) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return nil, nil, errRecord
	}
	end := size + int(n)
	return b[size:end:end], b[end:], nil
}
