package flate

import (
	"bufio"
	"bytes"
	stdgzip "compress/gzip"
	"encoding/binary"
	"io"
	"os"
	"testing"

	kpgzip "github.com/klauspost/compress/gzip"
)

// benchFile names a .gz file of one member to measure beside the made ones:
//
//	go run ./cmd/evgen -bytes 268435456 -format gzip -o /tmp/evidence
//	COLDCASE_GZIP=/tmp/evidence/events-0001.ndjson.gz go test -bench gzip ./scanner/input/flate
const benchFile = "COLDCASE_GZIP"

type benchShape struct {
	name   string
	stored []byte
	size   int
}

func benchShapes(b *testing.B) []benchShape {
	data := events(16 << 20)
	blocks, _ := bgzf(b, data, 65_000)
	var asIs bytes.Buffer
	w, err := stdgzip.NewWriterLevel(&asIs, stdgzip.NoCompression)
	if err != nil {
		b.Fatal(err)
	}
	w.Write(data)
	w.Close()
	zeros := make([]byte, 16<<20)
	shapes := []benchShape{
		{"ndjson", gzipped(b, data), len(data)},
		{"blocks", blocks, len(data)},
		{"stored", asIs.Bytes(), len(data)},
		{"zeros", gzipped(b, zeros), len(zeros)},
	}
	if name := os.Getenv(benchFile); name != "" {
		stored, err := os.ReadFile(name)
		if err != nil {
			b.Fatal(err)
		}
		size := int(binary.LittleEndian.Uint32(stored[len(stored)-4:]))
		shapes = append(shapes, benchShape{"file", stored, size})
	}
	return shapes
}

// BenchmarkGzip measures one core on members in memory, checksum included: decoded
// bytes per second.
func BenchmarkGzip(b *testing.B) {
	br := bufio.NewReaderSize(nil, 16<<10)
	buf := make([]byte, 256<<10)
	own, std, kp := new(GzipReader), new(stdgzip.Reader), new(kpgzip.Reader)
	drain := func(b *testing.B, r io.Reader, err error) int {
		n := 0
		for err == nil {
			var k int
			k, err = r.Read(buf)
			n += k
		}
		if err != io.EOF {
			b.Fatal(err)
		}
		return n
	}
	decoders := []struct {
		name   string
		decode func(b *testing.B) int
	}{
		{"own", func(b *testing.B) (n int) {
			own.Reset(br, 0, 0)
			for {
				err := own.Member()
				if err == io.EOF {
					return n
				}
				for err == nil {
					var p []byte
					p, err = own.Next()
					n += len(p)
				}
				if err != io.EOF {
					b.Fatal(err)
				}
			}
		}},
		{"own copied", func(b *testing.B) (n int) {
			own.Reset(br, 0, 0)
			for {
				if err := own.Member(); err == io.EOF {
					return n
				} else if err != nil {
					b.Fatal(err)
				}
				n += drain(b, own, nil)
			}
		}},
		{"klauspost", func(b *testing.B) int { return drain(b, kp, kp.Reset(br)) }},
		{"standard library", func(b *testing.B) int { return drain(b, std, std.Reset(br)) }},
	}
	for _, s := range benchShapes(b) {
		for _, d := range decoders {
			b.Run(s.name+"/"+d.name, func(b *testing.B) {
				b.SetBytes(int64(s.size))
				b.ReportAllocs()
				for b.Loop() {
					br.Reset(bytes.NewReader(s.stored))
					if n := d.decode(b); n != s.size {
						b.Fatalf("%d bytes, want %d", n, s.size)
					}
				}
			})
		}
	}
}
