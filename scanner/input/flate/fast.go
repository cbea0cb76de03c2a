package flate

import "encoding/binary"

// fastInput is how many bytes of input one round of fast may look at: two refills of
// eight, of which the first consumes at most seven.
const fastInput = 16

// outcome is why fast returned.
type outcome uint8

const (
	atEdge     outcome = iota // of the input or of out
	atBlockEnd                // behind it
	badLength                 // before a literal or length code that means nothing
	badDist                   // before such a distance code
	farDist                   // before a distance code that refers to before the beginning
)

// fast decodes symbols as long as no edge is near, which symbol does with the same
// result, bit by bit. It needs fastInput bytes of input and wp < outLimit.
//
// A refill leaves at least 56 bits. Between the first and the second go at most two
// entries of literals of litRoot bits and a length of 15 + 5; behind the second a
// distance of 15 + 13. What lies above nb in acc are bits of the byte at ip, which
// the next refill puts there again.
//
// op < outLimit at the start of a round; 6 literals or 4 literals and a match are
// at most 4 + 258 bytes, behind which copying by 16 scribbles less than 32: within
// slack. Indices are checked all the same; where a comparison or a mask looks
// needless, it is what lets the compiler leave checks out.
func (d *Decoder) fast() (why outcome) {
	in, ip := d.in, uint(d.ip)
	inEnd := uint(len(in) - fastInput)
	out, op := &d.out, uint(d.wp)
	acc, nb := d.acc, d.nbits
	lit, far := d.lit, d.dist
round:
	for ip <= inEnd && op < outLimit {
		acc |= binary.LittleEndian.Uint64(in[ip:ip+8:ip+8]) << (nb & 63)
		ip += 7 - nb>>3&7
		nb |= 56
		e := lit[acc&(1<<litRoot-1)]
		if e&literal != 0 {
			// A single literal writes a byte too many, which the next symbol replaces.
			binary.LittleEndian.PutUint16(out[op:op+2], uint16(e>>valueShift))
			op += 1 + uint(e>>pairBit&1)
			acc >>= e & consumeMask
			nb -= uint(e & consumeMask)
			if e = lit[acc&(1<<litRoot-1)]; e&literal != 0 {
				binary.LittleEndian.PutUint16(out[op:op+2], uint16(e>>valueShift))
				op += 1 + uint(e>>pairBit&1)
				acc >>= e & consumeMask
				nb -= uint(e & consumeMask)
				if e = lit[acc&(1<<litRoot-1)]; e&literal != 0 {
					binary.LittleEndian.PutUint16(out[op:op+2], uint16(e>>valueShift))
					op += 1 + uint(e>>pairBit&1)
					acc >>= e & consumeMask
					nb -= uint(e & consumeMask)
					continue
				}
			}
		}
		if e&odd != 0 {
			rest, left := acc, nb
			if e&subtable != 0 {
				rest >>= litRoot
				left -= litRoot
				e = lit[(e>>subShift&subMask+uint32(rest)&(1<<(e>>codeShift&codeMask)-1))&(litSize-1)]
			}
			switch {
			case e&literal != 0:
				out[op] = byte(e >> valueShift)
				op++
				acc = rest >> (e & consumeMask)
				nb = left - uint(e&consumeMask)
				continue
			case e&blockEnd != 0:
				acc = rest >> (e & consumeMask)
				nb = left - uint(e&consumeMask)
				why = atBlockEnd
				break round
			case e&odd != 0:
				why = badLength
				break round
			}
			acc, nb = rest, left
		}
		length := uint(e>>valueShift&lengthMask) + uint(acc>>(e>>codeShift&codeMask))&uint(e>>lengthExtra&lengthExtras)
		acc >>= e & consumeMask
		nb -= uint(e & consumeMask)
		acc |= binary.LittleEndian.Uint64(in[ip:ip+8:ip+8]) << (nb & 63)
		ip += 7 - nb>>3&7
		nb |= 56
		f := far[acc&(1<<distRoot-1)]
		rest, left := acc, nb
		if f&odd != 0 {
			if f&subtable != 0 {
				rest >>= distRoot
				left -= distRoot
				f = far[(f>>subShift&subMask+rest&(1<<(f>>codeShift&codeMask)-1))&(distSize-1)]
			}
			if f&odd != 0 {
				why = badDist
				break
			}
		}
		dist := uint(f>>valueShift&distMask) + uint(rest>>(f>>codeShift&codeMask))&uint(f>>distExtra)
		from := op - dist
		if from >= outSize { // below 0
			why = farDist
			break
		}
		acc = rest >> (f & consumeMask)
		nb = left - uint(f&consumeMask)
		if dist < 16 {
			repeat(out[:], op, dist, length)
		} else {
			to, of := (*[32]byte)(out[op:op+32]), (*[32]byte)(out[from:from+32])
			*(*[16]byte)(to[:16]) = *(*[16]byte)(of[:16])
			*(*[16]byte)(to[16:]) = *(*[16]byte)(of[16:])
			for i := uint(32); i < length; i += 16 {
				*(*[16]byte)(out[op+i : op+i+16]) = *(*[16]byte)(out[from+i : from+i+16])
			}
		}
		op += length
	}
	d.leave(ip, op, acc, nb)
	return why
}

// leave gives back what fast has taken: whole bytes that were not used to the input,
// and to d the positions.
func (d *Decoder) leave(ip, op uint, acc uint64, nb uint) {
	d.wp = int(op)
	d.ip = int(ip - nb>>3)
	d.nbits = nb & 7
	d.acc = acc & (1<<d.nbits - 1)
}

// repeat copies length bytes to out[op:] from dist before, where what is copied may
// be what was copied before: with each piece the pattern doubles.
func repeat(out []byte, op, dist, length uint) {
	for end := op + length; op < end; {
		n := uint(copy(out[op:end], out[op-dist:op]))
		op += n
		dist += n
	}
}
