package rows

import "testing"

func TestSpreads(t *testing.T) {
	valuesAre(t,
		"MV_PERCENTILE([5, 5, 10, 12, 5000], 50)", "10", "MV_PERCENTILE([1, 2], 50)", "1", "MV_PERCENTILE([1.0, 2], 50)", "1.5", "MV_PERCENTILE([3, 1, 2], 0)", "1",
		"MV_PERCENTILE([3, 1, 2], 100.0)", "3", "MV_PERCENTILE([3, 1, 2], 101)", "null", "MV_PERCENTILE([3, 1, 2], -1)", "null", "MV_PERCENTILE(7, 33)", "7",
		"MV_PERCENTILE([-2147483648, 2147483647], 50)", "-1", "MV_PERCENTILE([-9223372036854775807, 9223372036854775807], 75)", "4611686018427387903",
		"MV_PERCENTILE([0, 10], 30)", "3", "MV_PERCENTILE(TO_LONG([0, 1000]), 12.3)", "123",
		"MV_PERCENTILE([-1.0, 2.0], 50)", "0.5", "MV_PERCENTILE(null, 50)", "null", "MV_PERCENTILE([1, 2], null)", "null", "MV_PERCENTILE([1, 2], [1, 2])", "null",
		"MV_MEDIAN_ABSOLUTE_DEVIATION([0, 2, 5, 6])", "2", "MV_MEDIAN_ABSOLUTE_DEVIATION([0.0, 2, 5, 6])", "2.0", "MV_MEDIAN_ABSOLUTE_DEVIATION(4)", "0",
		"MV_MEDIAN_ABSOLUTE_DEVIATION([-3, 0])", "1", // around -1, not -2: 2 and 1
		"MV_MEDIAN_ABSOLUTE_DEVIATION([-9223372036854775808, 9223372036854775807])", "9223372036854775807",
		"MV_PSERIES_WEIGHTED_SUM([8.0, 4.0, 3.0], 1)", "11.0", "MV_PSERIES_WEIGHTED_SUM([8.0, 4.0], 2.0)", "9.0", "MV_PSERIES_WEIGHTED_SUM([8, 4], 0)", "12.0",
		"MV_PSERIES_WEIGHTED_SUM(null, 1)", "null", "MV_PSERIES_WEIGHTED_SUM([1E308, 1E308], -1)", "null",
		"MV_MEDIAN([1, 4, 2, 9])", "3", "MV_MEDIAN([-3, 0])", "-2", "MV_MEDIAN([1.5, 2])", "1.75", "MV_MEDIAN([2147483647, 2147483645])", "2147483646",
		"MV_MEDIAN([9223372036854775807, 9223372036854775805])", "9223372036854775806", "MV_AVG([3, 4])", "3.5", "MV_SUM([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])", "5.5",
		"MV_SUM([9223372036854775807, 1])", "null", "MV_SUM(5)", "5",
	)
}

// Places as they are written: from the front, or both from the end, and the first before the
// last.
func TestSlices(t *testing.T) {
	valuesAre(t,
		"MV_SLICE([1, 2, 3], 0, 1)", "[1,2]", "MV_SLICE([1, 2, 3], -1)", "3", "MV_SLICE([1, 2, 3], -9, -2)", "[1,2]", "MV_SLICE([1, 2, 3], 2, 9)", "3",
		"MV_SLICE([1, 2, 3], 0, -1)", "null", "MV_SLICE([1, 2, 3], -2, 2)", "null", "MV_SLICE([1, 2, 3], 2, 1)", "null", "MV_SLICE([1, 2, 3], -9)", "null",
		"MV_SLICE(null, 0)", "null", "MV_SLICE([1, 2], null)", "null", "MV_SLICE(7, 0)", "7", "MV_SLICE(7, 1)", "null",
	)
}

func TestSets(t *testing.T) {
	valuesAre(t,
		"MV_INTERSECTS([1, 2], [2, 3])", "true", "MV_INTERSECTS([1, 2], 3)", "false", "MV_INTERSECTS(null, 1)", "false", "MV_INTERSECTS(1, null)", "false", "MV_INTERSECTS(null, null)", "false",
		"MV_CONTAINS(null, null)", "true", "MV_CONTAINS([1, 1], [1, 1, 1])", "true", `MV_CONTAINS(["a", "b"], ["b", "c"])`, "false",
		"MV_DIFFERENCE([3, 1, 3, 2], [1, 2])", "[3,3]", "MV_DIFFERENCE([1], [1])", "null", "MV_DIFFERENCE([1, 2], null)", "[1,2]", "MV_DIFFERENCE(null, 1)", "null",
		"MV_INTERSECTION([2, 1, 2], [2, 3])", "2", "MV_INTERSECTION([1, 2], null)", "null", "MV_UNION(null, [2, 2, 1])", "[2,1]", "MV_UNION(null, null)", "null",
		"MV_UNION([1, 2], TO_LONG([2, 3]))", "[1,2,3]", "MV_INTERSECTION(TO_LONG([1, 2]), [2])", "2",
		`MV_ZIP(null, ["a", "b"])`, `["a","b"]`, `MV_ZIP("a", "b")`, `"a,b"`, `MV_ZIP(["a", "b"], ["x", "y", "z"], "")`, `["ax","by","z"]`, `MV_ZIP("a", "b", null)`, "null",
		`MV_CONCAT(["a", "b"], null)`, "null", `MV_CONCAT("a", ", ")`, `"a"`, `MV_SORT(["b", "a", "b"])`, `["a","b","b"]`, `MV_SORT([3, 1], "ASC")`, "[1,3]",
		"MV_DEDUPE([true, false, true])", "[true,false]", "MV_FIRST(null)", "null", "MV_COUNT(5)", "1", "MV_MIN([true, false])", "false",
		`MV_MAX(TO_VERSION(["1.9", "1.10"]))`, `"1.10"`, `MV_MIN(TO_IP(["10.0.0.10", "10.0.0.9"]))`, `"10.0.0.9"`,
	)
	for _, x := range []string{`MV_CONTAINS([1, 2], "1")`, `MV_INTERSECTS(TO_IP("::1"), "::1")`} {
		if _, _, err := compile("ROW x = " + x); err == nil {
			t.Errorf("%s: no error", x)
		}
	}
}

// The numbers of a field without a schema are longs; the query writes integers.
func TestSetsOfDynamicValues(t *testing.T) {
	got := run(t, "FROM a | WHERE MV_CONTAINS(no.such, 2) AND MV_INTERSECTS(no.such, [7, 3]) | EVAL x = MV_DIFFERENCE(no.such, [2, 3]) | KEEP x", `{"no.such":[1,2,3]}`)
	if len(got) != 1 || got[0] != `{"x":1}` {
		t.Errorf("got %q", got)
	}
}
