package esql

// Sets that signatures are made of.
var (
	str      = texts
	boolean  = setOf(Boolean)
	date     = setOf(Date)
	geo      = setOf(GeoPoint)
	ip       = setOf(IP)
	anything = storable
	strOrIP  = texts | ip
	dates    = date | texts | numbers // what converts to a date
	ranged   = date | numbers         // what can be cut into ranges
)

// Signatures that many functions share.
func stringFunction(name string, result Type, params ...types) Function {
	return Function{Name: name, Strict: true, params: params, result: always(result)}
}

func numberFunction(name string, result func([]Type) (Type, bool), params ...types) Function {
	return Function{Name: name, Strict: true, params: params, result: result}
}

// conversion functions convert each value; those that do not convert vanish.
func conversion(name string, to Type, from types) Function {
	return Function{Name: name, Lists: true, Each: true, Strict: true, params: []types{from}, result: always(to)}
}

func aggregate(name string, result func([]Type) (Type, bool), params ...types) Function {
	return Function{Name: name, Aggregate: true, Lists: true, params: params, result: result}
}

// listFunction functions read a list as a whole.
func listFunction(name string, result func([]Type) (Type, bool), params ...types) Function {
	return Function{Name: name, Lists: true, Strict: true, params: params, result: result}
}

func (f Function) withOptional(n int) Function {
	f.optional = n
	return f
}

func (f Function) withVariadic() Function {
	f.variadic = true
	return f
}

// withConstant marks argument i.
func (f Function) withConstant(i int) Function {
	f.constant |= 1 << i
	return f
}

func (f Function) notStrict() Function {
	f.Strict = false
	return f
}

func (f Function) each() Function {
	f.Lists, f.Each = true, true
	return f
}

// functions lists all functions that can be called: those of Elastic's rules, and their
// near relatives. KQL and MATCH have nodes of their own, TRANGE is rewritten (timestamp.go).
var functions = []Function{
	// Aggregates. The second argument of FIRST and LAST is @timestamp where it is left out.
	aggregate("COUNT", always(Long), anything).withOptional(1),
	aggregate("COUNT_DISTINCT", always(Long), orderable, integers).withOptional(1).withConstant(1),
	aggregate("SUM", sumOf, numbers),
	aggregate("AVG", always(Double), numbers),
	aggregate("MIN", like0, orderable),
	aggregate("MAX", like0, orderable),
	aggregate("MEDIAN", always(Double), numbers),
	aggregate("MEDIAN_ABSOLUTE_DEVIATION", always(Double), numbers),
	aggregate("PERCENTILE", always(Double), numbers, numbers).withConstant(1),
	aggregate("STD_DEV", always(Double), numbers),
	aggregate("VARIANCE", always(Double), numbers),
	aggregate("WEIGHTED_AVG", always(Double), numbers, numbers),
	aggregate("VALUES", like0, anything),
	aggregate("TOP", like0, orderable, integers, str).withOptional(1).withConstant(1).withConstant(2),
	aggregate("FIRST", like0, anything, numbers|date).withOptional(1),
	aggregate("LAST", like0, anything, numbers|date).withOptional(1),
	aggregate("PRESENT", always(Boolean), anything),
	aggregate("ABSENT", always(Boolean), anything),

	// Choices.
	{Name: "CASE", Lists: true, params: []types{anything, anything, anything}, optional: 1, variadic: true, result: caseOf},
	{Name: "COALESCE", Lists: true, params: []types{anything}, variadic: true, result: commonOf},
	listFunction("GREATEST", commonOf, orderable).withVariadic(),
	listFunction("LEAST", commonOf, orderable).withVariadic(),
	{Name: "CLAMP", Strict: true, params: []types{orderable, orderable, orderable}, result: commonOf},
	{Name: "CLAMP_MIN", Strict: true, params: []types{orderable, orderable}, result: commonOf},
	{Name: "CLAMP_MAX", Strict: true, params: []types{orderable, orderable}, result: commonOf},

	// Dates.
	{Name: "NOW", result: always(Date)},
	stringFunction("DATE_TRUNC", Date, spans, date).withConstant(0),
	stringFunction("DATE_DIFF", Integer, str, date, date),
	stringFunction("DATE_EXTRACT", Long, str, date),
	stringFunction("DATE_FORMAT", Keyword, str|date, date).withOptional(1),
	stringFunction("DATE_PARSE", Date, str, str).withOptional(1),
	stringFunction("DAY_NAME", Keyword, date),
	stringFunction("MONTH_NAME", Keyword, date),
	// checkBucket says what else its arguments must be.
	{Name: "BUCKET", Strict: true, params: []types{ranged, spans | numbers, ranged, ranged}, optional: 2, result: bucketOf},

	// Strings.
	stringFunction("CONCAT", Keyword, str, str).withVariadic(),
	stringFunction("LENGTH", Integer, str),
	stringFunction("BYTE_LENGTH", Integer, str),
	stringFunction("BIT_LENGTH", Integer, str),
	stringFunction("STARTS_WITH", Boolean, str, str),
	stringFunction("ENDS_WITH", Boolean, str, str),
	stringFunction("CONTAINS", Boolean, str, str),
	stringFunction("LOCATE", Integer, str, str, integers).withOptional(1),
	stringFunction("SUBSTRING", Keyword, str, integers, integers).withOptional(1),
	stringFunction("LEFT", Keyword, str, integers),
	stringFunction("RIGHT", Keyword, str, integers),
	{Name: "TRIM", Strict: true, params: []types{str}, result: textOf},
	{Name: "LTRIM", Strict: true, params: []types{str}, result: textOf},
	{Name: "RTRIM", Strict: true, params: []types{str}, result: textOf},
	stringFunction("SPACE", Keyword, integers),
	stringFunction("REPEAT", Keyword, str, integers),
	{Name: "REVERSE", Strict: true, params: []types{str}, result: textOf},
	stringFunction("REPLACE", Keyword, str, str, str),
	stringFunction("SPLIT", Keyword, str, str),
	stringFunction("TO_LOWER", Keyword, str).each(),
	stringFunction("TO_UPPER", Keyword, str).each(),
	stringFunction("URL_DECODE", Keyword, str),
	stringFunction("URL_ENCODE", Keyword, str),
	stringFunction("URL_ENCODE_COMPONENT", Keyword, str),
	stringFunction("FROM_BASE64", Keyword, str),
	stringFunction("TO_BASE64", Keyword, str),
	stringFunction("HASH", Keyword, str, str),
	stringFunction("MD5", Keyword, str),
	stringFunction("SHA1", Keyword, str),
	stringFunction("SHA256", Keyword, str),
	stringFunction("JSON_EXTRACT", Keyword, str, str),

	// Addresses and places.
	stringFunction("CIDR_MATCH", Boolean, ip, str).withVariadic(),
	stringFunction("IP_PREFIX", IP, ip, integers, integers),
	{Name: "NETWORK_DIRECTION", Lists: true, Strict: true, params: []types{ip, ip, str}, result: always(Keyword)},
	stringFunction("ST_X", Double, geo),
	stringFunction("ST_Y", Double, geo),
	stringFunction("ST_DISTANCE", Double, geo, geo),

	// Numbers.
	numberFunction("ROUND", like0, numbers, integers).withOptional(1),
	numberFunction("ABS", like0, numbers),
	numberFunction("CEIL", like0, numbers),
	numberFunction("FLOOR", like0, numbers),
	numberFunction("SQRT", always(Double), numbers),
	numberFunction("POW", always(Double), numbers, numbers),
	numberFunction("EXP", always(Double), numbers),
	numberFunction("LOG", always(Double), numbers, numbers).withOptional(1),
	numberFunction("LOG10", always(Double), numbers),
	numberFunction("CBRT", always(Double), numbers),
	numberFunction("HYPOT", always(Double), numbers, numbers),
	numberFunction("SIGNUM", always(Double), numbers),
	numberFunction("COPY_SIGN", like0, numbers, numbers),
	numberFunction("SCALB", always(Double), numbers, integers),
	numberFunction("ROUND_TO", commonOf, ranged, ranged).withVariadic(),
	{Name: "E", result: always(Double)},
	{Name: "PI", result: always(Double)},
	{Name: "TAU", result: always(Double)},
	numberFunction("SIN", always(Double), numbers),
	numberFunction("COS", always(Double), numbers),
	numberFunction("TAN", always(Double), numbers),
	numberFunction("ASIN", always(Double), numbers),
	numberFunction("ACOS", always(Double), numbers),
	numberFunction("ATAN", always(Double), numbers),
	numberFunction("ATAN2", always(Double), numbers, numbers),
	numberFunction("SINH", always(Double), numbers),
	numberFunction("COSH", always(Double), numbers),
	numberFunction("TANH", always(Double), numbers),
	numberFunction("ASINH", always(Double), numbers),
	numberFunction("ACOSH", always(Double), numbers),
	numberFunction("ATANH", always(Double), numbers),

	// Conversions.
	conversion("TO_STRING", Keyword, anything),
	conversion("TO_INTEGER", Integer, texts|numbers|boolean|date),
	conversion("TO_LONG", Long, texts|numbers|boolean|date),
	conversion("TO_DOUBLE", Double, texts|numbers|boolean|date),
	conversion("TO_UNSIGNED_LONG", UnsignedLong, texts|numbers|boolean|date),
	conversion("TO_BOOLEAN", Boolean, texts|numbers|boolean),
	conversion("TO_DEGREES", Double, numbers),
	conversion("TO_RADIANS", Double, numbers),
	conversion("TO_DATETIME", Date, dates),
	conversion("TO_IP", IP, strOrIP),
	conversion("TO_VERSION", Version, texts|setOf(Version)),
	conversion("TO_GEOPOINT", GeoPoint, texts|geo),
	{Name: "TO_DATEPERIOD", Strict: true, params: []types{setOf(Period)}, constant: 1, result: always(Period)},
	{Name: "TO_TIMEDURATION", Strict: true, params: []types{setOf(Duration)}, constant: 1, result: always(Duration)},

	// Lists.
	listFunction("MV_FIRST", like0, anything),
	listFunction("MV_LAST", like0, anything),
	listFunction("MV_MIN", like0, orderable),
	listFunction("MV_MAX", like0, orderable),
	listFunction("MV_SUM", like0, numbers),
	listFunction("MV_AVG", always(Double), numbers),
	listFunction("MV_MEDIAN", like0, numbers),
	listFunction("MV_MEDIAN_ABSOLUTE_DEVIATION", like0, numbers),
	listFunction("MV_PERCENTILE", like0, numbers, numbers),
	listFunction("MV_PSERIES_WEIGHTED_SUM", always(Double), numbers, numbers),
	listFunction("MV_COUNT", always(Integer), anything),
	listFunction("MV_CONCAT", always(Keyword), str, str),
	listFunction("MV_DEDUPE", like0, anything),
	listFunction("MV_SORT", like0, orderable, str).withOptional(1).withConstant(1),
	listFunction("MV_SLICE", like0, anything, integers, integers).withOptional(1),
	listFunction("MV_APPEND", commonOf, anything, anything),
	listFunction("MV_CONTAINS", booleanOf, anything, anything).notStrict(),
	listFunction("MV_INTERSECTS", booleanOf, anything, anything).notStrict(),
	listFunction("MV_DIFFERENCE", commonOf, anything, anything).notStrict(),
	listFunction("MV_INTERSECTION", commonOf, anything, anything),
	listFunction("MV_UNION", commonOf, anything, anything).notStrict(),
	listFunction("MV_ZIP", always(Keyword), str, str, str).withOptional(1).notStrict(),
}
