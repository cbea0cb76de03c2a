package journal_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"coldcase/scanner/journal"
)

func Example() {
	dir, err := os.MkdirTemp("", "journal-*")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "run.json.state")
	j, err := journal.Create(path, []byte("what the run is"))
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range []journal.Frame{{Kind: journal.Part, Number: 7, Data: []byte("half")}, {Kind: journal.Part, Number: 8, Data: []byte("all")}, {Kind: journal.Done, Number: 8}} {
		if err := j.Append(f); err != nil {
			log.Fatal(err)
		}
	}
	if err := j.Close(); err != nil { // or the power fails
		log.Fatal(err)
	}

	if j, err = journal.Open(path); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %d done\n", j.Head(), j.Done())
	err = j.Each(func(f journal.Frame) error {
		fmt.Printf("%c %d %q\n", f.Kind, f.Number, f.Data)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := j.Remove(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// what the run is: 1 done
	// P 7 "half"
	// P 8 "all"
	// D 8 ""
}
