package chat

import (
	"net"
	"slices"
	"sync/atomic"
)

// peer is another member, as far as it is known here: one for each name, for as
// long as this process lives.
type peer struct {
	name Name
	wake chan struct{} // there is news for its dialler; holds one

	warned bool // its dialler's: the log has been told that it refuses us

	// Guarded by member.mu.
	incarnation uint64   // the newest heard of; 0: none
	addr        string   // where that listens; empty: unknown
	link        *link    // the connection, when it is up
	claim       *attempt // the handshake that may become it
	pursued     bool     // it has a dialler
	left        bool     // it said BYE and has not been heard of since
	greeted     uint64   // the incarnation that the screen has told of
	registered  bool     // it was in the registry when this process started
	rumour      rumour   // how far others had shown its lines
	shown       uint64   // the incarnation whose lines are counted in have

	// have is how far the screen has shown the lines of that incarnation. The
	// reader of the link counts; while there is no link, member.met may set it.
	have atomic.Uint64
}

// rumour is what a PEER line said of how far its sender had shown the peer's lines.
type rumour struct {
	incarnation uint64
	have        uint64
}

// calledFor is the name of p, or none if p is nil: nobody knows yet who it is.
func (p *peer) calledFor() Name {
	if p == nil {
		return ""
	}
	return p.name
}

// news wakes the dialler of the peer.
func (p *peer) news() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// peerLocked returns the peer of that name, a new one if need be, or nil when
// there is no room for one more. It is called with m.mu held.
func (m *member) peerLocked(name Name) *peer {
	p := m.peers[name]
	if p == nil && len(m.peers) < maxPeers {
		p = &peer{name: name, wake: make(chan struct{}, 1)}
		m.peers[name] = p
	}
	return p
}

// pursueLocked has p dialled at addr, now and whenever there is no link to it.
// It is called with m.mu held.
func (m *member) pursueLocked(p *peer, addr string) {
	p.addr = addr
	p.left = false
	if !p.pursued && !m.leaving {
		p.pursued = true
		m.work(func() { m.dialler(p) })
	}
	p.news()
}

// introduce tells a new link of everybody else, and, if this member was the
// first to meet the newcomer, everybody else of it.
func (m *member) introduce(l *link) {
	var lines []byte
	m.mu.Lock()
	for _, p := range m.peers {
		if p != l.peer && p.name != server && p.incarnation != 0 && p.addr != "" && !p.left {
			lines = p.line().append(lines)
		}
	}
	newcomer, links := l.peer.line(), m.links
	first := l.first && l.peer.name != server
	m.mu.Unlock()
	if len(lines) > 0 {
		l.queue(lines)
	}
	if first {
		for _, o := range links {
			if o != l {
				o.send(newcomer)
			}
		}
	}
}

// line is the PEER line of p. It is called with member.mu held.
func (p *peer) line() message {
	have := uint64(0)
	switch p.incarnation {
	case p.shown:
		have = p.have.Load()
	case p.rumour.incarnation:
		have = p.rumour.have
	}
	return message{verb: verbPeer, name: []byte(p.name), incarnation: p.incarnation, addr: []byte(p.addr), seq: have}
}

// heard takes in a PEER line: whoever is not known yet, or is known by an older
// incarnation, is dialled.
func (m *member) heard(msg message) {
	name, addr := Name(msg.name), string(msg.addr)
	if name == m.Name || name == server {
		return // oneself is known, and everybody knows a server of their own
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.peerLocked(name)
	if p == nil || msg.incarnation <= p.incarnation {
		return
	}
	p.incarnation = msg.incarnation
	p.rumour = rumour{msg.incarnation, msg.seq}
	m.pursueLocked(p, addr)
}

// met takes in a HELLO, which counts for more than any PEER line, and returns
// how far the peer's lines have been shown, and whether nobody had told of it.
// It fails if the attempt a has lost its claim to the peer; while that holds,
// there is no link to it.
func (m *member) met(p *peer, a *attempt, h hello) (have uint64, first bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p.claim != a {
		return 0, false, errOvertaken
	}
	first = p.incarnation != h.incarnation
	p.incarnation = h.incarnation
	m.pursueLocked(p, h.addr)
	if p.shown == h.incarnation {
		return p.have.Load(), first, nil
	}
	have = h.last
	switch {
	case h.state == stateNew, h.incarnation > m.Incarnation:
		have = 0 // whatever was typed there, we were here, or it has been waiting for us
	case h.incarnation == p.rumour.incarnation:
		have = min(p.rumour.have, h.last)
	}
	p.shown = h.incarnation
	p.have.Store(have)
	return have, first, nil
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
