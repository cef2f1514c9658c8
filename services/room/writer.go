package room

import "net"

// writeSize is how many bytes of the transcript one write takes at most.
const writeSize = 256 << 10

// batch is what a writer writes at once.
type batch struct {
	bufs [][]byte
	rest net.Buffers // of bufs; WriteTo eats it
}

func (b *batch) writeTo(conn net.Conn) (err error) {
	if len(b.bufs) == 1 { // as a rule; it is a little cheaper
		_, err = conn.Write(b.bufs[0])
		return err
	}
	b.rest = b.bufs
	_, err = b.rest.WriteTo(conn)
	return err
}

// writeLocked starts a writer if there is something to write and none is at it.
func (s *session) writeLocked() {
	if s.writing || s.failed != nil {
		return
	}
	s.cursor.pass(&s.own)
	s.written = s.cursor.at
	if len(s.replies) > 0 || s.cursor.at < s.limitLocked() {
		s.writing = true
		go s.write()
	}
}

// limitLocked returns the place in the transcript up to which the session is to
// be sent it now.
func (s *session) limitLocked() uint64 {
	if s.parted {
		return s.until
	}
	return s.room.merge.released
}

// write writes all that there is to write, each time as much as it can with one
// call, and ends when nothing is left.
func (s *session) write() {
	r := s.room
	b := r.batches.Get().(*batch)
	r.mu.Lock()
	for s.failed == nil && s.fillLocked(b) {
		r.mu.Unlock()
		err := b.writeTo(s.conn)
		r.mu.Lock()
		if err != nil && s.failed == nil {
			s.failed = err
			s.conn.Close()
		}
		s.written = s.cursor.at
		r.tookLocked(s)
	}
	s.writing = false
	s.changed.Broadcast()
	r.mu.Unlock()
	clear(b.bufs[:cap(b.bufs)])
	r.batches.Put(b)
}

// fillLocked gathers what is to be written next, and reports whether there is
// anything. Answers go between two lines of the transcript.
func (s *session) fillLocked(b *batch) bool {
	b.bufs = b.bufs[:0]
	if s.cursor.at >= s.target {
		if len(s.replies) > 0 {
			b.bufs = append(b.bufs, s.replies)
			s.replies = nil
			s.changed.Broadcast()
		}
		s.target = s.limitLocked()
	}
	b.bufs = s.cursor.take(b.bufs, s.target, writeSize, &s.own)
	return len(b.bufs) > 0
}
