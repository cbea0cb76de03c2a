package rows

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strings"
	"unicode/utf8"
)

// codings are functions that write a string in another way.
var codings = map[string]function{
	"URL_DECODE": ofText(func(s string) Value {
		out, err := url.QueryUnescape(s)
		if err != nil || !utf8.ValidString(out) {
			return nil
		}
		return textValue(out)
	}),
	"URL_ENCODE": ofText(func(s string) Value { return textValue(url.QueryEscape(s)) }),
	"FROM_BASE64": ofText(func(s string) Value {
		out, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
		if err != nil || !utf8.Valid(out) {
			return nil
		}
		return textValue(string(out))
	}),
	"TO_BASE64": ofText(func(s string) Value { return textValue(base64.StdEncoding.EncodeToString([]byte(s))) }),
}

// hashes are functions that digest a string.
var hashes = map[string]function{
	"MD5":    ofText(func(s string) Value { sum := md5.Sum([]byte(s)); return textValue(hex.EncodeToString(sum[:])) }),
	"SHA1":   ofText(func(s string) Value { sum := sha1.Sum([]byte(s)); return textValue(hex.EncodeToString(sum[:])) }),
	"SHA256": ofText(func(s string) Value { sum := sha256.Sum256([]byte(s)); return textValue(hex.EncodeToString(sum[:])) }),
}
