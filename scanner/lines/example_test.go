package lines_test

import (
	"context"
	"fmt"
	"strings"

	"coldcase/scanner/lines"
)

func Example() {
	ctx := context.Background()
	budget := lines.NewBudget(32<<20, lines.DefaultMaxLine, 1)
	r := lines.NewReader(strings.NewReader("{\"a\":1}\r\n\n{\"b\":2}"), 0, budget)
	for {
		b, err := budget.Get(ctx)
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := r.Next(ctx, b); err != nil {
			b.Release()
			fmt.Println(err, r.Stats().Lines, "lines", r.Stats().Blank, "blank")
			return
		}
		for _, l := range b.Lines {
			fmt.Printf("line %d at %d: %s\n", l.Number, l.Offset, b.Bytes(l))
		}
		b.Release()
	}
	// Output:
	// line 1 at 0: {"a":1}
	// line 3 at 10: {"b":2}
	// EOF 2 lines 1 blank
}
