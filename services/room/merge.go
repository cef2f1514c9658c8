package room

import "time"

const (
	mergeTime = 5 * time.Millisecond // between two releases, unless mergeSize bytes wait
	mergeSize = 64 << 10             // bytes that are released at once
)

// merge decides when lines are released to the writers. A line that follows a
// pause of 5 ms is released at once. A line that arrives sooner after the last
// release waits until the 5 ms have passed, together with all lines that arrive
// meanwhile; each client then receives them in one write. Without merging, most
// writes in a room of a hundred talking users would carry one line. No line waits
// longer than 5 ms, and no line waits at all at less than 200 evenly spread lines
// a second, or once mergeSize bytes are waiting.
type merge struct {
	released uint64    // the writers may write the transcript up to here
	at       time.Time // time of the last release
	timer    *time.Timer
	armed    bool
}

// offerLocked releases the lines added to the transcript, or starts the timer
// that will.
func (r *room) offerLocked() {
	m, now := &r.merge, time.Now()
	wait := mergeTime - now.Sub(m.at)
	switch {
	case wait <= 0, r.transcript.end-m.released >= mergeSize:
		r.releaseLocked(now)
	case !m.armed:
		m.armed = true
		m.timer.Reset(wait)
	}
}

// mergeOver releases the lines added to the transcript. The timer calls it.
func (r *room) mergeOver() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.merge.armed = false
	if !r.leaving.Load() {
		r.releaseLocked(time.Now())
	}
}

// releaseLocked releases the transcript up to its end, starts the writers, and
// checks how far behind each client is.
func (r *room) releaseLocked(now time.Time) {
	m := &r.merge
	if m.released == r.transcript.end {
		return
	}
	m.released, m.at = r.transcript.end, now
	for _, s := range r.sessions {
		s.writeLocked()
		r.judgeLocked(s, now)
	}
}
