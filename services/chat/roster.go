package chat

import (
	"iter"

	"peerlab/services/chat/internal/wire"
)

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
			m.state.Send(o.stream, newcomer)
		}
	}
}
