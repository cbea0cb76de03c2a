package matchers

import (
	"crypto/sha256"
	"encoding/binary"
)

// Account is what a worker learns of the evidence beside its hits. A worker has one of its
// own; where the parts of a run have to be told apart, it is given others, and accounts are
// merged at the end. An account is for one goroutine at a time.
type Account struct {
	census     *Census
	suppressed Suppressed
	keys, rows int64 // left out at a limit
	cut        int64 // evaluations cut short
	audited    int64 // lines
	names      int64 // events with a field name that is too long to be looked at
}

// NewAccount returns an empty account.
func (m *Matcher) NewAccount() *Account {
	a := &Account{census: newCensus(m)}
	a.suppressed.items = make([]exceptionCount, len(m.exceptions.items))
	return a
}

// Account returns the account that the worker fills, which is whole as it stands.
func (w *Worker) Account() *Account {
	w.settle()
	return w.account
}

// SetAccount makes the worker fill another account from the next line on. The one before is
// left alone if Account was called since the last line: others may use it already.
func (w *Worker) SetAccount(a *Account) {
	w.settle()
	w.account = a
}

// settle moves what is counted elsewhere into the account at hand. What is settled is not
// touched again: the account may be somebody else's from then on.
func (w *Worker) settle() {
	if n := w.s.limit; n > 0 {
		w.account.cut, w.s.limit = w.account.cut+n, 0
	}
	if n := w.rows.dropped; n > 0 {
		w.account.rows, w.rows.dropped = w.account.rows+n, 0
	}
	if w.audit != nil && w.audit.lines > 0 {
		w.account.audited, w.audit.lines = w.account.audited+w.audit.lines, 0
	}
}

// Merge adds what another account of the same Matcher holds. It is commutative and
// associative, as Census.Merge is.
func (a *Account) Merge(b *Account) {
	a.census.Merge(b.census)
	a.suppressed.Merge(&b.suppressed)
	a.keys, a.rows, a.cut, a.audited = a.keys+b.keys, a.rows+b.rows, a.cut+b.cut, a.audited+b.audited
	a.names += b.names
}

// Census returns what was learnt of the evidence.
func (a *Account) Census() *Census { return a.census }

// Suppressed returns what exceptions took.
func (a *Account) Suppressed() *Suppressed { return &a.suppressed }

// Dropped returns how many join keys and rows were left out at the limit.
func (a *Account) Dropped() int64 { return a.keys + a.rows }

// CutShort returns how many scripts were cut short by the work limit.
func (a *Account) CutShort() int64 { return a.cut }

// LongNames returns how many events had a field that predicates on any field passed over,
// because its name has more than 4,096 bytes.
func (a *Account) LongNames() int64 { return a.names }

// Audited returns how many lines were evaluated by both paths.
func (a *Account) Audited() int64 { return a.audited }

// Numbering is a hash of how this matcher numbers what accounts and records name by number:
// rules, fields, lists of index patterns, exception items. Accounts and records of one
// matcher mean the same to another one whose numbering is equal.
func (m *Matcher) Numbering() (out [32]byte) {
	h := sha256.New()
	text := func(s string) {
		h.Write(binary.AppendUvarint(nil, uint64(len(s))))
		h.Write([]byte(s)) // a hash takes every write
	}
	number := func(n int) { h.Write(binary.AppendVarint(nil, int64(n))) }
	newCensus(m) // which may add fields
	number(m.layout.Len())
	for slot := range m.layout.Len() {
		text(m.layout.Name(slot))
	}
	number(len(m.rules))
	for _, r := range m.rules {
		text(r.Hash)
		text(r.ID)
		number(r.Version)
	}
	number(len(m.steps))
	for _, st := range m.steps {
		number(int(st.rule))
		number(int(st.id))
		number(st.list)
	}
	number(len(m.exceptions.items))
	for _, x := range m.exceptions.items {
		text(x.item.ID)
		text(x.item.Name)
		text(x.why)
		if x.item.X != nil {
			text(x.item.X.String()) // with the values of lists
		}
	}
	return [32]byte(h.Sum(nil))
}
