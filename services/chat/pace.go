package chat

import "time"

const (
	paceStep  = 64 << 10        // bytes that may be typed between two looks
	paceStuck = time.Second     // the input does not wait for a link that wrote nothing for so long
	paceHold  = 2 * time.Second // nor for longer than this for any link at a time
	paceLook  = 2 * time.Millisecond
)

// keepPace slows down an input that is faster than the links, such as a file piped into
// stdin, before lines are dropped from the log that a working peer has not received.
// Once a link is behind by half the log, the input waits until it is behind by no more
// than a quarter. After paceHold, or paceStuck without progress, it does not wait for
// that link again until the link has caught up by itself. Only the reader of the input
// calls it.
func (m *member) keepPace() {
	for m.outrun(time.Now()) && sleep(m.soft, paceLook) {
	}
}

// outrun reports whether there is a link to wait for.
func (m *member) outrun(now time.Time) (wait bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	limit := uint64(m.state.Limits.Typed)
	for _, l := range m.links {
		behind := m.state.Behind(l.sent)
		switch {
		case behind <= limit/4:
			l.awaited = time.Time{}
		case !l.awaited.IsZero() && now.Sub(l.moved) > paceStuck:
			l.awaited = now
		case l.awaited.IsZero() && behind > limit/2:
			l.awaited = now.Add(paceHold)
		}
		wait = wait || now.Before(l.awaited)
	}
	return wait
}
