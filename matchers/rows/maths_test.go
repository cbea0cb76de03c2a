package rows

import "testing"

// What Java's Math, and so Elasticsearch, makes of numbers: no value that is finite is null.
func TestMaths(t *testing.T) {
	valuesAre(t,
		"CBRT(-27)", "-3.0", "HYPOT(3, 4.0)", "5.0", "SIGNUM(-7)", "-1.0", "SIGNUM(0)", "0.0", "SIGNUM(TO_LONG(9))", "1.0",
		"E()", "2.718281828459045", "PI()", "3.141592653589793", "TAU()", "6.283185307179586",
		"SIN(0)", "0.0", "COS(0)", "1.0", "TAN(0)", "0.0", "ASIN(1) == PI() / 2", "true", "ACOS(1)", "0.0", "ATAN(0)", "0.0",
		"ASIN(1.5)", "null", "ACOS(-2)", "null", "ACOS(null)", "null", "COS([0, 0])", "null", "ATAN2(1, 0) == PI() / 2", "true",
		"SINH(0)", "0.0", "COSH(0)", "1.0", "TANH(0)", "0.0", "COSH(1000)", "null", "SINH(-1000)", "null",
		"ASINH(0)", "0.0", "ACOSH(1)", "0.0", "ACOSH(0)", "null", "ATANH(0)", "0.0", "ATANH(1)", "null",
		"TO_DEGREES(PI())", "180.0", "TO_RADIANS(180) == PI()", "true", "TO_DEGREES([0, 0])", "[0.0,0.0]",
		"EXP(0)", "1.0", "EXP(1000)", "null", "POW(2, -1)", "0.5", "POW(-8, 0.5)", "null", "POW(10, 400)", "null",
		"LOG(E())", "1.0", "LOG(0)", "null", "LOG(-1)", "null", "LOG(2, 1024) > 9.999", "true", "LOG(10, 1000) < 3.0001", "true",
		"LOG(1, 5)", "null", "LOG(0, 5)", "null", "LOG(-2, 5)", "null", "LOG(0.5, 4)", "-2.0", "LOG10(0)", "null", "SQRT(2.25)", "1.5",
		"COPY_SIGN(3, -0.5)", "-3", "COPY_SIGN(-3, 2)", "3", "COPY_SIGN(1.5, -1)", "-1.5", "COPY_SIGN(0, -1)", "0",
		"SCALB(1.5, 4)", "24.0", "SCALB(3, -1)", "1.5", "SCALB(1, 5000)", "null", "SCALB(1, 9223372036854775807)", "null",
		"ABS(-2147483648)", "null", "ABS(-1.5)", "1.5", "ABS(TO_LONG(-5))", "5", "CEIL(-1.5)", "-1.0", "FLOOR(-1.5)", "-2.0", "CEIL(5)", "5",
		"-(-9223372036854775808)", "null", "-TO_LONG(5)", "-5",
		"ROUND(123.456, 2)", "123.46", "ROUND(-123.456, -1)", "-120.0", "ROUND(7, 5)", "7", "ROUND(15, -1)", "20", "ROUND(-15, -1)", "-20",
		"ROUND(14, -1)", "10", "ROUND(5, -2)", "0", "ROUND(null, 1)", "null", "ROUND(0.49999999999999994)", "0.0", "ROUND(-2.5)", "-3.0", "ROUND(1e300, 2)", "1.0E300", "ROUND(1.5, -400)", "0.0", "ROUND(1.5, null)", "null", "ROUND([1.5, 2])", "null",
		"ROUND(18446744073709551615, -2)", "18446744073709551600", "ROUND(18446744073709551615, -1)", "null", "ROUND(12345678901234567890, -3)", "12345678901234568000", "ROUND(9223372036854775807, -19)", "null",
		"ROUND(4999999999999999999, -19)", "0", "ROUND(-5, -1)", "-10", "ROUND(-4, -1)", "0", "ROUND(7, -30)", "0", "ROUND(2147483647, -1)", "null",
		"ROUND_TO(7, 0, 5, 10)", "5", "ROUND_TO(-7, 10, 0, 5)", "0", "ROUND_TO(10, 0, 5, 10)", "10", "ROUND_TO(7, 0, 5.5)", "5.5", "ROUND_TO(null, 1)", "null",
		`ROUND_TO(TO_DATETIME("2024-05-17"), "2024-01-01", "2024-05-01", "2024-06-01")`, `"2024-05-01T00:00:00.000Z"`,
		"CLAMP(15, 0, 10)", "10", "CLAMP(-1, 0, 10)", "0", "CLAMP(5, 0, 10)", "5", "CLAMP(5, 0.5, 4.5)", "4.5", "CLAMP(5, null, 10)", "null",
		"CLAMP_MIN(5, 7)", "7", "CLAMP_MAX(5, 7)", "5", `CLAMP_MAX("b", "a")`, `"a"`, "CLAMP_MIN([1, 2], 5)", "null",
	)
}

// Lists count by their largest or smallest value.
func TestGreatestOfLists(t *testing.T) {
	valuesAre(t,
		"GREATEST(1, [7, 3], 5)", "7", "LEAST(4, [7, 3], 5)", "3", "GREATEST([2, 9])", "9", "GREATEST(1, null)", "null", "LEAST([1, 2], null)", "null",
		"GREATEST(1, 2.5)", "2.5", "GREATEST(3, 2.5)", "3.0", `LEAST("b", ["c", "a"])`, `"a"`, "GREATEST(true, false)", "true", "LEAST(true, false)", "false",
		`GREATEST(TO_IP("10.0.0.2"), TO_IP("10.0.0.10"))`, `"10.0.0.10"`, `GREATEST(TO_VERSION("1.10"), TO_VERSION("1.9"))`, `"1.10"`,
		`LEAST(TO_DATETIME("2024-01-02"), TO_DATETIME("2024-01-01"))`, `"2024-01-01T00:00:00.000Z"`,
	)
}

// A cast to a whole number rounds, a half goes up; what does not fit before it is rounded is
// null.
func TestCastsRound(t *testing.T) {
	valuesAre(t,
		"TO_INTEGER(123.4)", "123", "TO_INTEGER(2.5)", "3", "TO_INTEGER(-2.5)", "-2", "TO_INTEGER(-2.6)", "-3", "TO_INTEGER(0.49999999999999994)", "0",
		"TO_INTEGER(2147483647.4)", "null", "TO_INTEGER(2147483647.0)", "2147483647", "TO_INTEGER(-2147483648.5)", "null",
		`TO_INTEGER("12.7")`, "13", `TO_LONG("-12.5")`, "-12", "TO_LONG(1.5)", "2", "TO_LONG(1e19)", "null", "TO_LONG(9.3E18)", "null",
		"TO_LONG(9223372036854775807.0)", "9223372036854775807", "TO_LONG(-9223372036854775808.0)", "-9223372036854775808",
		`TO_INTEGER(" 12 ")`, "12", `TO_DOUBLE(" 1.5 ")`, "1.5", `TO_DOUBLE("1.5d")`, "1.5", `TO_DOUBLE("NaN")`, "null", `TO_DOUBLE("0x10")`, "null", `TO_DOUBLE("")`, "null",
		"TO_INTEGER([1.5, 3E10, 4.4])", "[2,4]", "[1.5, 2.4]::integer", "[2,2]", `"5"::long + 1`, "6", "1.9::int::string", `"2"`,
		"TO_UNSIGNED_LONG(1.9)", "1", "TO_UL(-0.5)", "null", `TO_ULONG("18446744073709551616")`, "null",
		"TO_DATETIME(1.6)", `"1970-01-01T00:00:00.002Z"`, "TO_DATETIME([0, 1000])", `["1970-01-01T00:00:00.000Z","1970-01-01T00:00:01.000Z"]`,
		`TO_LONG(TO_DATETIME("1970-01-02"))`, "86400000", `TO_INTEGER(TO_DATETIME("2024-01-01"))`, "null", `TO_BOOLEAN(["true", "no"])`, "[true,false]",
		"TO_DOUBLE(true)", "1.0", "TO_STRING([true, false])", `["true","false"]`, `TO_IP(["10.0.0.1", "no", "::1"])`, `["10.0.0.1","::1"]`,
	)
}
