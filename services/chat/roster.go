package chat

import (
	"net"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/wire"
)

// sayReady sends READY to p, with the list: everybody that this member has met,
// and how far the lines of every process have been shown. Gossip is not passed on.
// It fails if this member is leaving, or the attempt a has lost its claim.
func (m *member) sayReady(p *peer, a *attempt, have uint64) (broadcast.Digest, error) {
	d, err := m.digestFor(p, a)
	if err != nil {
		return d, err
	}
	both := net.Buffers{wire.Ready{Have: have, Count: d.Count}.Append(nil), d.Lines}
	_, err = both.WriteTo(a.conn)
	return d, err
}

func (m *member) digestFor(p *peer, a *attempt) (d broadcast.Digest, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.leaving:
		return d, m.isLeaving()
	case p.claim != a:
		return d, errOvertaken
	}
	a.ready = true
	met := func(yield func(wire.Peer) bool) {
		for _, o := range m.peers {
			if o != p && o.name != wire.Server && o.incarnation != 0 && !o.left && !yield(wire.Peer{ID: o.idLocked(), Addr: o.addr}) {
				return
			}
		}
	}
	s := m.core.lock()
	defer m.core.unlock()
	return s.Digest(p.idLocked(), met), nil
}

// introduce tells everybody else of a newcomer, if this member is the first to
// meet it.
func (m *member) introduce(l *link) {
	m.mu.Lock()
	newcomer := wire.Peer{ID: l.peer.idLocked(), Addr: l.peer.addr}
	told := l.peer.announced == l.incarnation || l.peer.gossip.incarnation == l.incarnation || l.peer.name == wire.Server
	l.peer.announced = l.incarnation
	m.mu.Unlock()
	if told {
		return
	}
	s := m.core.lock()
	defer m.core.unlock()
	newcomer.Have, _ = s.Shown(newcomer.ID)
	for _, o := range m.core.links {
		if o != l {
			s.Send(o.stream, newcomer)
		}
	}
}

// met takes in a HELLO and returns how far the peer's lines have been shown. It
// fails if the attempt a has lost its claim to the peer; while that holds, there
// is no link to it.
func (m *member) met(p *peer, a *attempt, h wire.Hello) (have uint64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.claim != a {
		return 0, errOvertaken
	}
	successor := p.incarnation != 0 && p.incarnation != h.Incarnation
	switch {
	case p.fixed != "":
		p.home = p.fixed
	case p.home == "" && successor && !p.left:
		p.home = p.addr
	}
	if a.dialled == p.home {
		p.home = ""
	}
	p.incarnation, p.addr = h.Incarnation, h.Addr
	at := place(h.Addr)
	for _, o := range m.peers {
		o.heard.forgive(at)
	}
	if p.gossip.incarnation != h.Incarnation {
		p.gossip = gossip{}
	}
	p.gossip.addr = ""
	m.pursueLocked(p)
	s := m.core.lock()
	defer m.core.unlock()
	return s.Meet(h, successor), nil
}
