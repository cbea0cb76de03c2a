package scanner

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"coldcase/matchers"
	"coldcase/scanner/journal"
	"coldcase/scanner/lines"
)

// A run with a journal keeps apart what it learns of each input:
//
//	worker ─ records, starts, rejects ─> part of (worker, input) ─ frames ─> journal
//	       ─ census and counts ───────> its account
//	last of those at work on an input ─> Done: the input's health and account
//
// Parts count only when Done follows. A file is the least that is kept: the members of an
// archive hold together or not at all (see restore).

// keeper is the journal of a pool. All methods of a nil one do nothing.
type keeper struct {
	p       *pool
	journal *journal.Journal
	inputs  []keptInput // by number, as pool.all

	mu     sync.Mutex        // guards what follows
	sum    *matchers.Account // of all inputs at which nobody works any more
	audits []*auditor        // likewise
}

// keptInput is one input while it is read.
type keptInput struct {
	left    atomic.Int64 // who is at work on it: its reader, and one for each batch
	spoiled atomic.Bool  // a part of it is not known
	stamp   fileStamp    // before it was opened

	mu      sync.Mutex        // guards what follows
	parts   []*inputPart      // which workers have at hand
	account *matchers.Account // of those that they have left; nil for none yet
	audit   *auditor
}

// inputPart is what one worker learns of one input, until it turns to another one or nobody
// works on the input any more: a worker has one at a time.
type inputPart struct {
	k       *keeper
	input   int32
	account *matchers.Account
	audit   *auditor // nil without an audit
	entries []byte   // not yet in the journal
}

// partSize is from how many bytes on entries are written.
const partSize = 256 << 10

// Kinds of entries.
const (
	entryRecord = 'r' // correlate.Record
	entryStart  = 's' // ancestry
	entryReject = 'b'
)

func newKeeper(p *pool) *keeper {
	if p.cfg.Journal == nil || p.cfg.tables {
		return nil
	}
	return &keeper{p: p, journal: p.cfg.Journal, inputs: make([]keptInput, len(p.all)), sum: p.cfg.Matcher.NewAccount()}
}

// watch makes a new worker tell what it finds.
func (k *keeper) watch(w *worker) {
	if k == nil {
		return
	}
	tell := func(kind byte) func([]byte) {
		return func(b []byte) {
			if w.part != nil {
				w.part.entry(kind, b)
			}
		}
	}
	w.out.Tee(tell(entryRecord))
	w.ancestry.tee = tell(entryStart)
}

// begin says that w reads an input from now on, until it releases it.
func (k *keeper) begin(w *worker, i int) {
	if k == nil {
		return
	}
	k.inputs[i].stamp = stampOf(k.p.all[i].Path)
	k.hold(int32(i))
	k.enter(w, int32(i))
}

// hold says that somebody works on an input; each is ended by a release.
func (k *keeper) hold(input int32) {
	if k != nil {
		k.inputs[input].left.Add(1)
	}
}

// enter makes w fill a part of an input, and leave makes that whole for now.
func (k *keeper) enter(w *worker, input int32) {
	if k == nil || w.part != nil && w.part.input == input {
		return
	}
	x := &inputPart{k: k, input: input, account: k.p.cfg.Matcher.NewAccount()}
	if w.part != nil {
		x.entries = k.inputs[w.part.input].part(w.part)
	}
	if w.audit != nil {
		x.audit = newAuditor()
		w.audit = x.audit
	}
	w.part = x
	w.match.SetAccount(x.account)
	in := &k.inputs[input]
	in.mu.Lock()
	defer in.mu.Unlock()
	in.parts = append(in.parts, x)
}

// part takes what a worker has learnt that turns to another input, and returns its buffer.
// It may have been taken before, when the input was settled.
func (in *keptInput) part(x *inputPart) (buf []byte) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if i := slices.Index(in.parts, x); i >= 0 {
		x.flush()
		in.take(x)
		in.parts = slices.Delete(in.parts, i, i+1)
	}
	return x.entries[:0]
}

// take merges a part into what is known of the input.
func (in *keptInput) take(x *inputPart) {
	if in.account == nil {
		in.account, in.audit = x.account, newAuditor()
	} else {
		in.account.Merge(x.account)
	}
	if x.audit != nil {
		in.audit.merge(x.audit)
	}
}

// leave is described at enter.
func (k *keeper) leave(w *worker) {
	if k != nil {
		w.match.Account()
	}
}

// release ends a hold; the last one settles the input.
func (k *keeper) release(input int32, failed bool) {
	if k == nil {
		return
	}
	in := &k.inputs[input]
	if failed {
		in.spoiled.Store(true)
	}
	if in.left.Add(-1) == 0 {
		k.settle(int(input))
	}
}

// settle puts an input at which nobody works any more to the others, and into the journal
// when it is known whole. An error of the journal is kept there: it costs the resumption and
// not the run.
func (k *keeper) settle(i int) {
	in := &k.inputs[i]
	in.mu.Lock()
	defer in.mu.Unlock()
	kept := !in.spoiled.Load() && k.journal.Err() == nil
	for _, x := range in.parts {
		if in.take(x); kept {
			x.flush()
		}
		x.entries = x.entries[:0] // the worker takes the buffer along
	}
	in.parts = nil
	if kept {
		k.write(i, in)
	}
	k.add(in.account, in.audit)
	in.account, in.audit = nil, nil
}

// write writes that an input is done, if it is.
func (k *keeper) write(i int, in *keptInput) {
	m := k.meta(i, in.audit)
	if m == nil {
		return
	}
	head, err := json.Marshal(m)
	if err != nil {
		panic("BUG: scanner.keeper.write: " + err.Error())
	}
	b := append(binary.AppendUvarint(nil, uint64(len(head))), head...)
	_ = k.journal.Append(journal.Frame{Kind: journal.Done, Number: uint32(i), Data: in.account.Append(b)})
}

// add merges what is known of an input into the sum.
func (k *keeper) add(account *matchers.Account, audit *auditor) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.sum.Merge(account)
	if audit.count > 0 {
		k.audits = append(k.audits, audit)
	}
}

// entry adds an entry; the journal keeps its errors.
func (x *inputPart) entry(kind byte, b []byte) {
	x.entries = append(x.entries, kind)
	x.entries = append(binary.AppendUvarint(x.entries, uint64(len(b))), b...)
	if len(x.entries) >= partSize {
		x.flush()
	}
}

// flush writes the entries.
func (x *inputPart) flush() {
	if len(x.entries) == 0 {
		return
	}
	_ = x.k.journal.Append(journal.Frame{Kind: journal.Part, Number: uint32(x.input), Data: x.entries})
	if cap(x.entries) > 2*partSize {
		x.entries = nil
	}
	x.entries = x.entries[:0]
}

// reject adds a bad line.
func (x *inputPart) reject(b lines.Bad) {
	var buf [128]byte
	e := binary.AppendVarint(binary.AppendVarint(buf[:0], b.Offset), b.Line)
	x.entry(entryReject, append(e, b.Kind...))
}

// fileStamp tells a file from itself after a change; the zero one is no regular file.
type fileStamp struct {
	Size, Modified int64 // bytes; nanoseconds since 1970
}

func stampOf(path string) fileStamp {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return fileStamp{}
	}
	return fileStamp{info.Size(), info.ModTime().UnixNano()}
}

// accounts are those of the workers, or of the inputs where these are kept apart.
func (p *pool) accounts() (out []*matchers.Account) {
	if p.kept != nil {
		return []*matchers.Account{p.kept.sum}
	}
	for _, w := range p.workers {
		out = append(out, w.match.Account())
	}
	return out
}

// audits likewise.
func (p *pool) audits() (out []*auditor) {
	if p.kept != nil {
		return p.kept.audits
	}
	for _, w := range p.workers {
		out = append(out, w.audit)
	}
	return out
}
