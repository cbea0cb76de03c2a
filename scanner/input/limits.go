package input

import (
	"fmt"
	"sync/atomic"
)

// Defaults of Limits, and of what an archive may hold.
const (
	// DefaultZstdWindow is the longest zstd window kept, as of `zstd --long=27`.
	DefaultZstdWindow = 128 << 20
	// DefaultMaxDecoded is how many bytes a stream may decode to: 1 TiB.
	DefaultMaxDecoded = 1 << 40
	// DefaultMaxRatio is how many times its stored size a stream may decode to, once it
	// is longer than ratioFloor. Event logs reach 30, and DEFLATE cannot exceed 1,032.
	DefaultMaxRatio = 400

	// ratioFloor is the decoded size below which no ratio is held against a stream.
	ratioFloor = 256 << 20
	// ratioStep is how many decoded bytes lie between two looks at the ratio. They lie
	// at fixed places, so that a stream ends at the same byte however it is read.
	ratioStep = 1 << 20
)

// Limits bounds what a stream may cost and says who watches it. The zero value is
// usable.
type Limits struct {
	// ZstdWindow is the longest zstd window or xz dictionary in bytes; 0 means
	// DefaultZstdWindow. A frame that asks for more is decoded within the limit as far
	// as it really refers back no further.
	ZstdWindow int64
	// Wide, when not nil, admits streams with a window above 8 MiB, and archives that
	// must be held in memory: such a stream sends before it decodes and receives when
	// it is closed. Its capacity, at least 1, is how many of them are in memory at once.
	Wide chan struct{}
	// MaxDecoded ends a stream as damaged after so many decoded bytes; 0 means
	// DefaultMaxDecoded, and less no limit.
	MaxDecoded int64
	// MaxRatio ends a stream as damaged when it has decoded to more than so many times
	// its stored bytes, and to more than 256 MiB; 0 means DefaultMaxRatio, and less no
	// limit. Within an archive it holds for the bytes as the archive stores them.
	MaxRatio int64
	// Parallel is how many pieces of one stream are decoded at once, ahead of its reader,
	// as far as the format lets them be found: the members of BGZF, and zstd frames that
	// decode to 8 MiB or less. 0 and 1 mean none. A stream holds about 64 MiB for it at the
	// most, and mostly 1 MiB for each. What a stream returns is the same.
	Parallel int
	// Done, when closed, ends all streams with ErrStopped; nil means never.
	Done <-chan struct{}
	// Stored and Decoded, when not nil, grow by the bytes read and decoded.
	Stored, Decoded *atomic.Int64

	group int // how many stored bytes make a group; 0 means groupStored
}

// defaulted returns l with its defaults written out.
func (l Limits) defaulted() Limits {
	if l.MaxDecoded == 0 {
		l.MaxDecoded = DefaultMaxDecoded
	}
	if l.MaxRatio == 0 {
		l.MaxRatio = DefaultMaxRatio
	}
	return l
}

// room returns how much may be decoded before the limits are looked at again, at
// least 1, or what they say against more. decoded is what there is already, and stored
// the bytes that it came from.
func (l Limits) room(decoded, stored int64) (int64, error) {
	n := ratioStep - decoded%ratioStep
	if l.MaxDecoded > 0 {
		// One byte more than allowed tells a stream that is too long from one that
		// ends there.
		n = min(n, l.MaxDecoded+1-decoded)
	}
	if l.MaxRatio > 0 && decoded >= ratioFloor && decoded%ratioStep == 0 && decoded/l.MaxRatio > stored {
		return 0, fmt.Errorf("more than %d times its stored size (a limit)", l.MaxRatio)
	}
	return n, nil
}

// admits reports whether room says nothing against decoding up to an end, from stored
// bytes of which so many stand before.
func (l Limits) admits(end, stored int64) bool {
	if l.MaxDecoded > 0 && end > l.MaxDecoded {
		return false
	}
	return l.MaxRatio <= 0 || end < ratioFloor || end/l.MaxRatio <= stored
}
