package lines

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"strings"
	"testing"
)

// Benchmark/lines measures framing alone, from memory: lines of some lengths, and events
// of 2,700 bytes in other shapes.
func Benchmark(b *testing.B) {
	benchLengths(b)
	benchShapes(b)
}

func benchLengths(b *testing.B) {
	for _, shape := range []struct {
		name string
		line int
	}{{"2700B", 2700}, {"100B", 100}, {"1B", 1}, {"1MiB", 1 << 20}} {
		b.Run("lines/"+shape.name, func(b *testing.B) {
			n := max(32<<20/(shape.line+1), 1)
			// The first line tells the shape.
			data := []byte("{\"a\":1}\n" + strings.Repeat(strings.Repeat("x", shape.line)+"\n", n))
			budget := NewBudget(64<<20, 0, 1)
			ctx := context.Background()
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				r := NewReader(bytes.NewReader(data), 0, budget)
				var err error
				for err == nil {
					batch, _ := budget.Get(ctx)
					err = r.Next(ctx, batch)
					batch.Release()
				}
				if err != io.EOF || r.Stats().Lines != int64(n)+1 {
					b.Fatal(err, r.Stats().Lines)
				}
			}
		})
	}
}

func benchShapes(b *testing.B) {
	event := `{"@timestamp":"2026-03-01T08:00:00Z"` + strings.Repeat(`,"process":{"name":"abcdefghij","args":["a","b c d e"],"pid":1234}`, 41) + `}`
	const n = 32 << 20 / 2700
	hits := strings.Repeat(`{"_id":"1","_source":`+event+`},`, n)
	row := strings.Repeat(`,"a value of some length, as they are"`, 70)
	for name, data := range map[string]string{
		"array":  "[" + strings.Repeat(event+",\n", n) + event + "]",
		"search": `{"took":1,"hits":{"hits":[` + hits[:len(hits)-1] + `]}}`,
		"esql":   `{"columns":[{"name":"a"}` + strings.Repeat(`,{"name":"b"}`, 70) + `],"values":[` + strings.Repeat("[1"+row+"],", n) + "[1" + row + "]]}",
		"csv":    "a.b" + strings.Repeat(",c.d", 70) + "\n" + strings.Repeat("1"+row+"\n", n),
		"utf16":  "\xff\xfe" + string(wide(strings.Repeat(event+"\n", n/2), binary.LittleEndian, false)),
	} {
		b.Run("lines/"+name, func(b *testing.B) {
			budget := NewBudget(64<<20, 0, 1)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				r := NewReader(strings.NewReader(data), 0, budget)
				var err error
				for err == nil {
					batch, _ := budget.Get(context.Background())
					err = r.Next(context.Background(), batch)
					batch.Release()
				}
				if s := r.Stats(); err != io.EOF || len(s.Bad) > 0 || s.Lines < n/2 {
					b.Fatal(err, s)
				}
			}
		})
	}
}
