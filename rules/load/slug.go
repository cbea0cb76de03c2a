package load

import (
	"crypto/sha1"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode"
)

// slugSpace is the namespace of the ids that rules without one get: a rule's id is the
// uuid of version 5 (RFC 9562) of its slug in this namespace. It is fixed: changing
// it would change the ids of findings. It is itself the version 5 uuid of
// "coldcase/rule-slug" in the nil namespace.
var slugSpace = uuid5([16]byte{}, "coldcase/rule-slug")

// slugID returns the id of the rule with the slug.
func slugID(slug string) string {
	id := uuid5(slugSpace, slug)
	h := hex.EncodeToString(id[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func uuid5(space [16]byte, name string) (id [16]byte) {
	sum := sha1.Sum(append(space[:], name...))
	copy(id[:], sum[:])
	id[6] = id[6]&0x0f | 0x50
	id[8] = id[8]&0x3f | 0x80
	return id
}

// packagePrefix is what the pages of one version of the rule package carry before the
// slug. It changes with the package, the rule does not.
var packagePrefix = regexp.MustCompile(`^prebuilt-rule-\d+-\d+-\d+-`)

// slugOf makes the slug of a name or of a slug: lower case, each run of other than
// letters and digits one dash (detection_rules/docs.py name_to_title).
func slugOf(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	return packagePrefix.ReplaceAllString(strings.Join(words, "-"), "")
}
