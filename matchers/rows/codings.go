package rows

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/url"
	"strings"
	"unicode/utf8"

	"coldcase/rules/esql"
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
	"URL_ENCODE_COMPONENT": ofText(func(s string) Value {
		return textValue(strings.ReplaceAll(url.QueryEscape(s), "+", "%20"))
	}),
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
	"HASH":   ofTexts(hashed),
	"MD5":    ofText(func(s string) Value { sum := md5.Sum([]byte(s)); return textValue(hex.EncodeToString(sum[:])) }),
	"SHA1":   ofText(func(s string) Value { sum := sha1.Sum([]byte(s)); return textValue(hex.EncodeToString(sum[:])) }),
	"SHA256": ofText(func(s string) Value { sum := sha256.Sum256([]byte(s)); return textValue(hex.EncodeToString(sum[:])) }),
}

// algorithms are the digests of HASH by their first names.
var algorithms = map[string]func() hash.Hash{
	"md5":         md5.New,
	"sha-1":       sha1.New,
	"sha-224":     sha256.New224,
	"sha-256":     sha256.New,
	"sha-384":     sha512.New384,
	"sha-512":     sha512.New,
	"sha-512/224": sha512.New512_224,
	"sha-512/256": sha512.New512_256,
	"sha3-224":    func() hash.Hash { return sha3.New224() },
	"sha3-256":    func() hash.Hash { return sha3.New256() },
	"sha3-384":    func() hash.Hash { return sha3.New384() },
	"sha3-512":    func() hash.Hash { return sha3.New512() },
}

// hashed is null for an algorithm that is not known.
func hashed(algorithm, s string) Value {
	name, ok := esql.HashAlgorithm(algorithm)
	if !ok {
		return nil
	}
	h := algorithms[name]()
	h.Write([]byte(s))
	return textValue(hex.EncodeToString(h.Sum(nil)))
}
