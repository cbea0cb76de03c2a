package event_test

import (
	"errors"
	"fmt"

	"coldcase/matchers/event"
)

// The caller tries the fast path first and lets the reference parser decide what
// it does not take.
func Example() {
	layout := event.NewLayout()
	args := layout.Slot("process.args")
	parser := event.NewParser(layout)

	var ev event.Event
	for _, line := range []string{
		`{"process":{"args":["curl","-o"]}}`,
		`{"process.args":"curl"}`,
		`{"_index":"auditbeat-8.1.0","_id":"7","_source":{"process":[{"args":"a"},{"args":["b",null]}]}}`,
		`{"took":3,"hits":{"hits":[]}}`,
		`{"process":`,
	} {
		if !parser.Extract(&ev, []byte(line)) {
			var bad *event.BadLine
			if err := parser.Parse(&ev, []byte(line)); errors.As(err, &bad) {
				fmt.Println("bad line:", bad.Kind)
				continue
			}
		}
		fmt.Printf("%q", ev.Index)
		for _, v := range ev.Values(args) {
			fmt.Printf(" %q", v.Text)
		}
		fmt.Println()
	}
	// Output:
	// "" "curl" "-o"
	// "" "curl"
	// "auditbeat-8.1.0" "a" "b" ""
	// bad line: search response, not one event
	// bad line: JSON breaks off
}
