package esql

// dateFormats are formats that Elasticsearch has a name for, as patterns; "strict_" in front
// of the name changes nothing here, since numbers have all their digits anyway.
var dateFormats = map[string]string{
	"basic_date":                     "yyyyMMdd",
	"basic_date_time":                "yyyyMMdd'T'HHmmss.SSSX",
	"basic_date_time_no_millis":      "yyyyMMdd'T'HHmmssX",
	"date":                           "yyyy-MM-dd",
	"date_hour":                      "yyyy-MM-dd'T'HH",
	"date_hour_minute":               "yyyy-MM-dd'T'HH:mm",
	"date_hour_minute_second":        "yyyy-MM-dd'T'HH:mm:ss",
	"date_hour_minute_second_millis": "yyyy-MM-dd'T'HH:mm:ss.SSS",
	"date_time":                      "yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
	"date_time_no_millis":            "yyyy-MM-dd'T'HH:mm:ssXXX",
	"year":                           "yyyy",
	"year_month":                     "yyyy-MM",
	"year_month_day":                 "yyyy-MM-dd",
}

// unpatterned are named formats that no pattern can say.
var unpatterned = map[string]byte{
	"strict_date_optional_time": isoLetter,
	"epoch_second":              secondLetter,
	"epoch_millis":              milliLetter,
}
