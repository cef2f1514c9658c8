package chat

import (
	"net"
	"slices"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/wire"
)

// sayReady sends READY to p, with the list: everybody that this member has met,
// and how far the lines of every process have been shown. Hearsay is not passed
// on. It fails if this member is leaving, or the attempt a has lost its claim.
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
			if o != p && o.name != wire.Server && o.incarnation != 0 && !o.left && !yield(wire.Peer{ID: o.id(), Addr: o.addr}) {
				return
			}
		}
	}
	s := m.core.lock()
	defer m.core.unlock()
	return s.Digest(p.id(), met), nil
}

// introduce tells everybody else of a newcomer, if this member is the first to
// meet it.
func (m *member) introduce(l *link) {
	m.mu.Lock()
	newcomer := wire.Peer{ID: l.peer.id(), Addr: l.peer.addr}
	told := l.peer.announced == l.incarnation || l.peer.rumour.incarnation == l.incarnation || l.peer.name == wire.Server
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

// id is who p was when it was met last. It is called with member.mu held.
func (p *peer) id() wire.ID { return wire.ID{Name: p.name, Incarnation: p.incarnation} }

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
		o.gossip.forgive(at)
	}
	if p.rumour.incarnation != h.Incarnation {
		p.rumour = rumour{}
	}
	p.rumour.addr = ""
	m.pursueLocked(p)
	s := m.core.lock()
	defer m.core.unlock()
	return s.Meet(h, successor), nil
}

// everybody returns all peers that are known, sorted. It is called with m.mu held.
func (m *member) everybody() []*peer {
	all := make([]*peer, 0, len(m.peers))
	for _, p := range m.peers {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *peer) int { return a.name.Compare(b.name) })
	return all
}
