package event

import "testing"

// Fingerprints agree exactly where contents do, for spellings other than lists inside
// lists and keys that stand twice.
func TestFingerprint(t *testing.T) {
	docs := []string{
		`{"a":{"b":"1"},"c":[1,2]}`, `{"a.b":"1","c":[1,2]}`, `{"c":[1,2],"a":{"b":["1"]},"d":null}`, `{ "a" : {"b":"1"}, "c":[1,2], "d":[]}`,
		`{"a":{"b":1},"c":[1,2]}`, `{"a":{"b":"1"},"c":[2,1]}`, `{"a":{"b":"1"},"c":[1]}`, `{"a":{"b":"1","c":[1,2]}}`,
		`{"a":{"b":"1"},"c":[1,2],"e":""}`, `{"a":{"b":"1"},"c":["1",2]}`, `{"a":{"b":"1"},"c":[1,2],"f":true}`, `{"ab":"1","c":[1,2]}`,
		`{"l":[{"x":1},{"x":2}]}`, `{"l.x":[1,2]}`, `{"l.x":[2,1]}`, `{"l":{"x":[1,2]}}`, `{}`, `{"x":null}`,
		`{"_index":"i","_id":"1","_source":{"a":{"b":"1"},"c":[1,2]}}`,
	}
	type prints struct{ content, finger [16]byte }
	var got []prints
	for _, d := range docs {
		p, ev := NewParser(NewLayout()), &Event{}
		if err := p.Parse(ev, []byte(d)); err != nil {
			t.Fatalf("%s: %v", d, err)
		}
		got = append(got, prints{p.Content(), p.Fingerprint()})
	}
	for i, x := range got {
		for j, y := range got[:i] {
			if (x.content == y.content) != (x.finger == y.finger) {
				t.Errorf("%s\n%s\ncontents agree: %v, fingerprints: %v", docs[i], docs[j], x.content == y.content, x.finger == y.finger)
			}
		}
	}
}
