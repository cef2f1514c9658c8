package chat

import "time"

const (
	paceStep  = 64 << 10        // bytes that may be typed between two looks
	paceStuck = time.Second     // the input does not wait for a link that wrote nothing for so long
	paceHold  = 2 * time.Second // nor for longer than this for any link at a time
	paceLook  = 2 * time.Millisecond
)

// pace slows down an input that is faster than the links, such as a file piped into
// stdin, before lines are dropped from the log that a working peer has not received.
// Once a link is behind by half the log, the input waits until it is behind by no more
// than a quarter. After paceHold, or paceStuck without progress, it does not wait for
// that link again until the link has caught up by itself. Only the reader of the input
// uses a pace.
type pace struct {
	looked uint64 // bytes that had been typed at the last look
}

// linkPace is the state of pace for one link.
type linkPace struct {
	since   time.Time // when the input began to wait for the link; zero: it does not wait
	givenUp bool
}

// keep returns when the next line may be read.
func (p *pace) keep(m *member) {
	for m.outrun(p) && sleep(m.soft, paceLook) {
	}
}

// outrun reports whether there is a link to wait for.
func (m *member) outrun(p *pace) (wait bool) {
	m.lock()
	defer m.unlock()
	_, typed := m.state.Typed()
	if typed < p.looked+paceStep {
		return false
	}
	now, limit := time.Now(), uint64(m.state.Limits.Typed)
	for _, l := range m.links {
		wait = l.pace.outrun(m.state.Behind(l.sent), limit, now.Sub(l.moved) > paceStuck, now) || wait
	}
	if !wait {
		p.looked = typed
	}
	return wait
}

// outrun reports whether the input is to wait for a link that is behind by so many
// bytes, and has written something lately, unless it is stuck.
func (p *linkPace) outrun(behind, limit uint64, stuck bool, now time.Time) bool {
	switch {
	case behind <= limit/4:
		*p = linkPace{}
	case p.givenUp:
	case p.since.IsZero() && behind > limit/2:
		p.since = now
	case !p.since.IsZero() && (now.Sub(p.since) > paceHold || stuck):
		*p = linkPace{givenUp: true}
	}
	return !p.since.IsZero()
}
