package chat

import "time"

const (
	paceStep  = 64 << 10               // bytes that may be typed between two looks
	paceStuck = 250 * time.Millisecond // a link that wrote nothing for so long is not waited for
	paceLook  = 2 * time.Millisecond
)

// pace holds back an input that is faster than the links, such as a file piped
// into stdin, before the history runs over and lines are lost to peers that are
// well. A peer that is stopped, or reads less than one batch (256 KiB) in a
// quarter of a second, is not waited for. It is for the reader of the input.
type pace struct {
	looked uint64 // bytes that had been typed at the last look
}

// keep returns when the next line may be read.
func (p *pace) keep(m *member) {
	if m.history.added() < p.looked+paceStep {
		return
	}
	for m.outrun() {
		if !sleep(m.soft, paceLook) {
			return
		}
	}
	p.looked = m.history.added()
}

// outrun reports whether a link that moves is too far behind.
func (m *member) outrun() bool {
	m.mu.Lock()
	links := m.links
	m.mu.Unlock()
	for _, l := range links {
		stuck := time.Since(time.Unix(0, l.moved.Load())) > paceStuck
		if !stuck && l.history.backlog(l.sent.Load()) > uint64(l.history.max/2) {
			return true
		}
	}
	return false
}
