package chat

import (
	"net"
	"slices"

	"peerlab/services/chat/internal/wire"
)

// sayReady sends READY to p, with the list: everybody that this member has met,
// and how far the lines of every process have been shown. Hearsay is not passed
// on. It fails if this member is leaving, or the attempt a has lost its claim.
func (m *member) sayReady(p *peer, a *attempt, have uint64) (told, error) {
	s, err := m.listFor(p, a)
	if err != nil {
		return told{}, err
	}
	defer m.delivery.done(s)
	return s.write(a.conn, wire.Ready{Have: have, Count: s.count})
}

func (m *member) listFor(p *peer, a *attempt) (*list, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.leaving:
		return nil, m.isLeaving()
	case p.claim != a:
		return nil, errOvertaken
	}
	a.ready = true
	d := m.delivery
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.newList()
	d.names(s, p.id()) // READY tells of p itself
	for _, o := range m.peers {
		if o != p && o.name != wire.Server && o.incarnation != 0 && !o.left {
			s.add(mention{o.id(), o.addr, d.names(s, o.id())})
		}
	}
	d.finish(s)
	return s, nil
}

// introduce tells everybody else of a newcomer, if this member is the first to
// meet it.
func (m *member) introduce(l *link) {
	m.mu.Lock()
	newcomer := mention{l.peer.id(), l.peer.addr, m.delivery.shown(l.peer.id())}
	told := l.peer.announced == l.incarnation || l.peer.rumour.incarnation == l.incarnation || l.peer.name == wire.Server
	l.peer.announced = l.incarnation
	m.mu.Unlock()
	if told {
		return
	}
	line := newcomer.append(nil)
	for _, o := range m.delivery.all() {
		if o != l {
			o.queue(line)
		}
	}
}

// id is who p was when it was met last. It is called with member.mu held.
func (p *peer) id() wire.ID { return wire.ID{Name: p.name, Incarnation: p.incarnation} }

// introduced takes in a PEER line that came after the list.
func (m *member) introduced(l *link, x mention) error {
	m.delivery.mu.Lock()
	err := m.delivery.mentioned(l, x)
	m.delivery.mu.Unlock()
	if err != nil {
		return err
	}
	m.heard(x)
	return nil
}

// heard takes in that a client is said to be somewhere: whoever is not known by
// that incarnation is dialled there too.
func (m *member) heard(x mention) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.heardLocked(x)
}

func (m *member) heardLocked(x mention) {
	if x.Name == m.Name || x.Name == wire.Server {
		return // oneself is known, and everybody knows a server of their own
	}
	p := m.peerLocked(x.Name)
	if p == nil || x.Incarnation == p.incarnation || p.left && x.Incarnation < p.incarnation {
		return
	}
	p.rumour = rumour{x.Incarnation, x.addr}
	m.delivery.seek(x.ID)
	p.failures = 0
	m.pursueLocked(p)
	if p.dialling { // by an attempt that is under way, perhaps, and may come to nothing
		p.news()
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
	heir := p.incarnation != 0 && p.incarnation != h.Incarnation
	p.incarnation, p.addr = h.Incarnation, h.Addr
	if p.rumour.incarnation != h.Incarnation {
		p.rumour = rumour{}
	}
	p.rumour.addr = ""
	m.pursueLocked(p)
	return m.delivery.met(h, heir), nil
}

// reachable returns the address that others are to dial: where it names no one
// host, the one that its connection came from.
func reachable(addr string, from net.Addr) string {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsUnspecified() {
		return addr
	}
	remote, _, err := net.SplitHostPort(from.String())
	if err != nil {
		return addr
	}
	return net.JoinHostPort(remote, port)
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
