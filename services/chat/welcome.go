package chat

import (
	"fmt"
	"slices"
	"time"

	"peerlab/services/chat/internal/wire"
)

// The screens tell of a process once, by its incarnation, however often the
// connection to it is lost and found. See "Screens" in docs/protocol.md.

// arrivalTime is how long a newcomer waits for links to the members it was told of.
const arrivalTime = time.Second

// welcomeLocked shows which member a client has met, by the HELLO of h.
func (m *member) welcomeLocked(h *handshake) {
	p := h.peer
	switch {
	case m.Name == wire.Server || !m.greetOnceLocked(h):
	case p.name != wire.Server:
		m.eventLocked(p.name, eventInitiated)
	case h.ours.State != wire.StateNew:
		m.eventLocked(p.name, eventBack)
	}
}

// welcomedLocked processes the READY of h. A server shows which client it has met; a
// client that was new is in then.
func (m *member) welcomedLocked(h *handshake) {
	p := h.peer
	if m.Name == wire.Server {
		event := eventInitiated
		if h.theirs.State == wire.StateBack || h.theirs.State == wire.StateIn && p.registered {
			event = eventReconnected
		}
		if m.greetOnceLocked(h) {
			m.eventLocked(p.name, event)
			m.out.WakeLocked()
		}
		return
	}
	joined := m.stage == wire.StateNew
	if p.name == wire.Server {
		m.stage = wire.StateBack
	} else if joined {
		m.stage = wire.StateIn
	}
	if joined {
		m.admittedBy = h.link
		m.work(func() {
			sleep(m.dialling, arrivalTime)
			m.mu.Lock()
			defer m.mu.Unlock()
			m.arriveLocked()
		})
	}
}

// settledLocked looks whether a newcomer has a link to every member that it was told of
// and that can be reached. Only then does its screen say that it is in: it shows
// all that is typed anywhere from that line on. It must be called when this may have
// become so.
func (m *member) settledLocked() {
	if m.arrived || m.admittedBy == nil || m.admittedBy.stream.Pending() > 0 {
		return
	}
	for _, p := range m.peers {
		if p.pursued && !p.left && p.link == nil && p.failures == 0 {
			return
		}
	}
	m.arriveLocked()
}

// arriveLocked shows, once, that this client is in.
func (m *member) arriveLocked() {
	if !m.arrived {
		m.arrived = true
		m.eventLocked(m.Name, eventInitiated)
		m.out.WakeLocked()
	}
}

// greetOnceLocked reports whether the screen is yet to tell of the process of h. If
// another one had its name before, and it was met earlier or has ousted the other, the
// screen shows a notice.
func (m *member) greetOnceLocked(h *handshake) bool {
	p, incarnation := h.peer, h.theirs.Incarnation
	known := slices.Contains(p.greeted[:], incarnation)
	if h.ousts || known && p.greeted[0] != incarnation {
		m.noteLocked(fmt.Sprintf("%s is now the process at %s; another one had its name", p.name.Display(), h.theirs.Addr))
	}
	if p.greeted[0] != incarnation {
		p.greeted = [2]uint64{incarnation, p.greeted[0]}
	}
	return !known
}

// goodbyeLocked processes the BYE of a link, and shows that its process has left, after
// its last line. The server is expected back, and so is a client that was restarted
// meanwhile.
func (m *member) goodbyeLocked(l *link) {
	p := l.peer
	p.left = p.name != wire.Server && p.incarnation == l.incarnation
	m.state.Leave(l.stream)
}

// strike removes a client that has left from the registry.
func (m *member) strike(p *peer) {
	m.mu.Lock()
	left := p.left
	m.mu.Unlock()
	if left && m.registry != nil {
		m.recorded(m.registry.Remove(p.name))
	}
}

// recorded logs the result of a change to the registry: the first failure, and the
// first success after it.
func (m *member) recorded(err error) {
	m.mu.Lock()
	changed := m.registryFails != (err != nil)
	m.registryFails = err != nil
	m.mu.Unlock()
	switch {
	case err != nil && changed:
		m.Log.Warn("cannot write the registry; the chat goes on, but a restarted server may not find all clients", "err", err)
	case err != nil:
		m.Log.Debug("cannot write the registry", "err", err)
	case changed:
		m.Log.Info("the registry is written again")
	}
}

// seen returns when the last link to a client ended, or true if there is one or
// a handshake that may become one.
func (m *member) seen(name wire.Name) (last time.Time, now bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.peers[name]
	if p == nil {
		return time.Time{}, false
	}
	return p.lost, p.link != nil || p.claim != nil
}
