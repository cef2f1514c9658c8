package chat

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/backoff"
)

// peer is another member, as far as it is known here: one for each name. The name is
// empty for one to join through, which may be any client, and is dialled until this one
// is in.
type peer struct {
	name wire.Name
	wake chan struct{} // there is news for its dialler; holds one

	// Its dialler's, of which there is one at a time.
	reports dialReports
	pauses  backoff.Backoff

	// Guarded by member.mu.
	cuts       map[string]int64 // how often its links were cut, by cutReason
	link       *link            // the connection, when it is up
	claim      *handshake       // the handshake that may become it
	fixed      string           // where it is dialled in any case: a client's -server or -peer
	addr       string           // where it listens, by its HELLO or the registry
	home       string           // where the owner of its name answers, if the link may lead to another process
	gossip     gossip           // what the latest PEER line said of it
	failures   int              // dials in a row that have failed
	lost       time.Time        // when its last link ended
	sent       uint64           // the last of our lines that was written to that
	mute       bool             // its last link or connection fell silent
	pursued    bool             // it is dialled whenever there is no link to it
	dialling   bool             // it has a dialler
	left       bool             // it said BYE and has not been heard of since
	dropped    bool             // it has made room for another, and its dialler is to end
	registered bool             // it was in the registry when this process started

	incarnation uint64    // by its last HELLO; 0: never met
	greeted     [2]uint64 // the incarnations that the screen has told of, the latest first
	announced   uint64    // the incarnation that others have been told of
}

func newPeer(name wire.Name) *peer {
	return &peer{name: name, wake: make(chan struct{}, 1), reports: dialReports{}, cuts: make(map[string]int64)}
}

// news wakes the dialler of the peer.
func (p *peer) news() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// idLocked is the process that p was when it was met last.
func (p *peer) idLocked() wire.ID { return wire.ID{Name: p.name, Incarnation: p.incarnation} }

// unmetLocked reports whether p is known by gossip alone.
func (p *peer) unmetLocked() bool { return p.incarnation == 0 && !p.registered && p.fixed == "" }

// linkedLocked reports whether there is a link to p that is not in question.
func (p *peer) linkedLocked() bool { return p.link != nil && p.home == "" }

// addrsLocked returns the addresses that are worth dialling, the likeliest first.
func (p *peer) addrsLocked() []string {
	likely := []string{p.fixed, p.addr, p.home, p.gossip.addr}
	if p.gossip.incarnation > p.incarnation {
		likely = []string{p.gossip.addr, p.fixed, p.addr, p.home}
	}
	all := likely[:0]
	for _, a := range likely {
		if a != "" && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all
}

// peersLocked returns all peers that are known, sorted.
func (m *member) peersLocked() []*peer {
	return slices.SortedFunc(maps.Values(m.peers), func(a, b *peer) int { return a.name.Compare(b.name) })
}

// peerLocked returns the peer of that name, a new one if need be, or nil when there is
// no room for one more. With gossip it is to be known by that alone.
func (m *member) peerLocked(name wire.Name, gossip bool) *peer {
	p := m.peers[name]
	if p == nil && (len(m.peers) < wire.MaxMembers || m.makeRoomLocked(gossip)) {
		p = newPeer(name)
		m.peers[name] = p
	}
	return p
}

// makeRoomLocked drops a peer without a link and reports whether there was one. For
// one that is known by gossip alone it drops only another one of these, dialled in
// vain, so that one member with many names leaves room for those that another
// tells of.
func (m *member) makeRoomLocked(gossip bool) bool {
	var first *peer
	for _, p := range m.peers {
		free := p.link == nil && p.claim == nil && p.fixed == "" && (!gossip || p.unmetLocked() && p.failures > 0)
		if free && (first == nil || p.evictionOrderLocked(first) < 0) {
			first = p
		}
	}
	if first != nil {
		m.dropLocked(first)
	}
	return first != nil
}

// evictionOrderLocked is negative if p is to make room sooner than o: one that has
// left is the first, then one that was never met, then the one gone for longest.
func (p *peer) evictionOrderLocked(o *peer) int {
	priority := func(p *peer) int {
		switch {
		case p.left:
			return 0
		case p.unmetLocked():
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(priority(p), priority(o)), p.lost.Compare(o.lost), cmp.Compare(o.failures, p.failures))
}

// dropLocked forgets a peer.
func (m *member) dropLocked(p *peer) {
	p.dropped = true
	if m.peers[p.name] == p {
		delete(m.peers, p.name)
	}
	p.news()
}

// pursueLocked ensures that p is dialled, now and whenever there is no link to it.
func (m *member) pursueLocked(p *peer) {
	p.left, p.pursued = false, true
	m.redialLocked(p, false, true)
}
