package room

// segmentSize is how much of a transcript is in one piece of memory.
const segmentSize = 64 << 10

// transcript is what all clients are sent, encoded once, and the queue of each
// of them: a client only remembers how far it has got. It holds on to its newest
// segment alone; an older one lives for as long as somebody has yet to read it.
//
// Its bytes, once added, do not change, so slices into it stay good. Everything
// else is for whoever holds the room's lock.
type transcript struct {
	last *segment
	end  uint64 // bytes ever added
}

type segment struct {
	base uint64 // bytes added before it
	data []byte // never grows beyond its capacity
	next *segment
}

func newTranscript() transcript {
	return transcript{last: &segment{data: make([]byte, 0, segmentSize)}}
}

// add adds bytes to the end.
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

// here returns a cursor at the end.
func (t *transcript) here() cursor { return cursor{at: t.end, seg: t.last} }

// cursor is a place in a transcript.
type cursor struct {
	at  uint64
	seg *segment // holds the byte at the cursor, if there is one
}

// settle lets go of the segments before the cursor.
func (c *cursor) settle() {
	for c.seg.next != nil && c.at >= c.seg.next.base {
		c.seg = c.seg.next
	}
}

// take adds to bufs what follows up to the place until, at most limit bytes of
// it, without what skip holds, and moves the cursor behind that. The cursor may
// end up beyond until, where what is skipped goes on.
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

// pass moves the cursor over what is to be skipped where it stands.
func (c *cursor) pass(skip *spans) {
	for skip.next() <= c.at {
		c.at = max(c.at, skip.pop().to)
	}
	c.settle()
}

// spans are parts of a transcript, in order: what a client has said itself.
type spans struct {
	list  []span
	first int // those before it are done with
}

type span struct{ from, to uint64 }

// add adds a part that follows all others.
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

// next returns where the first part begins, or a place that nobody reaches.
func (s *spans) next() uint64 {
	if s.first == len(s.list) {
		return ^uint64(0)
	}
	return s.list[s.first].from
}

// pop removes the first part.
func (s *spans) pop() span {
	p := s.list[s.first]
	if s.first++; s.first == len(s.list) {
		s.list, s.first = s.list[:0], 0
	}
	return p
}
