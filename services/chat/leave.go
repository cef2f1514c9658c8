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
	for m.owed(time.Now().Before(grace)) {
		select {
		case <-look.C:
			continue
		case <-timeout.C:
			timeout.Reset(0)
		}
		break
	}
	stopDialling()
	m.mu.Lock()
	m.leaving = true
	links := m.links
	m.mu.Unlock()
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

// owed reports whether something was typed that a peer lacks which has just lost
// its link, or was never dialled in vain, or, with links, has a link that has not
// taken it yet.
func (m *member) owed(links bool) bool {
	end := m.history.end()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.peers {
		hoped := p.pursued && !p.left && (p.failures == 0 || time.Since(p.lost) < leaveTimeout)
		switch {
		case p.link != nil && links && p.link.sent.Load() < end:
			return true
		case p.link == nil && hoped && p.sent < end:
			return true
		}
	}
	return false
}
