package room

import "time"

const (
	mergeTime = 5 * time.Millisecond // between two releases, unless there is much to release
	mergeSize = 64 << 10             // bytes that are much
)

// merge is when lines are handed to the writers. A line that follows a pause of
// 5 ms is released at once. One that comes sooner after the last release waits
// until the 5 ms are over, and all that come meanwhile are released together, in
// one write for each client: in a room where a hundred people talk most writes
// would otherwise carry one line. No line waits longer than that, and none waits
// at all in a room with less than 200 lines a second, evenly spread, or once
// there is enough for a large write.
type merge struct {
	released uint64    // what comes before that place in the transcript, the writers may write
	at       time.Time // when that was last moved
	timer    *time.Timer
	armed    bool
}

// offerLocked releases what has been added to the transcript, or sees to it that
// it is released in time.
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

// mergeOver is the timer's.
func (r *room) mergeOver() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.merge.armed = false
	if !r.leaving.Load() {
		r.releaseLocked(time.Now())
	}
}

// releaseLocked has everything written that is not yet. It also looks how far
// each client is behind.
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
