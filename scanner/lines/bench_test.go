package lines

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
)

// BenchmarkNext measures framing alone, from memory.
func BenchmarkNext(b *testing.B) {
	for _, shape := range []struct {
		name string
		line int
	}{{"2700B", 2700}, {"100B", 100}, {"1B", 1}, {"1MiB", 1 << 20}} {
		b.Run(shape.name, func(b *testing.B) {
			n := max(32<<20/(shape.line+1), 1)
			data := []byte(strings.Repeat(strings.Repeat("x", shape.line)+"\n", n))
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
				if err != io.EOF || r.Stats().Lines != int64(n) {
					b.Fatal(err, r.Stats().Lines)
				}
			}
		})
	}
}
