package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"coldcase/scanner"
)

// checkSTIX: OASIS STIX 2.1 and its JSON schemas (oasis-open/cti-stix2-json-schemas,
// branch stix2.1): common/core, identifier, timestamp, external-reference, bundle;
// sdos/identity, attack-pattern; sros/sighting. Empty lists and empty texts are not
// allowed (section 2, "list"; 3.2); created and modified have three digits (3.2).
func checkSTIX(t *testing.T, text []byte) []object {
	t.Helper()
	b := decode[object](t, text)
	only(t, "bundle", b, []string{"type", "id", "objects"}, nil) // 2.1 has no spec_version here
	if b["type"] != "bundle" || !stixIdentifier.MatchString(b["id"].(string)) || !strings.HasPrefix(b["id"].(string), "bundle--") {
		t.Errorf("bundle %v, %v", b["type"], b["id"])
	}
	c := stixChecker{t: t, byID: map[any]object{}}
	var out []object
	for _, x := range b["objects"].([]any) {
		o := x.(object)
		if c.byID[o["id"]] != nil {
			t.Errorf("%v stands twice", o["id"])
		}
		c.byID[o["id"]] = o
		out = append(out, o)
	}
	for _, o := range out {
		c.common(o)
		c.kind(o)
	}
	return out
}

var (
	stixIdentifier = regexp.MustCompile(`^[a-z][a-z0-9-]+[a-z0-9]--[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	stixTimestamp  = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z$`)
)

// stixCommon are the properties that every object must, and may, have.
var (
	stixCommon   = []string{"type", "spec_version", "id", "created", "modified"}
	stixOptional = []string{"created_by_ref", "labels", "external_references", "description"}
)

type stixChecker struct {
	t    *testing.T
	byID map[any]object
}

func (c *stixChecker) ref(o object, v any, kinds ...string) {
	c.t.Helper()
	if to := c.byID[v]; to == nil || !slices.Contains(kinds, to["type"].(string)) {
		c.t.Errorf("%v refers to %v", o["id"], v)
	}
}

func (c *stixChecker) common(o object) {
	c.t.Helper()
	if o["spec_version"] != "2.1" || !stixIdentifier.MatchString(o["id"].(string)) || !strings.HasPrefix(o["id"].(string), o["type"].(string)+"--") {
		c.t.Errorf("%v: %v, %v", o["type"], o["spec_version"], o["id"])
	}
	for _, k := range []string{"created", "modified", "first_seen", "last_seen"} {
		v, ok := o[k].(string)
		if ok && (!stixTimestamp.MatchString(v) || strings.HasSuffix(k, "d") && len(v) != len("2026-03-01T10:00:00.000Z")) {
			c.t.Errorf("%v: %s %v", o["id"], k, v)
		}
	}
	if o["modified"].(string) < o["created"].(string) {
		c.t.Errorf("%v: modified before it was created", o["id"])
	}
	if v, ok := o["created_by_ref"]; ok {
		c.ref(o, v, "identity")
	}
	for _, r := range items(o["external_references"]) {
		e := r.(object)
		only(c.t, "external reference", e, []string{"source_name"}, []string{"description", "url", "external_id"})
		if len(e) < 2 {
			c.t.Errorf("%v: reference %v", o["id"], e)
		}
	}
	for k, v := range o {
		if l, list := v.([]any); v == "" || v == nil || list && len(l) == 0 {
			c.t.Errorf("%v: %s is empty", o["id"], k)
		}
	}
}

func (c *stixChecker) kind(o object) {
	c.t.Helper()
	switch kind := o["type"]; kind {
	case "identity":
		only(c.t, "identity", o, append(stixCommon, "name"), append(stixOptional, "identity_class"))
		if !slices.Contains([]string{"individual", "group", "system", "organization", "class", "unknown"}, o["identity_class"].(string)) {
			c.t.Errorf("identity class %v", o["identity_class"])
		}
	case "attack-pattern":
		only(c.t, "attack-pattern", o, append(stixCommon, "name"), append(stixOptional, "kill_chain_phases", "aliases"))
		for _, p := range items(o["kill_chain_phases"]) {
			only(c.t, "phase", p.(object), []string{"kill_chain_name", "phase_name"}, nil)
		}
	case "sighting":
		c.sighting(o)
	default:
		c.t.Errorf("type %v", kind)
	}
}

func (c *stixChecker) sighting(o object) {
	c.t.Helper()
	only(c.t, "sighting", o, append(stixCommon, "sighting_of_ref"),
		append(stixOptional, "first_seen", "last_seen", "count", "where_sighted_refs", "observed_data_refs", "summary"))
	c.ref(o, o["sighting_of_ref"], "attack-pattern", "indicator", "malware")
	for _, v := range items(o["where_sighted_refs"]) {
		c.ref(o, v, "identity", "location")
	}
	if o["last_seen"] != nil && o["last_seen"].(string) < o["first_seen"].(string) {
		c.t.Errorf("%v: last before first", o["id"])
	}
	if n, err := o["count"].(json.Number).Int64(); err != nil || n < 0 || n > 999_999_999 {
		c.t.Errorf("%v: count %v", o["id"], o["count"])
	}
}

func items(v any) []any {
	l, _ := v.([]any)
	return l
}

func TestSTIX(t *testing.T) {
	res := someResult()
	res.Groups[0].Count = 2_000_000_000
	var a, b bytes.Buffer
	if err := STIX(&a, res, Options{}); err != nil {
		t.Fatal(err)
	}
	if err := STIX(&b, res, Options{}); err != nil {
		t.Fatal(err)
	}
	if a.String() != b.String() {
		t.Error("two bundles differ")
	}
	got := map[string][]string{}
	for _, o := range checkSTIX(t, a.Bytes()) {
		kind := o["type"].(string)
		got[kind] = append(got[kind], fmt.Sprint(o["name"], items(o["external_references"]), o["count"]))
	}
	// Two groups of the ticket rule see two techniques each, the shell rule itself.
	if len(got["sighting"]) != 5 || len(got["identity"]) != 4 || len(got["attack-pattern"]) != 3 {
		t.Errorf("got %v", got)
	}
	if want := "OS Credential Dumping[map[external_id:T1003 source_name:mitre-attack url:https://attack.mitre.org/techniques/T1003]] <nil>"; got["attack-pattern"][0] != want {
		t.Errorf("got %q\nwant %q", got["attack-pattern"][0], want)
	}
	a.Reset()
	if err := STIX(&a, &scanner.Result{}, Options{}); err != nil {
		t.Fatal(err)
	}
	checkSTIX(t, a.Bytes())
}

// uuid of version 5: the example of RFC 9562, A.4 (the DNS namespace and
// www.example.com).
func TestUUID5(t *testing.T) {
	dns := [16]byte{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	if got := fmt.Sprintf("%x", uuid5(dns, "www.example.com")); got != "2ed6657de927568b95e12665a8aea6a2" {
		t.Errorf("got %s", got)
	}
}
