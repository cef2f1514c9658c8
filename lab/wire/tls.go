package wire

import "encoding/binary"

// Of the header of a TLS record: RFC 8446, section 5.1.
const (
	recordHeader  = 5           // bytes: the type, the version, and the length of what follows
	maxCiphertext = 1<<14 + 256 // bytes that follow
)

// beginsRecord reports whether bytes are the header of a TLS record, or the beginning of
// one. No text begins so.
func beginsRecord(b []byte) bool {
	switch {
	case len(b) > 0 && (b[0] < 20 || b[0] > 23),
		len(b) > 1 && b[1] != 3,
		len(b) > 2 && (b[2] < 1 || b[2] > 4),
		len(b) > 3 && b[3] > maxCiphertext>>8:
		return false
	}
	return len(b) < recordHeader || binary.BigEndian.Uint16(b[3:]) <= maxCiphertext
}

// takeRecord adds the next of these bytes if they are of a TLS record, which is a piece of
// its own, and returns how many are. So the pieces do not depend on the packets, which are
// not the same where a stream leaves and where it arrives.
func (s *stream) takeRecord(b []byte, to func(piece)) (n int) {
	if s.record > 0 {
		n = min(len(b), s.record-s.size)
		s.addToRecord(n, to)
		return n
	}
	if s.size >= recordHeader {
		return 0
	}
	n = min(len(b), recordHeader-s.size)
	head := b[:n]
	if s.size > 0 {
		head = append(s.line, head...)
	}
	if !beginsRecord(head) {
		return 0
	}
	if s.size == 0 {
		s.began = s.offset
	}
	s.line, s.blind = append(s.line, b[:n]...), false
	if len(head) == recordHeader {
		s.record = recordHeader + int(binary.BigEndian.Uint16(head[3:]))
	}
	s.addToRecord(n, to)
	return n
}

// addToRecord adds bytes of the TLS record that the piece is.
func (s *stream) addToRecord(n int, to func(piece)) {
	s.offset += uint64(n)
	if s.size += n; s.size == s.record {
		s.record = 0
		s.text += s.size
		s.passBlob(to)
		s.cut(s.line, to)
		s.passBlob(to)
	}
}

// endBeforeRecord ends a piece that is no text where a packet begins with a TLS record: the
// stream was seen first in the middle of one.
func (s *stream) endBeforeRecord(packet []byte, to func(piece)) {
	if s.size > 0 && s.record == 0 && len(packet) >= recordHeader && beginsRecord(packet) && !beginsRecord(s.line) && !isText(s.line, true) {
		s.cut(s.line, to)
	}
}
