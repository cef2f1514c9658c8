package chat

import "time"

// leaveTimeout is how long a member that leaves waits for others to take what is
// left for them, and BYE.
const leaveTimeout = 2 * time.Second

const (
	leaveLook = 5 * time.Millisecond
	// leaveGrace is how long a link that is up and has not written everything is
	// given to show whether it still works, before BYE goes out.
	leaveGrace = 100 * time.Millisecond
)

// depart leaves in good order: those who can be expected to be back in a moment,
// or are being dialled for the first time, get what was typed last; then nobody
// is dialled or let in any more, and everybody gets BYE and is waited for. It
// takes no longer than leaveTimeout.
func (m *member) depart(stopDialling func()) {
	timeout := time.NewTimer(leaveTimeout)
	defer timeout.Stop()
	look := time.NewTicker(leaveLook)
	defer look.Stop()
	grace := time.Now().Add(leaveGrace)
	links, ready := m.leaveUnlessOwed(time.Now().Before(grace), false)
	for !ready {
		late := false
		select {
		case <-look.C:
		case <-timeout.C:
			late = true
			timeout.Reset(0)
		}
		links, ready = m.leaveUnlessOwed(time.Now().Before(grace), late)
	}
	stopDialling()
	for _, l := range links {
		l.leave()
	}
	for _, l := range links {
		select {
		case <-l.done:
		case <-timeout.C:
			m.Log.Warn("left without everybody having read it", "slow", l.peer.name.Who())
			return
		}
	}
}

// leaveUnlessOwed has nobody let in any more, and returns the links that are up,
// unless a peer is still owed something and it is not too late for that.
func (m *member) leaveUnlessOwed(grace, late bool) (links []*link, ready bool) {
	end, _ := m.core.typed()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.peers {
		if !late && p.owed(end, grace) {
			return nil, false
		}
	}
	m.leaving = true
	return m.core.all(), true
}

// owed reports whether a peer has been told that it is welcome and has no link
// yet, so that BYE would miss it, or lacks a line up to end although it has just
// lost its link or was never dialled in vain, or, within the grace, has a link
// that has not taken all lines yet. It is called with member.mu held.
func (p *peer) owed(end uint64, grace bool) bool {
	switch {
	case p.claim != nil && p.claim.ready:
		return true
	case p.link != nil:
		return grace && p.link.sent.Load() < end
	}
	hoped := p.failures == 0 || time.Since(p.lost) < leaveTimeout
	return p.pursued && !p.left && hoped && p.sent < end
}
