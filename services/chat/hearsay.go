package chat

import (
	"net/netip"
	"slices"

	"peerlab/services/chat/internal/wire"
)

// What others say of a client is not trusted: a PEER line never replaces what a
// HELLO has said. It adds an address to dial, a few times, and for no longer than
// a link is up over which it was said.

const (
	// maxHearsay is how many dials of an address may fail that others have told of.
	// The pauses between them double up to hearsayRetry: a minute and a half.
	maxHearsay   = 12
	hearsayRetry = 16 * lastRetry

	maxTellers  = 4               // links that vouch for one address of one client
	maxAtOne    = 4               // PEER lines of one link that name one address
	maxToldOver = wire.MaxMembers // and all that name one where no member was met
)

// rumour is what PEER lines say of a client.
type rumour struct {
	incarnation uint64
	addr        string
	failures    int     // dials of addr
	tellers     []*link // that have said so
}

// spent reports whether addr is not to be dialled any more. It is called with
// member.mu held.
func (r *rumour) spent() bool {
	return r.addr != "" && r.failures > 0 && (r.failures >= maxHearsay || !slices.ContainsFunc(r.tellers, (*link).isUpLocked))
}

// isUpLocked reports whether l is the link of its peer.
func (l *link) isUpLocked() bool { return l.peer.link == l }

// gossip counts the PEER lines of one link that were acted on, by address, until a
// member is met there.
type gossip struct {
	link *link
	told int
	at   map[netip.AddrPort]int
}

// admits counts a PEER line, and reports whether it is to be acted on.
func (g *gossip) admits(l *link, addr string) bool {
	if g.link != l {
		*g = gossip{link: l}
	}
	if g.at == nil {
		g.at = make(map[netip.AddrPort]int)
	}
	at := place(addr)
	if g.told >= maxToldOver || g.at[at] >= maxAtOne {
		return false
	}
	g.told++
	g.at[at]++
	return true
}

// forgive drops the count of an address at which a member was met.
func (g *gossip) forgive(at netip.AddrPort) {
	g.told -= g.at[at]
	delete(g.at, at)
	if g.told == 0 {
		g.at = nil
	}
}

// place returns the same value for all spellings of an address.
func place(addr string) netip.AddrPort {
	a, _ := netip.ParseAddrPort(addr)
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// heard processes PEER lines of a link: a client that is not known by that
// incarnation is dialled there too.
func (m *member) heard(l *link, peers []wire.Peer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, x := range peers {
		m.heardLocked(l, x)
	}
}

func (m *member) heardLocked(l *link, x wire.Peer) {
	if x.Name == m.Name || x.Name == wire.Server {
		return // every member knows itself, and a server of its own
	}
	p := m.peers[x.Name]
	if p != nil && (x.Incarnation == p.incarnation || p.left && x.Incarnation < p.incarnation) {
		return
	}
	same := p != nil && p.rumour.incarnation == x.Incarnation && p.rumour.addr == x.Addr
	if same {
		p.rumour.tellers = slices.DeleteFunc(p.rumour.tellers, func(o *link) bool { return !o.isUpLocked() })
		if len(p.rumour.tellers) == maxTellers || slices.Contains(p.rumour.tellers, l) {
			return
		}
	}
	if !l.peer.gossip.admits(l, x.Addr) {
		return
	}
	if p == nil {
		m.makeRoomForHearsayLocked()
		if p = m.peerLocked(x.Name); p == nil {
			return
		}
	}
	if !same {
		p.rumour, p.failures = rumour{incarnation: x.Incarnation, addr: x.Addr}, 0
	}
	p.rumour.tellers = append(p.rumour.tellers, l)
	m.core.lock().Expect(x.ID)
	m.core.unlock()
	if p.dialling { // by an attempt that is under way and may fail
		p.news()
	}
	m.pursueLocked(p)
}

// makeRoomForHearsayLocked drops, if there is no room for another peer, the unmet
// one that was dialled most often without success, so that one member with many
// names leaves room for those that another tells of.
func (m *member) makeRoomForHearsayLocked() {
	if len(m.peers) < wire.MaxMembers {
		return
	}
	var least *peer
	for _, p := range m.peers {
		if p.unmet() && p.link == nil && p.claim == nil && p.failures > 0 && (least == nil || p.failures > least.failures) {
			least = p
		}
	}
	if least != nil {
		m.dropLocked(least)
	}
}

// endHearsayLocked drops the address that others have told of, and with it a peer
// that is known by nothing else, once it is spent.
func (m *member) endHearsayLocked(p *peer) {
	if p.claim != nil || !p.rumour.spent() {
		return
	}
	m.ended(wire.ID{Name: p.name, Incarnation: p.rumour.incarnation})
	p.rumour.addr, p.rumour.tellers = "", nil
	if p.unmet() {
		m.dropLocked(p)
	}
}
