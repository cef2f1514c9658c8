package room

import "net"

// writeSize bounds the bytes of the transcript in one write.
const writeSize = 256 << 10

// writeLocked wakes the writer if there is something to write and it is idle.
func (s *session) writeLocked() {
	if s.out.BusyLocked() || s.failed != nil {
		return
	}
	s.cursor.pass(&s.own)
	s.written = s.cursor.at
	if len(s.replies) > 0 || s.cursor.at < s.limitLocked() {
		s.out.WakeLocked()
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

// Next and Wrote are what the writer calls: see outbox.Source. Answers are placed between
// two lines of the transcript.
func (s *session) Next(bufs net.Buffers) net.Buffers {
	if s.failed != nil {
		return bufs
	}
	if s.cursor.at >= s.target {
		if len(s.replies) > 0 {
			bufs = append(bufs, s.replies)
			s.replies = nil
			s.changed.Broadcast()
		}
		s.target = s.limitLocked()
	}
	return s.cursor.take(bufs, s.target, writeSize, &s.own)
}

func (s *session) Wrote(err error) {
	if err != nil && s.failed == nil {
		s.failed = err
		s.conn.Close()
		s.changed.Broadcast()
	}
	s.written = s.cursor.at
	s.room.progressLocked(s)
}
