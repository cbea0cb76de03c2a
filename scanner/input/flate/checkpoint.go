package flate

// Checkpoint is a place between two blocks from which decoding can go on without
// anything before it.
type Checkpoint struct {
	// Bit is the position in bits since the start of the stream, lowest bit of each
	// byte first.
	Bit int64
	// Decoded is the number of decoded bytes before it.
	Decoded int64
	// Window is the end of these bytes, at most 32 KiB: what may yet be referred to.
	Window []byte
}

// marks is when to offer a checkpoint to whom.
type marks struct {
	every, next int64
	offer       func(Checkpoint)
}

// Checkpoints makes d call offer between blocks, the first time when every bytes
// have been decoded since the start or the last call. Call it after Reset. offer
// runs within Next and must not use d; the Window is valid until it returns.
func (d *Decoder) Checkpoints(every int64, offer func(Checkpoint)) {
	d.marks = marks{every: every, next: d.Decoded() + every, offer: offer}
}

// mark offers a checkpoint if it is time.
func (d *Decoder) mark() {
	if d.offer == nil || d.Decoded() < d.next {
		return
	}
	d.next = d.Decoded() + d.every
	d.offer(Checkpoint{
		Bit:     d.bitOffset(),
		Decoded: d.Decoded(),
		Window:  d.out[max(0, d.wp-window):d.wp:d.wp],
	})
}

// Resume is Reset for the middle of a stream: src begins at the byte that holds
// bit at.Bit. Positions and Decoded go on from those of the checkpoint; so Consumed
// counts bytes since the start of the stream.
func (d *Decoder) Resume(src Source, at Checkpoint) error {
	d.Reset(src, at.Window)
	d.discarded = at.Bit / 8
	d.before += at.Decoded
	_, err := d.take(uint(at.Bit % 8))
	d.err = err
	return err
}
