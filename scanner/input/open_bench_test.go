package input

import (
	"bytes"
	"io"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// BenchmarkOpen measures a stream from end to end: decoded bytes per second, hashing included.
func BenchmarkOpen(b *testing.B) {
	data := bytes.Repeat(events(2000), 100)
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 256<<10)
	for _, shape := range []struct {
		name   string
		stored []byte
	}{{"plain", data}, {"gzip", gz(b, "", data)}, {"zstd", enc.EncodeAll(data, nil)}} {
		b.Run(shape.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				s, err := Open(Input{Name: "-"}, bytes.NewReader(shape.stored), Limits{})
				if err != nil {
					b.Fatal(err)
				}
				for err == nil {
					_, err = s.Read(buf)
				}
				if err != io.EOF || s.Decoded() != int64(len(data)) {
					b.Fatal(err, s.Decoded())
				}
				s.Close()
			}
		})
	}
}
