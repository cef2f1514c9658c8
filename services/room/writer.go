package room

import "net"

// writeSize bounds the bytes of the transcript in one write.
const writeSize = 256 << 10

// batch holds the buffers of one write.
type batch struct {
	bufs [][]byte
	rest net.Buffers // a copy of bufs; WriteTo consumes it
}

func (b *batch) writeTo(conn net.Conn) (err error) {
	if len(b.bufs) == 1 { // the usual case; a little cheaper than WriteTo
		_, err = conn.Write(b.bufs[0])
		return err
	}
	b.rest = b.bufs
	_, err = b.rest.WriteTo(conn)
	return err
}

// writeLocked starts a writer if there is something to write and no writer runs.
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

// limitLocked returns the position up to which the session may receive the
// transcript now.
func (s *session) limitLocked() uint64 {
	if s.parted {
		return s.until
	}
	return s.room.merge.released
}

// write writes until nothing is left, each time as much as one call can.
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
		r.progressLocked(s)
	}
	s.writing = false
	s.changed.Broadcast()
	r.mu.Unlock()
	clear(b.bufs[:cap(b.bufs)])
	r.batches.Put(b)
}

// fillLocked collects the buffers of the next write, and reports whether there
// are any. Answers are placed between two lines of the transcript.
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
