package chat

import (
	"net"
	"slices"
)

// readyFor returns the READY line for p, and the PEER lines that are to follow
// it: everybody that this member has met. Hearsay is not passed on. It fails if
// this member is leaving, or the attempt a has lost its claim.
func (m *member) readyFor(p *peer, a *attempt, have uint64) (ready message, list []byte, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.leaving:
		return ready, nil, m.isLeaving()
	case p.claim != a:
		return ready, nil, errOvertaken
	}
	a.ready = true
	ready = message{verb: verbReady, seq: have}
	for _, o := range m.peers {
		if o != p && o.name != server && o.incarnation != 0 && !o.left {
			list = o.line().append(list)
			ready.count++
		}
	}
	return ready, list, nil
}

// introduce tells everybody else of a newcomer, if this member is the first to
// meet it.
func (m *member) introduce(l *link) {
	m.mu.Lock()
	newcomer, links := l.peer.line(), m.links
	told := l.peer.announced == l.incarnation || l.peer.rumour.incarnation == l.incarnation || l.peer.name == server
	l.peer.announced = l.incarnation
	m.mu.Unlock()
	if told {
		return
	}
	for _, o := range links {
		if o != l {
			o.send(newcomer)
		}
	}
}

// line is the PEER line of p. It is called with member.mu held.
func (p *peer) line() message {
	return message{verb: verbPeer, name: []byte(p.name), incarnation: p.incarnation, addr: []byte(p.addr), seq: p.have.Load()}
}

// heard takes in a PEER line: whoever is not known by that incarnation is
// dialled there too.
func (m *member) heard(msg message) {
	name := Name(msg.name)
	if name == m.Name || name == server {
		return // oneself is known, and everybody knows a server of their own
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.peerLocked(name)
	if p == nil || msg.incarnation == p.incarnation || p.left && msg.incarnation < p.incarnation {
		return
	}
	p.rumour = rumour{count{msg.incarnation, msg.seq}, string(msg.addr)}
	p.failures = 0
	m.pursueLocked(p)
	p.news()
}

// met takes in a HELLO and returns how far the peer's lines have been shown. It
// fails if the attempt a has lost its claim to the peer; while that holds, there
// is no link to it.
func (m *member) met(p *peer, a *attempt, h hello) (have uint64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.claim != a {
		return 0, errOvertaken
	}
	p.incarnation, p.addr = h.incarnation, h.addr
	if p.rumour.incarnation != h.incarnation {
		p.rumour = rumour{}
	}
	p.rumour.addr = ""
	m.pursueLocked(p)
	if p.shown == h.incarnation {
		return p.have.Load(), nil
	}
	switch {
	case p.before.incarnation == h.incarnation: // it was away while another bore its name
		have = p.before.have
	case h.state == stateNew, h.incarnation > m.Incarnation, p.shown != 0:
		have = 0 // whatever was typed there, we were here, or it has been waiting for us
	case p.rumour.incarnation == h.incarnation:
		have = min(p.rumour.have, h.last)
	default:
		have = h.last
	}
	p.before = count{p.shown, p.have.Load()}
	p.shown = h.incarnation
	p.have.Store(have)
	return have, nil
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
	slices.SortFunc(all, func(a, b *peer) int { return a.name.compare(b.name) })
	return all
}
