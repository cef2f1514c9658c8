package chat

import (
	"fmt"
	"slices"
	"time"

	"peerlab/services/chat/internal/wire"
)

// The screens tell of a process once, by its incarnation, however often the
// connection to it is lost and found. See "Screens" in docs/protocol.md.

// welcome is called when the other side has said who it is, and before it is
// told that it is welcome: what must come first is done here. A server writes
// its client down; a client shows who has come.
func (m *member) welcome(p *peer, a *attempt, ours, theirs wire.Hello) {
	if m.Name == wire.Server {
		m.register(p.name, theirs.Addr)
		return
	}
	if !m.greetOnce(p, a, theirs) {
		return
	}
	switch {
	case p.name != wire.Server:
		m.core.event(p.name.Who(), eventInitiated)
	case ours.State != wire.StateNew:
		m.core.event(p.name.Who(), eventBack)
	}
}

// welcomed is called when the other side has said that we are welcome. A new
// client is in then; it reports whether that was so.
func (m *member) welcomed(p *peer, a *attempt, theirs wire.Hello) (joined bool) {
	if m.Name == wire.Server {
		m.welcomedClient(p, a, theirs)
		return false
	}
	m.mu.Lock()
	joined = m.state == wire.StateNew
	if p.name == wire.Server {
		m.state = wire.StateBack
	} else if joined {
		m.state = wire.StateIn
	}
	m.mu.Unlock()
	if joined {
		m.work(func() {
			sleep(m.dialling, arrivalTime)
			m.arrive()
		})
	}
	return joined
}

// arrivalTime is how long a newcomer waits for links to those it was told of.
const arrivalTime = time.Second

// settled looks whether a newcomer has a link to everybody it was told of and
// that can be reached. Only then does its screen say that it is in: whatever
// anybody types from that line on, it shows. It is called when that may have
// come about; told says that the list of whoever let it in is complete.
func (m *member) settled(told bool) {
	if m.arrived.Load() {
		return
	}
	m.mu.Lock()
	m.told = m.told || told
	done := m.told && m.state != wire.StateNew
	for _, p := range m.peers {
		if p.pursued && !p.left && p.link == nil && p.failures == 0 {
			done = false
		}
	}
	m.mu.Unlock()
	if done {
		m.arrive()
	}
}

// arrive shows, once, that this client is in.
func (m *member) arrive() {
	if m.arrived.CompareAndSwap(false, true) {
		m.core.event(m.Name.Who(), eventInitiated)
	}
}

func (m *member) welcomedClient(p *peer, a *attempt, theirs wire.Hello) {
	if !m.greetOnce(p, a, theirs) {
		return
	}
	if theirs.State == wire.StateBack || theirs.State == wire.StateIn && p.registered {
		m.core.event(p.name.Who(), eventReconnected)
	} else {
		m.core.event(p.name.Who(), eventInitiated)
	}
}

// greetOnce reports whether the screen is yet to tell of this process. If another
// one had its name before, and it was met earlier or has ousted the other, it shows
// a notice.
func (m *member) greetOnce(p *peer, a *attempt, h wire.Hello) bool {
	m.mu.Lock()
	known := slices.Contains(p.greeted[:], h.Incarnation)
	returns := a.ousts || known && p.greeted[0] != h.Incarnation
	if p.greeted[0] != h.Incarnation {
		p.greeted = [2]uint64{h.Incarnation, p.greeted[0]}
	}
	m.mu.Unlock()
	if returns {
		m.core.note(fmt.Sprintf("%s is now the process at %s; another one had its name", p.name.Who(), h.Addr))
	}
	return !known
}

// goodbye takes in the BYE that came over a link. The server is waited for all
// the same, and so is a client that has been started anew meanwhile.
func (m *member) goodbye(l *link) {
	p := l.peer
	m.mu.Lock()
	p.left = p.name != wire.Server && p.incarnation == l.incarnation
	gone := p.left
	m.mu.Unlock()
	m.farewell(l)
	if m.registry != nil && gone {
		m.recorded(m.registry.Remove(p.name))
	}
}

// farewell shows that a member has left, after its last line.
func (m *member) farewell(l *link) {
	s := m.core.lock()
	s.Leave(l.stream)
	m.core.unlock()
	m.core.flush()
}

// register records a client in the server's registry.
func (m *member) register(name wire.Name, addr string) {
	if m.registry == nil {
		return
	}
	m.recorded(m.registry.Put(name, addr, m.seen))
}

// recorded logs the result of a change to the registry: the first failure, and the
// first success after it.
func (m *member) recorded(err error) {
	failing := err != nil
	switch changed := m.registryFails.Swap(failing) != failing; {
	case failing && changed:
		m.Log.Warn("cannot write the registry; the chat goes on, but a restarted server may not find all clients", "err", err)
	case failing:
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
