package journal

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/klauspost/compress/s2"
)

// Kind says what a frame is.
type Kind byte

// kindHead is the first frame, and no other.
const kindHead Kind = 'H'

// Kinds of frames. What their data means their writers say.
const (
	Begin Kind = 'B' // the run goes on: numbers of frames begin anew
	Key   Kind = 'K'
	Part  Kind = 'P' // what is known of a number so far
	Done  Kind = 'D' // the number is done: its parts hold
)

// Frame is one entry of a journal.
type Frame struct {
	Kind   Kind
	Number uint32
	Data   []byte
}

const magic = "coldcase journal 1\n"

const (
	frameHead = 1 + 4 + 4 + 4
	// packed is set in the kind of a frame whose data is compressed.
	packed = 0x80
	// maxPacked bounds what is compressed, in bytes: reading such a frame takes so much
	// memory whatever it holds. Longer data is stored as it is.
	maxPacked = 4 << 20
	// minPacked is what is worth compressing.
	minPacked = 128
	// maxStored bounds the data of a frame, in bytes.
	maxStored = 1<<30 + 1<<20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendFrame appends the stored form.
func appendFrame(dst []byte, f Frame) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, frameHead)...)
	dst[start] = byte(f.Kind)
	binary.LittleEndian.PutUint32(dst[start+1:], f.Number)
	if len(f.Data) < minPacked || len(f.Data) > maxPacked {
		dst = append(dst, f.Data...)
	} else {
		dst[start] |= packed
		room := s2.MaxEncodedLen(len(f.Data))
		dst = append(dst, make([]byte, room)...)
		data := s2.Encode(dst[start+frameHead:], f.Data)
		dst = dst[:start+frameHead+len(data)]
	}
	binary.LittleEndian.PutUint32(dst[start+5:], uint32(len(dst)-start-frameHead))
	binary.LittleEndian.PutUint32(dst[start+9:], sumOf(dst[start:start+9], dst[start+frameHead:]))
	return dst
}

func sumOf(head, data []byte) uint32 {
	return crc32.Update(crc32.Checksum(head, castagnoli), castagnoli, data)
}

// unpack makes f.Data of the stored data; ok is false when that is not what appendFrame
// wrote. dst may be used.
func (f *Frame) unpack(dst, stored []byte) (ok bool) {
	if f.Kind&packed == 0 {
		f.Data = stored
		return true
	}
	f.Kind &^= packed
	n, err := s2.DecodedLen(stored)
	if err != nil || n > maxPacked {
		return false
	}
	if cap(dst) < n {
		dst = make([]byte, n)
	}
	f.Data, err = s2.Decode(dst[:cap(dst)], stored)
	return err == nil
}
