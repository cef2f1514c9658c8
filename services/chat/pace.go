package chat

import "time"

const (
	paceStep  = 64 << 10        // bytes that may be typed between two looks
	paceStuck = time.Second     // a link that wrote nothing for so long is not waited for
	paceHold  = 2 * time.Second // and none is, for longer than this at a time
	paceLook  = 2 * time.Millisecond
)

// pace holds back an input that is faster than the links, such as a file piped
// into stdin, before the history runs over and lines are lost to peers that are
// well. Once a link is behind by half the history the input waits until it is
// behind by no more than a quarter. Whoever is stopped, or does not make good
// the difference in two seconds, is not waited for again before it has caught
// up by itself. It is for the reader of the input.
type pace struct {
	looked uint64 // bytes that had been typed at the last look
}

// linkPace is what pace remembers of a link.
type linkPace struct {
	since   time.Time // when the input began to wait for it; zero: it does not
	givenUp bool
}

// keep returns when the next line may be read.
func (p *pace) keep(m *member) {
	if m.typedBytes() < p.looked+paceStep {
		return
	}
	for m.outrun() {
		if !sleep(m.soft, paceLook) {
			return
		}
	}
	p.looked = m.typedBytes()
}

func (m *member) typedBytes() uint64 {
	_, n := m.core.typed()
	return n
}

// outrun reports whether there is a link to wait for.
func (m *member) outrun() bool {
	wait := false
	for _, l := range m.core.all() {
		wait = l.outrun(time.Now()) || wait
	}
	return wait
}

func (l *link) outrun(now time.Time) bool {
	behind, limit := l.core.behind(l.sent.Load())
	p := &l.pace
	switch {
	case behind <= limit/4:
		*p = linkPace{}
	case p.givenUp:
	case p.since.IsZero() && behind > limit/2:
		p.since = now
	case !p.since.IsZero() && (now.Sub(p.since) > paceHold || now.Sub(time.Unix(0, l.moved.Load())) > paceStuck):
		*p = linkPace{givenUp: true}
	}
	return !p.since.IsZero()
}
