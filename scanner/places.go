package scanner

import (
	"bufio"
	"context"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"coldcase/matchers/correlate"
	"coldcase/matchers/event"
	"coldcase/scanner/input"
	"coldcase/scanner/lines"
)

// placesFor bounds the inputs of which places are kept, for each worker: with more, each
// reader of a second pass has inputs of its own.
const placesFor = 4

// keptPlaces is, for each input, the places that its first reading has noted. One large
// gzip is decoded by one core; a second time it is decoded from its places on by all.
type keptPlaces [][]input.Place

// newPlaces returns nil when no input will be read twice, or there are enough of them.
func newPlaces(cfg Config) keptPlaces {
	if len(cfg.Inputs) >= placesFor*cfg.Jobs || !slices.ContainsFunc(cfg.Matcher.Rules(), correlate.Correlates) {
		return nil
	}
	return make(keptPlaces, len(cfg.Inputs))
}

// note has s, the stream of input i, note its places.
func (k keptPlaces) note(i int, s *input.Stream) {
	if i < len(k) {
		s.NotePlaces()
	}
}

// keep takes what s has noted, if the lines of r stand in it as they are matched.
func (k keptPlaces) keep(i int, s *input.Stream, r *lines.Reader) {
	if i < len(k) && r.Verbatim() {
		k[i] = s.Places()
	}
}

// fromPlace are wanted lines of one input, in order, that are read from a place on.
type fromPlace struct {
	at     input.Place
	wanted []int
}

// cut cuts what is wanted, in order, at the places that are known. others is what is
// wanted of inputs without.
func (k keptPlaces) cut(origins []event.Origin, wanted []int) (items []fromPlace, others []int) {
	for len(wanted) > 0 {
		index := origins[wanted[0]].Input
		n := slices.IndexFunc(wanted, func(i int) bool { return origins[i].Input != index })
		if n < 0 {
			n = len(wanted)
		}
		of := wanted[:n]
		wanted = wanted[n:]
		if int(index) >= len(k) || len(k[index]) == 0 {
			others = append(others, of...)
			continue
		}
		items = k.cutOne(items, k[index], origins, of)
	}
	return items, others
}

func (keptPlaces) cutOne(items []fromPlace, places []input.Place, origins []event.Origin, wanted []int) []fromPlace {
	for p, at := range places {
		n := len(wanted)
		if p+1 < len(places) {
			// The line end before a line is looked at too.
			next := places[p+1].Decoded
			n, _ = slices.BinarySearchFunc(wanted, next, func(i int, next int64) int {
				if origins[i].Offset <= next {
					return -1
				}
				return 1
			})
		}
		if n > 0 {
			items = append(items, fromPlace{at, wanted[:n]})
		}
		wanted = wanted[n:]
	}
	return items
}

// fetchFromPlaces yields what of the wanted lines can be had from places, with several
// readers, and returns the others in order: they are for whoever reads the inputs from
// their beginning, and knows what is wrong.
func fetchFromPlaces(ctx context.Context, cfg Config, jobs int, origins []event.Origin, wanted []int, yield func(reader, i int, line, raw []byte) error) ([]int, error) {
	items, others := cfg.places.cut(origins, wanted)
	if len(items) == 0 {
		return wanted, nil
	}
	left, errs := make([][]int, len(items)), make([]error, len(items))
	var next atomic.Int64
	var reading sync.WaitGroup
	for n := range min(max(1, jobs), len(items)) {
		reading.Go(func() {
			f := &placeReader{origins: origins, yield: func(i int, line []byte) error { return yield(n, i, line, line) }}
			for i := int(next.Add(1)) - 1; i < len(items) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				left[i], errs[i] = f.read(ctx, cfg.Inputs[origins[items[i].wanted[0]].Input], items[i])
			}
		})
	}
	reading.Wait()
	for _, err := range append(errs, ctx.Err()) {
		if err != nil {
			return nil, err
		}
	}
	left = append(left, others)
	return sorted(origins, slices.Concat(left...)), nil
}

// placeReader reads lines by their offsets, without framing what stands between.
type placeReader struct {
	origins []event.Origin
	yield   func(i int, line []byte) error
	buf     []byte
}

// read yields the wanted lines, and returns those that are not where they are to be. The
// error is yield's or that of ctx.
func (f *placeReader) read(ctx context.Context, in input.Input, item fromPlace) (left []int, err error) {
	r, err := input.OpenAt(in, item.at)
	if err != nil {
		return item.wanted, nil
	}
	defer r.Close() // opened for reading
	br := bufio.NewReaderSize(r, 64<<10)
	pos, wanted := item.at.Decoded, item.wanted
	for len(wanted) > 0 && ctx.Err() == nil {
		o := f.origins[wanted[0]]
		n := 1
		for n < len(wanted) && f.origins[wanted[n]] == o {
			n++
		}
		if o.Offset-min(o.Offset, 1) < pos {
			left, wanted = append(left, wanted[:n]...), wanted[n:] // a part of a line
			continue
		}
		whole, err := f.line(br, o.Offset-pos, int(o.Length))
		if err != nil {
			return append(left, wanted...), nil
		}
		pos = o.Offset + int64(o.Length)
		if !whole {
			left = append(left, wanted[:n]...)
		} else if err := f.yieldAll(wanted[:n]); err != nil {
			return nil, err
		}
		wanted = wanted[n:]
	}
	return left, ctx.Err()
}

func (f *placeReader) yieldAll(wanted []int) error {
	for _, i := range wanted {
		if err := f.yield(i, f.buf); err != nil {
			return err
		}
	}
	return nil
}

// line reads a line into buf that begins skip bytes on, and reports whether it has its
// ends there. The error says that the bytes cannot be had.
func (f *placeReader) line(br *bufio.Reader, skip int64, length int) (whole bool, err error) {
	begins := true
	if skip > 0 {
		for skip--; skip > 0; {
			n, err := br.Discard(int(min(skip, 1<<30)))
			if err != nil {
				return false, err
			}
			skip -= int64(n)
		}
		c, err := br.ReadByte()
		if err != nil {
			return false, err
		}
		begins = c == '\n'
	}
	f.buf = slices.Grow(f.buf[:0], length)[:length]
	if _, err := io.ReadFull(br, f.buf); err != nil {
		return false, err
	}
	end, err := br.Peek(2)
	if err != nil && err != io.EOF {
		return false, err
	}
	ends := len(end) == 0 || end[0] == '\n' || end[0] == '\r' && (len(end) == 1 || end[1] == '\n')
	return begins && ends, nil
}
