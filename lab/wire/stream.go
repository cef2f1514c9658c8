package wire

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"peerlab/lab/event"
)

const (
	maxPending = 1 << 20 // bytes of a stream that came before those in front of them
	maxLine    = 4096    // bytes of a line that are kept until its end comes
	dullSize   = 1 << 20 // bytes of which fewer than dullText are text: the stream is dull
	dullText   = 1 << 10 // bytes
	maxSegment = 1 << 16 // bytes of one packet at most
)

// stream puts the bytes of one direction of a connection together, as they are in the
// packets that were seen, and cuts them into lines and TLS records.
type stream struct {
	begun   bool
	first   uint32 // sequence number, as TCP's, of the first byte
	next    uint32 // of the next one
	offset  uint64 // of that byte
	pending []segment
	waiting int // bytes of pending

	line   []byte // the beginning of a line that has not ended
	began  uint64 // its offset
	size   int    // its bytes so far, those that are not kept included
	blind  bool   // its beginning was not seen
	record int    // its bytes if it is a TLS record, whose header was seen; else 0
	blob   piece  // of the packet, and not yet returned: bytes that are no text

	seen, text int  // bytes since it was decided whether it is dull, and those of them in lines or TLS records
	dull       bool // there are hardly any
	gaps       int  // before so many packets bytes may have been left out: they are not waited for
}

// segment is the bytes of one packet.
type segment struct {
	at     uint32
	bytes  []byte
	unread int // bytes after those
}

func (g segment) size() int { return len(g.bytes) + g.unread }

// piece is a line of text, a TLS record, or a number of bytes that are neither.
type piece struct {
	offset uint64
	text   []byte // without the line's end; of a long line the beginning
	bytes  int
	isText bool
}

// begin says which sequence number the first byte has. If it is no other than before, the
// stream goes on.
func (s *stream) begin(first uint32) {
	if !s.beginsAt(first) {
		*s = stream{begun: true, first: first, next: first}
	}
}

func (s *stream) beginsAt(first uint32) bool { return s.begun && s.first == first }

// near reports whether a sequence number can be one of this stream.
func (s *stream) near(at uint32) bool {
	return !s.begun || int32(at-s.next) > -maxPending && (s.gaps > 0 || int32(at-s.next) < maxPending)
}

// clone returns a stream that goes on by itself.
func (s *stream) clone() *stream {
	c := *s
	c.line, c.pending = bytes.Clone(s.line), slices.Clone(s.pending)
	return &c
}

// feed adds the bytes of a packet, and passes on what is complete; the text of a piece
// must not be kept. Bytes that were added before are left out. Of a stream whose beginning
// was not seen, what comes first is it: not a packet without any, since the number of a
// probe for a dead connection is that before the next.
func (s *stream) feed(g segment, to func(piece)) {
	if !s.begun {
		if g.size() == 0 {
			return
		}
		s.begin(g.at)
	}
	gap := int(int32(g.at - s.next))
	if gap > 0 && s.gaps > 0 {
		s.skip(gap, to)
		gap = 0
	}
	switch {
	case g.size() == 0:
	case gap > 0:
		g.bytes = bytes.Clone(g.bytes)
		s.pending = append(s.pending, g)
		if s.waiting += g.size(); s.waiting <= maxPending {
			return
		}
		// More than that cannot be on its way: the packets between were not seen.
		first := slices.MinFunc(s.pending, func(a, b segment) int { return int(int32(a.at - b.at)) })
		s.skip(int(first.at-s.next), to)
	default:
		s.take(g, to)
	}
	for again := len(s.pending) > 0; again; {
		again = false
		s.pending = slices.DeleteFunc(s.pending, func(g segment) bool {
			if int32(g.at-s.next) > 0 {
				return false
			}
			s.waiting -= g.size()
			s.take(g, to)
			again = true
			return true
		})
	}
	s.passBlob(to)
	if s.text >= dullText || s.seen >= dullSize {
		s.dull = s.text < dullText
		s.seen, s.text = 0, 0
	}
}

// take adds bytes of which none before them is missing.
func (s *stream) take(g segment, to func(piece)) {
	known := int(s.next - g.at)
	if known >= g.size() {
		return
	}
	b := g.bytes[min(known, len(g.bytes)):]
	s.next += uint32(len(b))
	s.seen += len(b)
	s.endBeforeRecord(b, to)
	for len(b) > 0 {
		if n := s.takeRecord(b, to); n > 0 {
			b = b[n:]
			continue
		}
		n := bytes.IndexByte(b, '\n') + 1
		line, ends := b[:max(n-1, 0)], n > 0
		if !ends {
			line, n = b, len(b)
		}
		if s.size == 0 {
			s.began = s.offset
		}
		s.offset += uint64(n)
		s.size += n
		if line = line[:min(len(line), maxLine-len(s.line))]; !ends || len(s.line) > 0 {
			s.line = append(s.line, line...)
			line = s.line
		}
		if ends || s.blind || s.size > maxLine && !isText(line, true) {
			s.cut(line, to)
			s.blind = s.blind && !ends
		}
		b = b[n:]
	}
	if unread := int(g.at + uint32(g.size()) - s.next); unread > 0 {
		s.skip(unread, to)
	}
}

// skip adds bytes that were not seen.
func (s *stream) skip(n int, to func(piece)) {
	s.next += uint32(n)
	if s.record > 0 { // its header is enough
		known := min(n, s.record-s.size)
		s.addToRecord(known, to)
		n -= known
	}
	if n == 0 {
		return
	}
	if s.size == 0 {
		s.began = s.offset
	}
	s.blind = true
	s.offset += uint64(n)
	s.size += n
	s.cut(nil, to)
}

// cut ends a piece, of which line is the beginning. Bytes that are no text are one piece
// with those before them in a packet, and cost less so.
func (s *stream) cut(line []byte, to func(piece)) {
	p := piece{offset: s.began, bytes: s.size, isText: !s.blind && isText(line, s.size > len(line)+1)}
	s.line, s.size = s.line[:0], 0
	switch {
	case p.isText:
		s.passBlob(to)
		s.text += p.bytes
		p.text = bytes.TrimSuffix(line, []byte{'\r'})
		to(p)
	case s.blob.bytes > 0:
		s.blob.bytes += p.bytes
	default:
		s.blob = p
	}
}

func (s *stream) passBlob(to func(piece)) {
	if s.blob.bytes > 0 {
		to(s.blob)
		s.blob = piece{}
	}
}

// flush passes on what is not complete: the stream has ended.
func (s *stream) flush(to func(piece)) {
	if s.size > 0 {
		s.cut(s.line, to)
		s.passBlob(to)
	}
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
	return event.Plain(line) || utf8.Valid(line) && !bytes.ContainsAny(line, "\x00\x01\x02\x03\x04\x05\x06\x0e\x0f\x10")
}
