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

// welcome does what must come before READY is sent to a peer whose HELLO has arrived.
// A server records its client; a client shows which member it has met.
func (m *member) welcome(h *handshake, ours, theirs wire.Hello) {
	p := h.peer
	switch {
	case m.Name == wire.Server:
		if m.registry != nil {
			m.recorded(m.registry.Put(p.name, theirs.Addr, m.seen))
		}
	case !m.greetOnce(h, theirs):
	case p.name != wire.Server:
		m.event(p.name.Display(), eventInitiated)
	case ours.State != wire.StateNew:
		m.event(p.name.Display(), eventBack)
	}
}

// welcomed processes the READY of a peer. A server shows which client it has met; a
// client that was new is in then, and welcomed reports whether that was so.
func (m *member) welcomed(h *handshake, theirs wire.Hello) (joined bool) {
	p := h.peer
	if m.Name == wire.Server {
		switch {
		case !m.greetOnce(h, theirs):
		case theirs.State == wire.StateBack || theirs.State == wire.StateIn && p.registered:
			m.event(p.name.Display(), eventReconnected)
		default:
			m.event(p.name.Display(), eventInitiated)
		}
		return false
	}
	m.lock()
	defer m.unlock()
	joined = m.stage == wire.StateNew
	if p.name == wire.Server {
		m.stage = wire.StateBack
	} else if joined {
		m.stage = wire.StateIn
	}
	if joined {
		m.work(func() {
			sleep(m.dialling, arrivalTime)
			m.lock()
			defer m.unlock()
			m.arriveLocked()
		})
	}
	return joined
}

// settledLocked looks whether a newcomer has a link to every member that it was told of
// and that can be reached. Only then does its screen say that it is in: it shows
// all that is typed anywhere from that line on. It must be called when this may have
// become so.
func (m *member) settledLocked() {
	if m.arrived || !m.told || m.stage == wire.StateNew {
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
		m.lineLocked(m.Name.Display(), []byte(eventInitiated))
		m.paint()
	}
}

// greetOnce reports whether the screen is yet to tell of this process. If another
// one had its name before, and it was met earlier or has ousted the other, it shows
// a notice.
func (m *member) greetOnce(h *handshake, theirs wire.Hello) bool {
	m.lock()
	p := h.peer
	known := slices.Contains(p.greeted[:], theirs.Incarnation)
	returns := h.ousts || known && p.greeted[0] != theirs.Incarnation
	if p.greeted[0] != theirs.Incarnation {
		p.greeted = [2]uint64{theirs.Incarnation, p.greeted[0]}
	}
	m.unlock()
	if returns {
		m.note(fmt.Sprintf("%s is now the process at %s; another one had its name", p.name.Display(), theirs.Addr))
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
	m.lock()
	left := p.left
	m.unlock()
	if left && m.registry != nil {
		m.recorded(m.registry.Remove(p.name))
	}
}

// recorded logs the result of a change to the registry: the first failure, and the
// first success after it.
func (m *member) recorded(err error) {
	m.lock()
	changed := m.registryFails != (err != nil)
	m.registryFails = err != nil
	m.unlock()
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
	m.lock()
	defer m.unlock()
	p := m.peers[name]
	if p == nil {
		return time.Time{}, false
	}
	return p.lost, p.link != nil || p.claim != nil
}
