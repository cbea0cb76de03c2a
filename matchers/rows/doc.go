// Package rows runs ES|QL on rows: the commands that look at one row at a time, the
// functions, and the aggregates as states that can be merged.
//
//	event --fields--> row --[WHERE EVAL GROK ...]--> rows that survive      (Program.Start)
//	row --BY--> keys;  rows of a key --State.Add--> State --Finish--> row   (Group)
//	row --[WHERE EVAL ...]--> rows                                          (Program.Each)
//
// For people, a [Tracer] follows one row through the same compiled commands, and says what
// each made of it and why a condition is false or null. It costs nothing where nobody asks.
//
// What needs all rows, and so memory or a file, is done by who calls: package correlate
// sorts rows into groups, by the keys that [Group.Keys] and [Sort.Key] make of them, and
// hands each group on. Nothing here remembers a row.
//
// A [Row] has one slot for each name that the query has for a column, wherever in it. A
// [Value] is null, a value or a list; each scalar carries its own type, so that a field
// without a schema is what its JSON is. Nothing allocates for null, true and false.
//
// # Null and lists
//
// Logic is three-valued (logic.go). An operand that is null or a list makes a comparison,
// an arithmetic operation, LIKE and RLIKE null, and so every function whose
// [esql.Function] does not take lists. IN is null for a list, and where nothing is equal and
// an item is null; a list among its items is equal to nothing. What cannot be computed is null, never an error:
// overflow, division by zero, a bad regular expression that a column holds.
//
// # Readings
//
// Where the sources are silent (esql-semantics.md marks these U):
//
//   - A field without a schema is what its JSON value is; a string of it is read as a
//     date, an address or a version where such a value stands beside it. Any other pair of
//     types has no order and is not equal: the comparison is null.
//   - TO_BOOLEAN takes "true" in any case for true and any other string for false.
//   - Months and years are added to the last day of the month at most.
//   - ROUND goes away from zero at a half. SUM that overflows is null.
//   - LOCATE of "" is 1, or where it starts to look. SPACE and REPEAT below 0 are null.
//   - URL_DECODE reads '+' as a space. FROM_BASE64 takes text without padding too, and is
//     null for what is no UTF-8.
//   - MV_SLICE out of range is null, and clipped at either end.
//   - HASH knows MD5 and the digests of the SHA families; any other algorithm is null.
//   - DATE_FORMAT and DATE_PARSE are in English and UTC, and weeks are those of ISO 8601.
//     What a pattern writes and cannot be read back, such as the week, makes DATE_PARSE null.
//   - REVERSE keeps marks, joiners, flags and colours with their character; no table of all
//     of Unicode is held against it.
//   - DISSECT is Elasticsearch's parser: each further delimiter of one kind is an empty value.
//   - COUNT_DISTINCT is exact up to a bound far above Elasticsearch's; VALUES is sorted.
//   - FIRST and LAST take the first row that has the value of their order, null orders
//     last.
//   - A row with lists among the keys of INLINE STATS gets what was computed of each of its
//     groups, as a list, in the order of the keys.
//   - The fuzziness of MATCH is an edit distance between words, in lower case.
//   - Columns that stand for whatever fields a document has are not in rows: the event has
//     them.
//   - _ignored is not in an archive: it is worked out of the event and the schema
//     (ignored.go). A field that it names keeps its values here, which Elasticsearch would
//     not have.
//
// # Bounds
//
// Evidence chooses values: a string that a function makes has at most maxText bytes, a
// list maxList values, else the result is null; an event makes at most [maxRows] rows. The
// states of aggregates have bounds of their own ([Limits]).
//
// # Elasticsearch's own
//
// Where a comment names a Java class (J:MvSlice), the rule is that class's, and what its
// documentation leaves open. That a cast to a whole number rounds, that GREATEST takes lists,
// that n days of DATE_TRUNC count from 1970 and a week from its Monday is J:DataTypeConverter,
// J:Greatest and J:DateTrunc.
//
// To add a function, write it in the file of its family and list it there in one of the
// tables that calls.go gathers; a test holds the tables against esql.Functions.
package rows
