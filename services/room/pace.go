package room

import "time"

const (
	paceHold   = 1 << 20                // bytes behind at which senders start to wait for a client
	paceResume = 512 << 10              // bytes behind at which they stop waiting
	paceMost   = 2 * time.Second        // they wait for one client at most so long
	paceStuck  = time.Second            // and at most so long since it last received something
	paceCheck  = 100 * time.Millisecond // between two checks of these limits
	paceFree   = 4 << 10                // bytes a second that every client may send without waiting
)

// pace slows down clients that send faster than others can read, such as a file
// piped into nc, so that the readers are not disconnected for being slow. While a
// client is far behind and catching up, the room does not read from clients that
// send more than paceFree. Interactive users are never delayed. After paceMost,
// or paceStuck without progress, the room stops waiting for a client until it has
// caught up by itself, or is disconnected. The room's lock guards pace.
type pace struct {
	awaited bool
	since   time.Time // when awaited was set
	moved   time.Time // when it last received something, if awaited
	givenUp bool

	second time.Time // start of the current second
	sent   int       // bytes sent in it
}

// judgeLocked checks how far behind a session is, and disconnects it if it is too
// far behind.
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

// progressLocked records that a session has received something.
func (r *room) progressLocked(s *session) {
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

// caughtUpLocked records that there is one session less to wait for.
func (r *room) caughtUpLocked() {
	if r.awaited.Add(-1) == 0 {
		close(r.caught)
		r.caught = make(chan struct{})
	}
}

// giveUpLocked stops waiting for sessions beyond paceMost or paceStuck.
func (r *room) giveUpLocked(now time.Time) {
	for _, s := range r.sessions {
		p := &s.pace
		if p.awaited && (now.Sub(p.since) > paceMost || now.Sub(p.moved) > paceStuck) {
			p.awaited, p.givenUp = false, true
			r.caughtUpLocked()
		}
	}
}

// countLocked counts the bytes that a session sends.
func (s *session) countLocked(bytes int) {
	if now := s.room.merge.at; now.Sub(s.pace.second) >= time.Second {
		s.pace.second, s.pace.sent = now, 0
	}
	s.pace.sent += bytes
}

// keepPace waits until the session may send again. Only the session's reader
// calls it.
func (r *room) keepPace(s *session) {
	if r.awaited.Load() == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.pace.sent <= paceFree || time.Since(s.pace.second) >= time.Second {
		return
	}
	check := time.NewTimer(paceCheck)
	defer check.Stop()
	for r.awaited.Load() > 0 && s.failed == nil && !r.leaving.Load() {
		caught := r.caught
		r.mu.Unlock()
		select {
		case <-caught:
		case <-r.ended:
		case <-check.C:
			check.Reset(paceCheck)
		}
		r.mu.Lock()
		r.giveUpLocked(time.Now())
	}
}
