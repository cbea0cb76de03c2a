package scanner

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"coldcase/matchers/event"
	"coldcase/scanner/input"
	"coldcase/scanner/journal"
)

// Errors of a run that goes on.
var (
	// ErrJournal says that a journal holds what no run has written.
	ErrJournal = errors.New("the journal is damaged")
	errKept    = fmt.Errorf("%w: an entry means nothing", ErrJournal)
	// ErrOtherRules says that a journal is of other rules, or of the same in another order.
	ErrOtherRules = errors.New("the rules are not those that the run began with")
)

// restoring goes through a journal twice: once for which inputs are done and unchanged, and
// once for what is known of these.
type restoring struct {
	*keeper
	ctx     context.Context
	checker *recordChecker
	session uint32
	keyed   bool
	done    map[inputKey][]doneInput
	inputs  map[frameID]int // the input of this run that a done one is
	turn    int             // of the worker that takes the next entry
}

// frameID names an input within a journal: each session numbers its own.
type frameID struct{ session, number uint32 }

// inputKey names an input in any run.
type inputKey struct {
	name, path string
	baseline   bool
}

// doneInput is an input of the journal.
type doneInput struct {
	frameID
	stamp fileStamp
	sum   string
}

// restore takes over what the journal holds: it fills the health of the inputs that are
// done, and gives their records to the workers. They are not read again. A journal without
// anything is begun.
func (k *keeper) restore(ctx context.Context) error {
	if k == nil {
		return nil
	}
	x := &restoring{keeper: k, ctx: ctx, checker: newRecordChecker(k.p), done: map[inputKey][]doneInput{}, inputs: map[frameID]int{}}
	if err := x.each(x.list); err != nil {
		return err
	}
	if !x.keyed {
		secret, numbering := event.Secret(), k.p.cfg.Matcher.Numbering()
		_ = k.journal.Append(journal.Frame{Kind: journal.Key, Data: append(secret[:], numbering[:]...)}) // the journal keeps its error
		return nil
	}
	x.accept()
	if err := x.each(x.load); err != nil {
		return err
	}
	k.p.items = slices.DeleteFunc(k.p.items, func(item [2]int) bool { return k.p.inputs[item[0]].kept })
	k.p.readers = max(1, min(k.p.readers, len(k.p.items)))
	return nil
}

// each walks the journal, session by session.
func (x *restoring) each(yield func(f journal.Frame) error) error {
	x.session = 0
	return x.journal.Each(func(f journal.Frame) error {
		if err := x.ctx.Err(); err != nil {
			return err
		}
		if f.Kind == journal.Begin {
			x.session++
			return nil
		}
		return yield(f)
	})
}

// list notes what is done.
func (x *restoring) list(f journal.Frame) error {
	switch {
	case f.Kind == journal.Key:
		return x.key(f.Data)
	case !x.keyed:
		return errKept
	case f.Kind != journal.Done:
		return nil
	}
	m, _, err := cutMeta(f.Data)
	if err != nil {
		return err
	}
	key := inputKey{string(m.Name), string(m.Path), m.Baseline}
	x.done[key] = append(x.done[key], doneInput{frameID{x.session, f.Number}, m.Stamp, m.Sum})
	return nil
}

// key takes over what fingerprints are keyed with.
func (x *restoring) key(data []byte) error {
	var secret, numbering [32]byte
	if x.keyed || len(data) != len(secret)+len(numbering) {
		return errKept
	}
	x.keyed = true
	copy(numbering[:], data[copy(secret[:], data):])
	if numbering != x.p.cfg.Matcher.Numbering() {
		return ErrOtherRules
	}
	event.SetSecret(secret)
	return nil
}

// cutMeta reads the first part of a Done frame.
func cutMeta(b []byte) (m *keptMeta, rest []byte, err error) {
	n, size := binary.Uvarint(b)
	if size <= 0 || n > uint64(len(b)-size) {
		return nil, nil, errKept
	}
	m = &keptMeta{}
	if err := json.Unmarshal(b[size:size+int(n)], m); err != nil {
		return nil, nil, errKept
	}
	return m, b[size+int(n):], nil
}

// accept decides which inputs of this run are done: all that stand in one file, which is as
// it was. What was done twice counts as it was done last.
func (x *restoring) accept() {
	files := map[inputKey][]int{}
	for i, in := range x.p.all {
		file := inputKey{path: in.Path, baseline: x.baseline(i)}
		files[file] = append(files[file], i)
	}
	for _, members := range files {
		ids := map[frameID]int{}
		for _, i := range members {
			if id, ok := x.doneAs(i); ok {
				ids[id] = i
			}
		}
		if len(ids) < len(members) { // one is not done, or two have one name
			continue
		}
		for id, i := range ids {
			x.inputs[id] = i
		}
	}
}

func (x *restoring) baseline(i int) bool { return i >= len(x.p.cfg.Inputs) }

// doneAs finds an input in the journal.
func (x *restoring) doneAs(i int) (id frameID, ok bool) {
	in := x.p.all[i]
	now := stampOf(in.Path)
	if now == (fileStamp{}) {
		return id, false
	}
	for _, d := range slices.Backward(x.done[inputKey{in.Name, in.Path, x.baseline(i)}]) {
		if d.stamp == now || d.stamp.Size == now.Size && x.sameContent(in, d.sum) {
			return d.frameID, true
		}
	}
	return id, false
}

// sameContent says whether a file with another date is still what was read.
func (x *restoring) sameContent(in input.Input, sum string) bool {
	if archive, _ := in.Archive(); sum == "" || archive != "" {
		return false
	}
	f, err := os.Open(in.Path)
	if err != nil {
		return false
	}
	defer f.Close()
	h := sha256.New()
	buf := make([]byte, 1<<20)
	for x.ctx.Err() == nil {
		n, err := f.Read(buf)
		h.Write(buf[:n])
		if err == io.EOF {
			return hex.EncodeToString(h.Sum(nil)) == sum
		}
		if err != nil {
			return false
		}
	}
	return false
}

// load takes what is known of the inputs that count.
func (x *restoring) load(f journal.Frame) error {
	i, ok := x.inputs[frameID{x.session, f.Number}]
	if !ok {
		return nil
	}
	switch f.Kind {
	case journal.Part:
		return x.entries(i, f.Data)
	case journal.Done:
		return x.finish(i, f.Data)
	}
	return nil
}

// finish fills the health of an input.
func (x *restoring) finish(i int, data []byte) error {
	m, rest, err := cutMeta(data)
	if err != nil {
		return err
	}
	in := x.p.inputs[i]
	if err := m.check(x.p.cfg.Matcher.Rules()); err != nil || in.kept {
		return errKept
	}
	account, err := x.p.cfg.Matcher.ReadAccount(rest)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrJournal, err)
	}
	m.fill(in)
	in.kept = true
	events, _, _ := account.Census().Events()
	x.p.cfg.Progress.Events.Add(events)
	x.p.cfg.Progress.KeptBytes.Add(in.stored)
	for _, b := range append(slices.Clone(in.bad), in.stats.Bad...) {
		x.p.cfg.Progress.BadLines.Add(b.Count)
	}
	x.add(account, m.auditor(int32(i)))
	return nil
}

// entries hands the entries of a part to the workers.
func (x *restoring) entries(i int, b []byte) error {
	for len(b) > 0 {
		n, size := binary.Uvarint(b[1:])
		if size <= 0 || n > uint64(len(b)-1-size) {
			return errKept
		}
		kind, end := b[0], 1+size+int(n)
		if err := x.entry(i, kind, b[1+size:end]); err != nil {
			return err
		}
		b = b[end:]
	}
	return nil
}

func (x *restoring) entry(i int, kind byte, b []byte) error {
	w := x.p.workers[x.turn%len(x.p.workers)]
	x.turn++
	switch kind {
	case entryRecord:
		r, err := x.checker.record(b, int32(i), x.baseline(i))
		if err != nil {
			return err
		}
		if x.checker.alone(r) {
			x.p.countHit(r.Rule)
		}
		return w.out.Emit(r)
	case entryStart:
		start, ok := moveStart(b, int32(i))
		if !ok {
			return errKept
		}
		return w.ancestry.add(start)
	case entryReject:
		bad, ok := readReject(b)
		if !ok {
			return errKept
		}
		x.p.rejects.take(int32(i), bad)
		return x.p.rejects.failed()
	}
	return errKept
}
