package chat

import "time"

const (
	// leaveTimeout is how long a member that leaves waits for others to read what
	// is left for them, and BYE.
	leaveTimeout = 2 * time.Second
	leaveLook    = 5 * time.Millisecond
	// leaveGrace is how long a link that is up and has not written everything may
	// take to show whether it still works, before BYE is sent.
	leaveGrace = 100 * time.Millisecond
)

// depart leaves. Peers that can be expected to be back in a moment, or are being
// dialled for the first time, get what was typed last. Then no peer is dialled or
// admitted any more, and depart sends BYE over all links and waits for their ends.
// It takes no longer than leaveTimeout.
func (m *member) depart(stopDialling func()) {
	began := time.Now()
	for !m.leaves(time.Since(began)) {
		<-time.After(leaveLook)
	}
	stopDialling()
	m.mu.Lock()
	links := m.links
	for _, l := range links {
		l.leaving = true // BYE follows what is queued, and the other side closes
		l.writer.WakeLocked()
	}
	m.mu.Unlock()
	timeout := time.After(leaveTimeout - time.Since(began))
	for _, l := range links {
		select {
		case <-l.over:
		case <-timeout:
			m.Log.Warn("left before all members had read everything", "slow", l.peer.name.Display())
			return
		}
	}
}

// leaves ensures that no link comes up any more, and returns true, unless a peer
// must be waited for and it is not too late for that.
func (m *member) leaves(waited time.Duration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	end := m.state.Typed()
	for _, p := range m.peers {
		if waited < leaveTimeout && p.mustWaitForLocked(end, waited < leaveGrace) {
			return false
		}
	}
	m.leaving = true
	return true
}

// mustWaitForLocked reports whether a peer was sent READY and has no link yet, so
// that BYE would miss it, or lacks a line up to end although it has just lost its
// link or no dial of it has failed, or, within the grace, has a link that has not
// written all lines yet.
func (p *peer) mustWaitForLocked(end uint64, grace bool) bool {
	switch {
	case p.claim != nil && p.claim.met:
		return true
	case p.link != nil:
		return grace && p.link.sent < end
	}
	hoped := p.failures == 0 || time.Since(p.lost) < leaveTimeout
	return p.pursued && !p.left && hoped && p.sent < end
}
