package room

import "time"

const (
	paceHold   = 1 << 20         // a client that is so many bytes behind is waited for
	paceResume = 512 << 10       // until it is no further behind than that
	paceMost   = 2 * time.Second // but not longer
	paceStuck  = time.Second     // and not if it has taken nothing for so long
	paceLook   = 100 * time.Millisecond
	paceFree   = 4 << 10 // bytes a second that anybody may say without waiting for anybody
)

// pace is how the room keeps those who talk faster than others can read, such as
// a file piped into nc, from outrunning readers that are well. While a client is
// far behind and catches up, those who flood the room are not read from. Whoever
// types is not held up, and a client that is stopped, or does not make good the
// difference in two seconds, is not waited for again before it has caught up by
// itself, or is cut. It is guarded by the room's lock.
type pace struct {
	awaited bool
	since   time.Time // awaited since then
	moved   time.Time // when it last took something, if awaited
	givenUp bool

	second time.Time // the beginning of what counts as one second of talk
	said   int       // bytes said in it
}

// judgeLocked looks how far a session is behind.
func (r *room) judgeLocked(s *session, now time.Time) {
	behind := r.transcript.end - s.written
	p := &s.pace
	switch {
	case s.failed != nil:
	case behind > maxBehind:
		r.cutLocked(s, errSlow)
	case behind > paceHold && !p.awaited && !p.givenUp:
		p.awaited, p.since, p.moved = true, now, now
		r.awaited.Add(1)
	}
	if s.failed != nil && p.awaited {
		p.awaited = false
		r.caughtUpLocked()
	}
}

// tookLocked takes note that a session has taken something.
func (r *room) tookLocked(s *session) {
	p := &s.pace
	switch {
	case !p.awaited && !p.givenUp:
	case r.transcript.end-s.written > paceResume:
		p.moved = time.Now()
	default:
		if p.awaited {
			r.caughtUpLocked()
		}
		p.awaited, p.givenUp = false, false
	}
}

// caughtUpLocked takes note that there is one less to wait for.
func (r *room) caughtUpLocked() {
	if r.awaited.Add(-1) == 0 {
		close(r.caught)
		r.caught = make(chan struct{})
	}
}

// giveUpLocked stops waiting for those that are not worth it.
func (r *room) giveUpLocked(now time.Time) {
	for _, s := range r.sessions {
		p := &s.pace
		if p.awaited && (now.Sub(p.since) > paceMost || now.Sub(p.moved) > paceStuck) {
			p.awaited, p.givenUp = false, true
			r.caughtUpLocked()
		}
	}
}

// talked takes note of what a session says. It is called with the room's lock.
func (s *session) talked(bytes int) {
	if now := s.room.merge.at; now.Sub(s.pace.second) >= time.Second {
		s.pace.second, s.pace.said = now, 0
	}
	s.pace.said += bytes
}

// keepPace returns when the session may go on talking. It is for its reader.
func (r *room) keepPace(s *session) {
	if r.awaited.Load() == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.pace.said <= paceFree || time.Since(s.pace.second) >= time.Second {
		return
	}
	look := time.NewTimer(paceLook)
	defer look.Stop()
	for r.awaited.Load() > 0 && s.failed == nil && !r.leaving.Load() {
		caught := r.caught
		r.mu.Unlock()
		select {
		case <-caught:
		case <-r.ended:
		case <-look.C:
			look.Reset(paceLook)
		}
		r.mu.Lock()
		r.giveUpLocked(time.Now())
	}
}
