package claim

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// The row of a finding of a rule in ES|QL, as its detail has it, is held against the one
// that the rule makes again column by column, by hashes: a findings file may state any
// number of columns of any size.

// maxRowColumns is more than a query can name.
const maxRowColumns = 4000

// rowSum is the hash of a column's name and that of its value.
type rowSum struct{ name, value [16]byte }

const rowSumSize = 32

// RowSums returns the hashes of the columns of a row, a JSON object. Equal rows have equal
// sums, whatever the order of their columns and however their numbers are written.
func RowSums(row json.RawMessage) ([]byte, error) {
	sums, err := rowSums(row)
	var out []byte
	for _, s := range sums {
		out = append(append(out, s.name[:]...), s.value[:]...)
	}
	return out, err
}

// rowSums returns the hashes of the columns of a row, in the order of their names'.
func rowSums(row json.RawMessage) ([]rowSum, error) {
	d := json.NewDecoder(bytes.NewReader(row))
	d.UseNumber()
	var columns map[string]any
	if err := d.Decode(&columns); err != nil || columns == nil {
		return nil, errors.New("no finding: detail.row is no object")
	}
	if len(columns) > maxRowColumns {
		return nil, fmt.Errorf("detail.row has more than %d columns (a limit)", maxRowColumns)
	}
	out := make([]rowSum, 0, len(columns))
	for name, v := range columns {
		out = append(out, rowSum{sum16([]byte(name)), valueSum(v)})
	}
	slices.SortFunc(out, func(a, b rowSum) int { return bytes.Compare(a.name[:], b.name[:]) })
	return out, nil
}

func sum16(b []byte) (out [16]byte) {
	sum := sha256.Sum256(b)
	copy(out[:], sum[:])
	return out
}

func valueSum(v any) [16]byte {
	b, err := json.Marshal(plainJSON(v))
	if err != nil {
		panic("BUG: claim.valueSum: " + err.Error())
	}
	return sum16(b)
}

// plainJSON writes equal numbers alike: a row stands with 2.0 in one file and, once other
// tools had it, with 2 in another.
func plainJSON(v any) any {
	switch v := v.(type) {
	case json.Number:
		return plainNumber(string(v))
	case []any:
		for i := range v {
			v[i] = plainJSON(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plainJSON(v[k])
		}
	}
	return v
}

func plainNumber(s string) any {
	if strings.Trim(s, "-0123456789") == "" {
		return json.Number(s)
	}
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil: // beyond a double
		return json.Number(s)
	case f == math.Trunc(f) && math.Abs(f) < 1e21:
		return json.Number(strconv.FormatFloat(f, 'f', 0, 64))
	}
	return f
}

// OtherRow says which columns of a row, as a rule has made it, are not as the sums have
// them: "" when all are, else as "detail.row (n, users)". A row that is no object is a bug
// of the caller's.
func OtherRow(sums []byte, row json.RawMessage) string {
	var columns map[string]json.RawMessage
	own, err := rowSums(row)
	if err != nil || json.Unmarshal(row, &columns) != nil {
		panic("BUG: claim.OtherRow: a row that the rule has made is none")
	}
	claimed := map[[16]byte][16]byte{}
	for ; len(sums) >= rowSumSize; sums = sums[rowSumSize:] {
		claimed[[16]byte(sums)] = [16]byte(sums[16:])
	}
	byName := map[[16]byte]string{}
	for name := range columns {
		byName[sum16([]byte(name))] = name
	}
	var wrong []string
	for _, s := range own {
		if value, ok := claimed[s.name]; !ok || value != s.value {
			wrong = append(wrong, byName[s.name])
		}
		delete(claimed, s.name)
	}
	slices.Sort(wrong)
	if len(claimed) > 0 {
		wrong = append(wrong, "columns that the rule does not make")
	}
	if len(wrong) == 0 {
		return ""
	}
	return "detail.row (" + strings.Join(wrong, ", ") + ")"
}
