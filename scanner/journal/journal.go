package journal

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// maxSize bounds a journal, in bytes: beyond it nothing is appended any more.
const maxSize = 64 << 30

// syncEvery is how often a journal is forced to the disk at most, and so about how much
// work a loss of power can cost.
const syncEvery = 5 * time.Second

// Errors of Open and Append, which say all to who reads them.
var (
	errNone   = errors.New("not a journal of coldcase")
	errLocked = errors.New("in use by another run")
	errFull   = fmt.Errorf("larger than %d GiB (a limit)", maxSize>>30)
)

// Journal is an open journal. Append and Err are safe for concurrent use; the other
// methods are for one goroutine while nobody appends.
type Journal struct {
	head   []byte
	begins [][]byte // data of the first frames of the kind Begin

	mu     sync.Mutex // guards the rest
	file   *os.File
	end    int64 // of the last whole frame
	size   int64 // of the file: what is behind end goes with the next Append
	done   int   // frames of the kind Done
	err    error // of Append, sticky
	synced time.Time
	// syncing is set while one goroutine forces the file to the disk.
	syncing atomic.Bool

	scratch sync.Pool // of *[]byte
}

// Create makes a new journal with a head, mode 0600. A file of that name is an error
// (fs.ErrExist).
func Create(path string, head []byte) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	j := &Journal{head: head, file: f, synced: time.Now()}
	err = lock(f)
	if err == nil {
		b := appendFrame([]byte(magic), Frame{Kind: kindHead, Data: head})
		_, err = f.Write(b)
		j.end, j.size = int64(len(b)), int64(len(b))
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return j, nil
}

// Open opens a journal for reading and appending, and looks through it once for where its
// whole frames end. It changes nothing. The error is errNone when the file is no journal
// or its head is not whole, errLocked, or the file's.
func Open(path string) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	j := &Journal{file: f, synced: time.Now()}
	if err := j.open(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return j, nil
}

func (j *Journal) open() error {
	info, err := j.file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errNone
	}
	if err := lock(j.file); err != nil {
		return err
	}
	j.size = info.Size()
	r := newReader(j.file, j.size)
	for {
		f, ok, err := r.next()
		switch {
		case err != nil:
			return err
		case !ok && j.head == nil, ok && (f.Kind == kindHead) != (j.head == nil):
			return errNone
		case !ok:
			j.end = r.pos
			return nil
		case j.head == nil:
			j.head = append([]byte{}, f.Data...)
		case f.Kind == Done:
			j.done++
		case f.Kind == Begin && len(j.begins) < maxBegins && len(f.Data) <= maxBegin:
			j.begins = append(j.begins, append([]byte{}, f.Data...))
		}
	}
}

// Head returns the head that the journal was made with.
func (j *Journal) Head() []byte { return j.head }

// Bounds of Begins: frames, and bytes of one.
const (
	maxBegins = 1000
	maxBegin  = 4 << 10
)

// Begins returns the data of the frames of the kind Begin that stood there when the journal
// was opened, at most 1,000.
func (j *Journal) Begins() [][]byte { return j.begins }

// Torn returns how many bytes at the end of the file are no whole frame.
func (j *Journal) Torn() int64 { return j.size - j.end }

// Done returns how many frames of the kind Done there are.
func (j *Journal) Done() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.done
}

// Each calls yield for all whole frames behind the head, in order; a frame is valid during
// the call only. An error of yield ends the walk and is returned. Others are the file's.
func (j *Journal) Each(yield func(f Frame) error) error {
	r := newReader(j.file, j.end)
	for {
		f, ok, err := r.next()
		if err != nil || !ok {
			return err
		}
		if f.Kind == kindHead {
			continue
		}
		if err := yield(f); err != nil {
			return err
		}
	}
}

// Append writes a frame. From the first error on nothing is written any more and Err
// returns it: what stands in the journal stays good.
func (j *Journal) Append(f Frame) error {
	if len(f.Data) > maxStored-maxPacked {
		return j.fail(errFull)
	}
	scratch, _ := j.scratch.Get().(*[]byte)
	if scratch == nil {
		scratch = new([]byte)
	}
	b := appendFrame((*scratch)[:0], f)
	err := j.write(b, f.Kind == Done)
	if cap(b) <= maxPacked { // not the buffer of one large frame
		*scratch = b
		j.scratch.Put(scratch)
	}
	if err == nil && f.Kind == Done {
		err = j.syncSometimes()
	}
	return err
}

func (j *Journal) write(b []byte, done bool) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return j.err
	}
	if j.end+int64(len(b)) > maxSize {
		j.err = errFull
		return j.err
	}
	if j.size > j.end {
		if j.err = j.file.Truncate(j.end); j.err != nil {
			return j.err
		}
	}
	n, err := j.file.WriteAt(b, j.end)
	j.size = j.end + int64(n)
	if err != nil {
		j.err = err
		return err
	}
	j.end = j.size
	if done {
		j.done++
	}
	return nil
}

func (j *Journal) fail(err error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err == nil {
		j.err = err
	}
	return j.err
}

// syncSometimes forces the file to the disk when that was long ago. Others go on appending
// meanwhile.
func (j *Journal) syncSometimes() error {
	if !j.syncing.CompareAndSwap(false, true) {
		return nil
	}
	defer j.syncing.Store(false)
	if time.Since(j.synced) < syncEvery {
		return nil
	}
	if err := j.file.Sync(); err != nil {
		return j.fail(err)
	}
	j.synced = time.Now()
	return nil
}

// Err returns the error that ended the appending, nil for none.
func (j *Journal) Err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// Close forces the journal to the disk and closes it.
func (j *Journal) Close() error { return errors.Join(j.file.Sync(), j.file.Close()) }

// Remove closes the journal and removes its file.
func (j *Journal) Remove() error { return errors.Join(j.file.Close(), os.Remove(j.file.Name())) }
