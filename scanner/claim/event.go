package claim

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
)

// EventJSON returns an event as valid, compact JSON, as a findings file holds it.
// Numbers, key order, duplicate keys and escapes stay as they are. What encoding/json
// will not take (the engine's parser is more lenient, for instance with control
// characters inside a string) is given as one JSON string: the line stays
// machine-readable and nothing is lost.
func EventJSON(ev []byte) json.RawMessage {
	if len(ev) == 0 {
		return json.RawMessage("null")
	}
	ev = bytes.ToValidUTF8(ev, []byte("\uFFFD"))
	var b bytes.Buffer
	if err := json.Compact(&b, ev); err == nil {
		return b.Bytes()
	}
	b.Reset()
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	// A string always encodes, and a bytes.Buffer takes every write.
	_ = enc.Encode(string(ev))
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// EventSum hashes an event as a findings file holds it, whatever white space was put
// between its tokens.
func EventSum(raw json.RawMessage) [32]byte {
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		return [32]byte{} // json.Unmarshal has checked it; this is nobody's hash
	}
	return sha256.Sum256(b.Bytes())
}
