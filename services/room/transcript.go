package room

// segmentSize is the capacity of a segment in bytes.
const segmentSize = 64 << 10

// transcript holds the lines sent to all clients, encoded once. It is also the
// queue of every client, which only stores its position. A transcript refers to
// its newest segment only; the garbage collector frees an older one when every
// cursor has passed it.
//
// Bytes do not change once added, so slices of them stay valid. The caller of a
// method must hold the room's lock.
type transcript struct {
	last *segment
	end  uint64 // number of bytes added so far
}

type segment struct {
	base uint64 // position of its first byte
	data []byte // never grows beyond its capacity
	next *segment
}

func newTranscript() transcript {
	return transcript{last: &segment{data: make([]byte, 0, segmentSize)}}
}

// add appends b.
func (t *transcript) add(b []byte) {
	t.end += uint64(len(b))
	for {
		s := t.last
		n := min(len(b), cap(s.data)-len(s.data))
		s.data = append(s.data, b[:n]...)
		if b = b[n:]; len(b) == 0 {
			return
		}
		s.next = &segment{base: s.base + uint64(len(s.data)), data: make([]byte, 0, segmentSize)}
		t.last = s.next
	}
}

// here returns a cursor at the end of the transcript.
func (t *transcript) here() cursor { return cursor{at: t.end, seg: t.last} }

// cursor is a position in a transcript.
type cursor struct {
	at  uint64
	seg *segment // the segment that holds the byte at the cursor, if any
}

// settle drops the segments before the cursor.
func (c *cursor) settle() {
	for c.seg.next != nil && c.at >= c.seg.next.base {
		c.seg = c.seg.next
	}
}

// take appends to bufs the bytes up to the position until, at most limit of them
// and without the spans in skip, and moves the cursor past them. If skip
// continues beyond until, so does the cursor.
func (c *cursor) take(bufs [][]byte, until uint64, limit int, skip *spans) [][]byte {
	for {
		c.pass(skip)
		if c.at >= until || limit <= 0 {
			return bufs
		}
		stop := min(until, skip.next())
		rest := c.seg.data[c.at-c.seg.base:]
		n := min(uint64(len(rest)), stop-c.at, uint64(limit))
		bufs = append(bufs, rest[:n:n])
		c.at += n
		limit -= int(n)
	}
}

// pass moves the cursor past the spans in skip that begin at it.
func (c *cursor) pass(skip *spans) {
	for skip.next() <= c.at {
		c.at = max(c.at, skip.pop().to)
	}
	c.settle()
}

// spans is a sorted list of parts of a transcript: a client's own lines.
type spans struct {
	list  []span
	first int // index of the first span that is not popped
}

type span struct{ from, to uint64 }

// add appends a span that follows all others.
func (s *spans) add(from, to uint64) {
	if n := len(s.list); n > s.first && s.list[n-1].to == from {
		s.list[n-1].to = to
		return
	}
	if s.first > 0 && len(s.list) == cap(s.list) {
		s.list = s.list[:copy(s.list, s.list[s.first:])]
		s.first = 0
	}
	s.list = append(s.list, span{from, to})
}

// next returns the beginning of the first span, or the largest uint64 if there is
// none.
func (s *spans) next() uint64 {
	if s.first == len(s.list) {
		return ^uint64(0)
	}
	return s.list[s.first].from
}

// pop removes and returns the first span.
func (s *spans) pop() span {
	p := s.list[s.first]
	if s.first++; s.first == len(s.list) {
		s.list, s.first = s.list[:0], 0
	}
	return p
}
