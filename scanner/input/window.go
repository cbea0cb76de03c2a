package input

import "math/bits"

// window is how far back a stream may refer, and its place among those that need much
// memory.
type window struct {
	limit   uint64 // a power of two
	wide    chan struct{}
	done    <-chan struct{}
	holding bool   // a place in wide
	peak    uint64 // largest let through
}

func newWindow(lim Limits) window {
	limit := uint64(lim.ZstdWindow)
	if lim.ZstdWindow <= 0 {
		limit = DefaultZstdWindow
	}
	pow := uint64(1) << (bits.Len64(limit) - 1)
	return window{wide: lim.Wide, done: lim.Done, limit: max(minZstdWindow, pow)}
}

// admit waits for a place when the window is wide.
func (w *window) admit(size uint64) error {
	w.peak = max(w.peak, size)
	if size <= wideWindow {
		return nil
	}
	return w.reserve()
}

// reserve takes a place in the queue for wide windows. A stream takes one at most.
func (w *window) reserve() error {
	if w.wide == nil || w.holding {
		return nil
	}
	select {
	case w.wide <- struct{}{}:
		w.holding = true
		return nil
	case <-w.done:
		return ErrStopped
	}
}

// release gives the place in the queue back, and reports whether the decoder holds
// a wide window.
func (w *window) release() bool {
	if w.holding {
		<-w.wide
		w.holding = false
	}
	return w.peak > wideWindow
}
