package chat

import (
	"iter"
	"net/netip"
	"slices"

	"peerlab/services/chat/internal/wire"
)

// Gossip, what others say of a client, is not trusted: a PEER line never replaces
// what a HELLO has said. It adds an address to dial, a few times, and for no longer
// than a link is up over which it was said.

const (
	// maxGossipDials is how many dials of an address known by gossip may fail. The
	// pauses between them double up to gossipRetry: a minute and a half.
	maxGossipDials = 12
	gossipRetry    = 16 * lastRetry

	maxSources  = 4               // links that vouch for one address of one client
	maxSameAddr = 4               // PEER lines of one link that name one address
	maxHeard    = wire.MaxMembers // and all that name one where no member was met
)

// gossip is what PEER lines say of a client.
type gossip struct {
	incarnation uint64
	addr        string
	failures    int     // dials of addr
	sources     []*link // that have said so
}

// spentLocked reports whether addr is not to be dialled any more.
func (g *gossip) spentLocked() bool {
	return g.addr != "" && g.failures > 0 && (g.failures >= maxGossipDials || !slices.ContainsFunc(g.sources, (*link).isUpLocked))
}

// isUpLocked reports whether l is the link of its peer.
func (l *link) isUpLocked() bool { return l.peer.link == l }

// peerCounts counts the PEER lines of one link that were acted on, by address, until
// a member is met there.
type peerCounts struct {
	all int
	at  map[netip.AddrPort]int
}

// admits counts a PEER line, and reports whether it is to be acted on.
func (c *peerCounts) admits(addr string) bool {
	if c.at == nil {
		c.at = make(map[netip.AddrPort]int)
	}
	at := place(addr)
	if c.all >= maxHeard || c.at[at] >= maxSameAddr {
		return false
	}
	c.all++
	c.at[at]++
	return true
}

// forgive drops the count of an address at which a member was met.
func (c *peerCounts) forgive(at netip.AddrPort) {
	c.all -= c.at[at]
	delete(c.at, at)
	if c.all == 0 {
		c.at = nil
	}
}

// place returns the same value for all spellings of an address.
func place(addr string) netip.AddrPort {
	a, _ := netip.ParseAddrPort(addr)
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// hearGossipLocked processes a PEER line of a link: a client that is not known by that
// incarnation is dialled there too.
func (m *member) hearGossipLocked(l *link, x wire.Peer) {
	if x.Name == m.Name || x.Name == wire.Server {
		return // every member knows itself, and a server of its own
	}
	p := m.peers[x.Name]
	if p != nil && (x.Incarnation == p.incarnation || p.left && x.Incarnation < p.incarnation) {
		return
	}
	same := p != nil && p.gossip.incarnation == x.Incarnation && p.gossip.addr == x.Addr
	if same {
		p.gossip.sources = slices.DeleteFunc(p.gossip.sources, func(o *link) bool { return !o.isUpLocked() })
		if len(p.gossip.sources) == maxSources || slices.Contains(p.gossip.sources, l) {
			return
		}
	}
	if !l.gossip.admits(x.Addr) {
		return
	}
	if p == nil {
		if p = m.peerLocked(x.Name, true); p == nil {
			return
		}
	}
	if !same {
		p.gossip, p.failures = gossip{incarnation: x.Incarnation, addr: x.Addr}, 0
	}
	p.gossip.sources = append(p.gossip.sources, l)
	m.state.Expect(x.ID)
	if p.dialling && p.link == nil { // by a handshake that is under way and may fail
		p.news()
	}
	m.pursueLocked(p)
}

// metLocked drops what was said of p, which has said HELLO, and of its address.
func (m *member) metLocked(p *peer) {
	at := place(p.addr)
	for _, l := range m.links {
		l.gossip.forgive(at)
	}
	if p.gossip.incarnation != p.incarnation {
		p.gossip = gossip{}
	}
	p.gossip.addr = ""
}

// endGossipLocked drops the address that is known by gossip, and with it a peer
// that is known by nothing else, once it is spent.
func (m *member) endGossipLocked(p *peer) {
	if p.claim != nil || !p.gossip.spentLocked() {
		return
	}
	m.state.Ended(wire.ID{Name: p.name, Incarnation: p.gossip.incarnation})
	p.gossip.addr, p.gossip.sources = "", nil
	if p.unmetLocked() {
		m.dropLocked(p)
	}
}

// rosterLocked returns all clients that this member has met, without p, for p to dial.
// Gossip is not passed on.
func (m *member) rosterLocked(p *peer) iter.Seq[wire.Peer] {
	return func(yield func(wire.Peer) bool) {
		for _, o := range m.peers {
			if o != p && o.name != wire.Server && o.incarnation != 0 && !o.left && !yield(wire.Peer{ID: o.idLocked(), Addr: o.addr}) {
				return
			}
		}
	}
}

// introduceLocked sends a PEER line about a newcomer to all others, if this member is the
// first to meet it.
func (m *member) introduceLocked(l *link) {
	p := l.peer
	told := p.announced == l.incarnation || p.gossip.incarnation == l.incarnation || p.name == wire.Server
	if p.announced = l.incarnation; told {
		return
	}
	newcomer := wire.Peer{ID: p.idLocked(), Addr: p.addr}
	newcomer.Have, _ = m.state.Shown(newcomer.ID)
	for _, o := range m.links {
		if o != l {
			o.Send(newcomer)
		}
	}
}
