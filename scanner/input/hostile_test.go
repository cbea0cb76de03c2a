package input

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
)

// watchMemory returns a function that returns the most memory that lived on the heap
// since, as often as it is looked at.
func watchMemory() func() uint64 {
	debug.FreeOSMemory()
	stop, peak := make(chan struct{}), make(chan uint64)
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	before := s[0].Value.Uint64()
	go func() {
		var most uint64
		for {
			metrics.Read(s)
			most = max(most, s[0].Value.Uint64())
			select {
			case <-stop:
				peak <- max(most, before) - before
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	return func() uint64 { close(stop); return <-peak }
}

// zipEndOf is the end of a ZIP archive that claims what it likes.
func zipEndOf(t testing.TB, count, size, offset uint64) []byte {
	z := zipOf(t, zip.Deflate, packed{"a", []byte(event)})
	z = z[:bytes.Index(z, []byte(zipCentral))]
	b := append([]byte(zip64End), make([]byte, 52)...)
	binary.LittleEndian.PutUint64(b[4:], 44)
	binary.LittleEndian.PutUint64(b[24:], count)
	binary.LittleEndian.PutUint64(b[32:], count)
	binary.LittleEndian.PutUint64(b[40:], size)
	binary.LittleEndian.PutUint64(b[48:], offset)
	find := append([]byte(zip64Find), make([]byte, 16)...)
	binary.LittleEndian.PutUint64(find[8:], uint64(len(z)))
	find[16] = 1
	end := append([]byte(zipEnd), bytes.Repeat([]byte{0xff}, 16)...)
	return append(append(append(z, b...), find...), append(end, 0, 0)...)
}

// sharedZip is an archive in which every record of the directory leads to one member.
func sharedZip(t testing.TB, n int) []byte {
	z := zipOf(t, zip.Deflate, packed{"a", bytes.Repeat([]byte("{}\n"), 1<<20)})
	at := bytes.Index(z, []byte(zipCentral))
	end := bytes.Index(z, []byte(zipEnd))
	record, tail := z[at:end], bytes.Clone(z[end:])
	out := append(bytes.Clone(z[:at]), bytes.Repeat(record, n)...)
	binary.LittleEndian.PutUint16(tail[8:], uint16(n))
	binary.LittleEndian.PutUint16(tail[10:], uint16(n))
	binary.LittleEndian.PutUint32(tail[12:], uint32(n*len(record)))
	return append(out, tail...)
}

// rleBomb is a zstd frame of blocks that each repeat one byte 128 Ki times.
func rleBomb(blocks int) []byte {
	b := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0x58}
	for range blocks {
		h := uint32(128<<10)<<3 | 1<<1
		b = append(b, byte(h), byte(h>>8), byte(h>>16), '{')
	}
	return b
}

// tarHeaderOf is a tar header with that size field.
func tarHeaderOf(name, size string) []byte {
	b := make([]byte, tarBlock)
	copy(b, name)
	copy(b[100:], "0000644\x00")
	copy(b[124:], size)
	copy(b[257:], "ustar\x0000")
	b[156] = tar.TypeReg
	sum := 8 * int(' ')
	for i, c := range b {
		if i < 148 || i >= 156 {
			sum += int(c)
		}
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
	return b
}

// xzHeadOf is a stream and a block header that asks for a dictionary.
func xzHeadOf(dict byte) []byte {
	b := append([]byte(xzMagic), 0, 1)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b[6:8]))
	h := []byte{2, 0, 0x21, 1, dict, 0, 0, 0}
	return append(append(b, h...), binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(h))...)
}

// hostileFile writes b, which is nobody's from then on.
func hostileFile(t testing.TB, b []byte) (path string, size int) { return file(t, "a", b), len(b) }

// TestHostile reads what was made to hurt: it ends, in bounded memory, and with a word.
func TestHostile(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // what lives is to be seen, not what is left over
	line := []byte(event)
	good := gz(t, "", line)
	deep := zipOf(t, zip.Store, packed{"x", line})
	for range 8 {
		deep = zipOf(t, zip.Store, packed{"in", deep})
	}
	var long []packed
	for i := range 300 {
		long = append(long, packed{fmt.Sprintf("%05d", i) + strings.Repeat("n", 60000), line})
	}
	var many []packed
	for i := range 30000 {
		many = append(many, packed{fmt.Sprint(i), nil})
	}
	zeros := func() []byte { return append(bytes.Repeat(line, 1000), make([]byte, 300<<20)...) }
	xzIndex := append(xzHeadOf(0)[:12], 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f)
	for _, c := range []struct {
		name   string
		stored func() []byte
		why    string // in the reason of some input; "" when nothing is wrong
	}{
		{"gzip of zeros", func() []byte { return gz(t, "", zeros()) }, "times its stored size (a limit)"},
		{"zip of zeros", func() []byte { return zipOf(t, zip.Deflate, packed{"a", zeros()}) }, "times its stored size (a limit)"},
		{"zip of gzip of gzip", func() []byte { return zipOf(t, zip.Deflate, packed{"a", gz(t, "", gz(t, "", zeros()))}) }, ""},
		{"tar.gz of zeros", func() []byte { return gz(t, "", tarOf(t, packed{"e", line}, packed{"a", zeros()})) }, "times its stored size (a limit)"},
		{"zstd of one byte", func() []byte { return rleBomb(4000) }, "times its stored size (a limit)"},
		{"zip of 2^32 members claimed", func() []byte { return zipEndOf(t, 1<<32, 1<<61, 0) }, "zip: "},
		{"zip of a directory beyond its end", func() []byte { return zipEndOf(t, 5, 1<<40, 1<<50) }, "zip: "},
		{"zip of one member many times", func() []byte { return sharedZip(t, 60000) }, "its bytes are those of another member"},
		{"zip of long names", func() []byte { return zipOf(t, zip.Store, long...) }, ""},
		{"zip of empty members", func() []byte { return zipOf(t, zip.Store, many...) }, ""},
		{"zip in zip in zip", func() []byte { return deep }, whyNested},
		{"zip header alone", func() []byte { return []byte(zipLocal) }, "zip: no directory"},
		{"zip of headers", func() []byte { return bytes.Repeat(append([]byte(zipLocal), make([]byte, 26)...), 20000) }, "zip: no directory"},
		{"zip of descriptors", func() []byte {
			return append([]byte(zipLocal+"\x14\x00\x08\x00\x00\x00"), bytes.Repeat([]byte(zipAfter), 1<<20)...)
		}, "zip: no directory"},
		{"tar of 8 EiB", func() []byte {
			return append(tarHeaderOf("a", "\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff"), line...)
		}, "tar: "},
		{"tar.gz of 8 EiB", func() []byte {
			return gz(t, "", append(tarHeaderOf("a", "\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff"), line...))
		}, "tar: "},
		{"tar of headers", func() []byte { return bytes.Repeat(tarHeaderOf("a", "00000000000\x00"), 20000) }, "tar: "},
		{"tar of broken headers", func() []byte {
			return append(tarHeaderOf("a", "00000000000\x00"), bytes.Repeat([]byte("ustar"), 1<<20)...)
		}, "tar: "},
		{"gzip headers", func() []byte { return append(bytes.Clone(good), bytes.Repeat([]byte("x\x1f\x8b\x08\x00"), 1<<20)...) }, "gave up looking for what follows (a limit)"},
		{"gzip members that end at once", func() []byte {
			return append(bytes.Clone(good), bytes.Repeat([]byte("x\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00"), 1<<18)...)
		}, "gzip: "},
		{"zstd headers", func() []byte {
			return append(zst(t, line), bytes.Repeat([]byte("x\x28\xb5\x2f\xfd\x00\xff"), 1<<19)...)
		}, "gave up looking for what follows (a limit)"},
		{"zstd filling of 4 GiB", func() []byte { return append(zst(t, line), "\x50\x2a\x4d\x18\xff\xff\xff\xff..."...) }, "zstd: unexpected end"},
		{"zstd window of 2 TiB", func() []byte { return append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0, 31 << 3}, make([]byte, 1000)...) }, "zstd: "},
		{"bzip2 blocks", func() []byte {
			return append([]byte("BZh9"), bytes.Repeat([]byte("\x31\x41\x59\x26\x53\x59"), 2000)...)
		}, "bzip2: "},
		{"xz dictionary of 4 GiB", func() []byte { return append(append(xzHeadOf(40), 1), make([]byte, 100)...) }, "xz: "},
		{"xz index of 2^62 records", func() []byte { return append(xzIndex, make([]byte, 1000)...) }, "xz: "},
	} {
		path, size := hostileFile(t, c.stored())
		peak := watchMemory()
		inputs, _, err := Walk([]string{path}, WalkOptions{})
		if err != nil {
			t.Error(err)
		}
		o := NewOpener(nil, Limits{Wide: make(chan struct{}, 1)})
		told, decoded := "", int64(0)
		for _, in := range inputs {
			s, err := o.Open(in)
			if err == nil {
				err = drainStream(s)
				decoded += s.Decoded()
				s.Close()
			}
			if err != nil && told == "" {
				told = err.Error()
			}
			if err != nil && c.why != "" && strings.Contains(err.Error(), c.why) {
				told = err.Error()
			}
		}
		o.Close()
		most := peak()
		if c.why == "" && told != "" || !strings.Contains(told, c.why) {
			t.Errorf("%s: %q, want %q", c.name, told, c.why)
		}
		if most > 256<<20 {
			t.Errorf("%s: %d MiB", c.name, most>>20)
		}
		t.Logf("%-34s %8d stored, %4d inputs, %9d decoded, %3d MiB: %.120s", c.name, size, len(inputs), decoded, most>>20, told)
	}
}

// drainStream reads a stream to its end and returns what ended it, nil when it was whole.
func drainStream(s *Stream) error {
	buf := make([]byte, 64<<10)
	for {
		_, err := s.Read(buf)
		if _, gap := err.(*Gap); err == nil || gap {
			continue
		}
		if err == io.EOF {
			return nil
		}
		return err
	}
}
