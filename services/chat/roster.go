package chat

import (
	"net"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/wire"
)

// sayReady sends READY, with the list: all clients that this member has met, and how
// far the lines of every process have been shown. Gossip is not passed on. It fails
// if this member is leaving, or another handshake has claimed the peer.
func (m *member) sayReady(h *handshake, have uint64) (broadcast.Digest, error) {
	d, err := m.digestFor(h)
	if err != nil {
		return d, err
	}
	both := net.Buffers{wire.Ready{Have: have, Count: d.Count}.Append(nil), d.Lines}
	_, err = both.WriteTo(h.conn)
	return d, err
}

func (m *member) digestFor(h *handshake) (d broadcast.Digest, err error) {
	m.lock()
	defer m.unlock()
	p := h.peer
	switch {
	case m.leaving:
		return d, m.isLeaving()
	case p.claim != h:
		return d, errOvertaken
	}
	h.ready = true
	met := func(yield func(wire.Peer) bool) {
		for _, o := range m.peers {
			if o != p && o.name != wire.Server && o.incarnation != 0 && !o.left && !yield(wire.Peer{ID: o.idLocked(), Addr: o.addr}) {
				return
			}
		}
	}
	d = m.state.Digest(p.idLocked(), met)
	if h.watched = m.detect.Watches(p.name); !h.watched {
		d.Follow(wire.Unwatch{})
	}
	return d, nil
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
