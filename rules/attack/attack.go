package attack

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// Version is the version of ATT&CK that the catalogue holds.
const Version = "18.1"

// Tactic is one column of the matrix.
type Tactic struct {
	ID        string // "TA0006"
	ShortName string // "credential-access"
	Name      string // "Credential Access"
	Order     int    // 1-based place in the matrix, left to right
}

// Technique is a technique or a sub-technique.
type Technique struct {
	ID, Name string
	Parent   string   // id of the technique that a sub-technique belongs to; "" otherwise
	Tactics  []string // ids of the tactics it serves; not to be modified
	// Deprecated is set when ATT&CK has withdrawn the technique without naming a
	// successor.
	Deprecated bool
	// Was is the id that was asked for when ATT&CK has revoked it in favour of ID;
	// "" otherwise.
	Was string
}

// TacticByID returns the tactic with the id ("TA0006"). Safe for concurrent use.
func TacticByID(id string) (Tactic, bool) {
	t, ok := load().tactics[id]
	return t, ok
}

// TacticByName returns the tactic with the name ("Credential Access") or short name
// ("credential-access"), in any case of ASCII letters. Safe for concurrent use.
func TacticByName(name string) (Tactic, bool) {
	t, ok := load().tacticNames[strings.ToLower(name)]
	return t, ok
}

// TechniqueByID returns the technique or sub-technique with the id ("T1003",
// "T1003.001"). A revoked id yields its successor with Was set. Safe for concurrent
// use.
func TechniqueByID(id string) (Technique, bool) {
	c := load()
	t, ok := c.techniques[id]
	if !ok {
		return Technique{}, false
	}
	// A successor may have been revoked in turn; the bound keeps a loop in the file
	// from becoming a loop in the program.
	for range maxRevocations {
		next, revoked := c.techniques[t.revokedBy]
		if !revoked {
			break
		}
		t = next
	}
	out := t.Technique
	if out.ID != id {
		out.Was = id
	}
	return out, true
}

// maxRevocations bounds a chain of revocations.
const maxRevocations = 8

//go:embed tactics.csv
var tacticsCSV string

//go:embed techniques.csv
var techniquesCSV string

// entry is a technique with its successor's id, "" when it is not revoked.
type entry struct {
	Technique
	revokedBy string
}

type catalogue struct {
	tactics     map[string]Tactic
	tacticNames map[string]Tactic // by lower-cased name and by short name
	techniques  map[string]entry
}

// load parses the embedded files, once. They are part of the binary: a mistake in
// them is ours, and panics.
var load = sync.OnceValue(func() catalogue {
	c := catalogue{
		tactics:     make(map[string]Tactic),
		tacticNames: make(map[string]Tactic),
		techniques:  make(map[string]entry),
	}
	for _, row := range rows(tacticsCSV, 4) {
		order, err := strconv.Atoi(row[3])
		if err != nil {
			panic(fmt.Sprintf("BUG: attack: tactic %s: %v", row[0], err))
		}
		t := Tactic{ID: row[0], ShortName: row[1], Name: row[2], Order: order}
		c.tactics[t.ID] = t
		c.tacticNames[t.ShortName] = t
		c.tacticNames[strings.ToLower(t.Name)] = t
	}
	for _, row := range rows(techniquesCSV, 8) {
		t := entry{Technique: Technique{ID: row[0], Name: row[1], Parent: row[3], Deprecated: row[5] == "1"}}
		if row[2] != "" {
			t.Tactics = strings.Split(row[2], ";")
		}
		if row[6] == "1" {
			t.revokedBy = row[7]
		}
		c.techniques[t.ID] = t
	}
	return c
})

// rows returns the records of an embedded file after its header.
func rows(text string, columns int) [][]string {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = columns
	all, err := r.ReadAll()
	if err != nil || len(all) < 2 {
		panic(fmt.Sprintf("BUG: attack: embedded catalogue: %d rows, %v", len(all), err))
	}
	return all[1:]
}
