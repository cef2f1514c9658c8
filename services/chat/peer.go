package chat

import (
	"slices"
	"time"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/backoff"
)

// peer is another member, as far as it is known here: one for each name.
type peer struct {
	name wire.Name
	wake chan struct{} // there is news for its dialler; holds one

	// Its dialler's, of which there is one at a time.
	reports dialReports
	pauses  backoff.Backoff

	// Guarded by member.mu.
	link       *link     // the connection, when it is up
	claim      *attempt  // the handshake that may become it
	fixed      string    // where it is dialled in any case: a client's -server
	home       string    // where the owner of its name answers, if the link may lead to another process
	addr       string    // where it listens, by its HELLO or the registry
	rumour     rumour    // what the latest PEER line said of it
	gossip     gossip    // what it has said of others
	failures   int       // dials in a row that have come to nothing
	lost       time.Time // when its last link ended
	sent       uint64    // the last of our lines that was written to that
	mute       bool      // nothing came over its last link or connection any more
	pursued    bool      // it is dialled whenever there is no link to it
	dialling   bool      // it has a dialler
	left       bool      // it said BYE and has not been heard of since
	dropped    bool      // it has made room for another, and its dialler is to end
	registered bool      // it was in the registry when this process started

	incarnation uint64 // by its last HELLO; 0: never met
	greeted     [2]uint64 // the incarnations that the screen has told of, the latest first
	announced   uint64 // the incarnation that others have been told of

	counts cuts
}

func newPeer(name wire.Name) *peer {
	return &peer{name: name, wake: make(chan struct{}, 1), reports: dialReports{}, pauses: retries()}
}

// calledFor is the name of p, or none if p is nil: nobody knows yet who it is.
func (p *peer) calledFor() wire.Name {
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

// at returns the processes that were said to be at an address. It is called with
// member.mu held.
func (p *peer) at(addr string) (ids []wire.ID) {
	if addr == p.addr {
		ids = append(ids, p.id())
	}
	if addr == p.rumour.addr {
		ids = append(ids, wire.ID{Name: p.name, Incarnation: p.rumour.incarnation})
	}
	return ids
}

// addrs returns the addresses that are worth dialling, the likeliest first. It is
// called with member.mu held.
func (p *peer) addrs() []string {
	likely := []string{p.fixed, p.addr, p.home, p.rumour.addr}
	if p.rumour.incarnation > p.incarnation {
		likely = []string{p.rumour.addr, p.fixed, p.addr, p.home}
	}
	all := likely[:0]
	for _, a := range likely {
		if a != "" && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all
}

// peerLocked returns the peer of that name, a new one if need be, or nil when
// there is no room for one more. It is called with m.mu held.
func (m *member) peerLocked(name wire.Name) *peer {
	p := m.peers[name]
	if p == nil && len(m.peers) < wire.MaxMembers {
		p = newPeer(name)
		m.peers[name] = p
	}
	return p
}

// unmet reports whether p is known by the PEER lines of others alone. It is called
// with member.mu held.
func (p *peer) unmet() bool { return p.incarnation == 0 && !p.registered && p.fixed == "" }

// makeRoomLocked drops a peer if there is no room for another: one that has left
// if there is one, or else one that was never met, or else the one that has been
// gone for longest. It is called with m.mu held.
func (m *member) makeRoomLocked() {
	if len(m.peers) < wire.MaxMembers {
		return
	}
	var least *peer
	for _, p := range m.peers {
		if p.link == nil && p.claim == nil && p.fixed == "" && (least == nil || p.dearness() < least.dearness() ||
			p.dearness() == least.dearness() && p.lost.Before(least.lost)) {
			least = p
		}
	}
	if least != nil {
		m.dropLocked(least)
	}
}

// dearness is the less the sooner a peer without a link may be dropped.
func (p *peer) dearness() int {
	switch {
	case p.left:
		return 0
	case p.unmet():
		return 1
	}
	return 2
}

// dropLocked forgets a peer. It is called with m.mu held.
func (m *member) dropLocked(p *peer) {
	p.dropped = true
	if m.peers[p.name] == p {
		delete(m.peers, p.name)
	}
	p.news()
}

// pursueLocked has p dialled, now and whenever there is no link to it. It is
// called with m.mu held.
func (m *member) pursueLocked(p *peer) {
	p.left, p.pursued = false, true
	m.redialLocked(p, false, true)
}
