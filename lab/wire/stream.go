package wire

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

const (
	maxPending = 1 << 20 // bytes of a stream that came before those in front of them
	maxLine    = 4096    // bytes of a line that are kept until its end comes
)

// stream puts the bytes of one direction of a connection together, as they are in the
// packets that were seen, and cuts them into lines.
type stream struct {
	begun   bool
	next    uint32 // sequence number, as TCP's, of the next byte
	offset  uint64 // of that byte
	pending []segment
	waiting int // bytes of pending

	line  []byte // the beginning of a line
	began uint64 // its offset
	size  int    // its bytes so far, those that are not kept included
}

// segment is the bytes of one packet.
type segment struct {
	at    uint32
	bytes []byte
}

// piece is a line of text, or a number of bytes that are none.
type piece struct {
	offset uint64
	text   string // without the line's end; of a long line the beginning
	bytes  int
	isText bool
}

// begin says which sequence number the first byte has.
func (s *stream) begin(first uint32) { s.begun, s.next = true, first }

// near reports whether a sequence number can be one of this stream.
func (s *stream) near(at uint32) bool {
	return !s.begun || int32(at-s.next) > -maxPending && int32(at-s.next) < maxPending
}

// feed adds the bytes of a packet, and returns what is complete. Bytes that were added
// before are left out. Of a stream whose beginning was not seen, what comes first is it.
func (s *stream) feed(at uint32, b []byte) (pieces []piece) {
	if !s.begun {
		s.begin(at)
	}
	if len(b) == 0 {
		return nil
	}
	if int32(at-s.next) > 0 {
		if s.waiting += len(b); s.waiting <= maxPending {
			s.pending = append(s.pending, segment{at, bytes.Clone(b)})
			return nil
		}
		// More than that cannot be on its way: the packets between were not seen.
		s.offset += uint64(at - s.next)
		s.next, s.pending, s.waiting = at, nil, 0
	}
	pieces = s.take(at, b, nil)
	for again := true; again; {
		again = false
		s.pending = slices.DeleteFunc(s.pending, func(g segment) bool {
			if int32(g.at-s.next) > 0 {
				return false
			}
			s.waiting -= len(g.bytes)
			pieces = s.take(g.at, g.bytes, pieces)
			again = true
			return true
		})
	}
	return pieces
}

// take adds bytes of which none before them is missing.
func (s *stream) take(at uint32, b []byte, pieces []piece) []piece {
	known := int(s.next - at)
	if known >= len(b) {
		return pieces
	}
	b = b[known:]
	s.next += uint32(len(b))
	for len(b) > 0 {
		part, rest, ends := bytes.Cut(b, []byte{'\n'})
		if s.size == 0 {
			s.began = s.offset
		}
		n := len(b) - len(rest)
		s.offset += uint64(n)
		s.size += n
		s.line = append(s.line, part[:min(len(part), maxLine-len(s.line))]...)
		if ends || s.size > maxLine && !isText(s.line, true) {
			pieces = join(pieces, s.cut())
		}
		b = rest
	}
	return pieces
}

// join adds a piece to those of a packet. Bytes that are no text are one piece with those
// before them, and cost less so.
func join(pieces []piece, p piece) []piece {
	if last := len(pieces) - 1; last >= 0 && !p.isText && !pieces[last].isText {
		pieces[last].bytes += p.bytes
		return pieces
	}
	return append(pieces, p)
}

// flush returns what is not complete: the stream has ended.
func (s *stream) flush() []piece {
	if s.size == 0 {
		return nil
	}
	return []piece{s.cut()}
}

func (s *stream) cut() piece {
	p := piece{offset: s.began, bytes: s.size, isText: isText(s.line, s.size > len(s.line)+1)}
	if p.isText {
		p.text = string(bytes.TrimSuffix(s.line, []byte{'\r'}))
	}
	s.line, s.size = s.line[:0], 0
	return p
}

// isText reports whether bytes are a line of text, or the beginning of one if they were
// cut off.
func isText(line []byte, cutOff bool) bool {
	if cutOff { // perhaps in the middle of a character
		for range utf8.UTFMax - 1 {
			if r, size := utf8.DecodeLastRune(line); r == utf8.RuneError && size == 1 {
				line = line[:len(line)-1]
			}
		}
	}
	return utf8.Valid(line) && !bytes.ContainsAny(line, "\x00\x01\x02\x03\x04\x05\x06\x0e\x0f\x10")
}
