package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
)

// A peer is claimed by one handshake at a time, so that each pair of members ends up
// with one link, whichever of them dialled, and however their dials cross.

// errOvertaken says that another handshake has claimed the peer.
var errOvertaken = errors.New("another connection between the two was preferred")

// errDead is why a link is cut whose other side does not have it.
var errDead = errors.New("the other side has no such connection any more")

func (m *member) isLeaving() error {
	return lines.Refuse("leaving", "%s is about to leave", m.Name.Display())
}

// claimOut claims a peer for a connection that this member has dialled. It fails if
// there is a link already, or a handshake.
func (m *member) claimOut(h *handshake, name wire.Name) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := h.peer
	if !h.own {
		p = m.peerLocked(name, false)
	}
	switch {
	case p == nil || p.dropped:
		return lines.Refuse("full", "no room for %s", name.Display())
	case p.link != nil && h.dialled != p.home || p.claim != nil || m.leaving:
		return lines.Refuse("crossed", "a connection with %s is there already", name.Display())
	}
	h.peer, p.claim = p, h
	return nil
}

// claimIn claims the peer that says HELLO over a connection that came in.
//
// Of two dials that cross, the one of the member whose name sorts first is kept, so
// that both sides know which one it is (RFC 4271, 6.8, compares identifiers). They
// do not cross if the dial of this member goes to another address than the peer's.
// A second dial of the peer means that it has given up its first.
//
// The peer would not have dialled if it had a link. So the link that is up is asked.
// If it answers, there are two processes of that name, or the dial is older than the
// link; either way the newcomer is refused. It may be the owner of the name, though.
func (m *member) claimIn(ctx context.Context, h *handshake) error {
	theirs := &h.theirs
	for {
		old, err := m.tryClaimIn(h)
		if err != nil || old == nil {
			return err
		}
		switch {
		case !old.probe(ctx):
			err = m.end(ctx, old, fmt.Errorf("no answer, and %s has dialled again", theirs.Name.Display()))
		case old.incarnation == theirs.Incarnation:
			err = lines.Refuse("linked", "there is a connection between %s and %s already", m.Name.Display(), theirs.Name.Display())
		default:
			err = lines.Refuse("taken", "another %s is here; stop it, or choose another ID", theirs.Name.Display())
		}
		if err != nil {
			return err
		}
	}
}

// tryClaimIn claims the peer, or returns the link to it that is up.
func (m *member) tryClaimIn(h *handshake) (old *link, err error) {
	theirs := &h.theirs
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.peerLocked(theirs.Name, false)
	switch {
	case m.leaving:
		return nil, m.isLeaving()
	case p == nil:
		return nil, lines.Refuse("full", "no room for %s", theirs.Name.Display())
	case p.link != nil && p.link.incarnation != theirs.Incarnation && p.home != "" && (theirs.Addr == p.home || p.fixed != ""):
		p.news() // if it answers at that address, it is the owner
		return nil, lines.Refuse("crossed", "%s is dialling %s at %s", m.Name.Display(), p.name.Display(), p.home)
	case p.link != nil:
		return p.link, nil
	case p.claim != nil && (p.claim.owner || p.claim.dialled == theirs.Addr && m.Name.Compare(p.name) < 0):
		return nil, lines.Refuse("crossed", "%s is dialling %s", m.Name.Display(), p.name.Display())
	case p.claim != nil:
		p.claim.conn.Close()
	}
	h.peer, p.claim = p, h
	return nil, nil
}

// end ends a link, for a reason that its other side may be told, and waits for that, a
// second at most.
func (m *member) end(ctx context.Context, old *link, why error) error {
	m.mu.Lock()
	old.endLocked(why)
	m.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	select {
	case <-old.over:
		return nil
	case <-ctx.Done(): // its reader waits for the screen
		old.conn.Close()
		return lines.Refuse("linked", "the old connection between %s and %s is not over yet", m.Name.Display(), old.peer.name.Display())
	}
}

// oust ends the link to the peer of h, if there is one, as the owner of its name has
// answered: the link leads to another process, or is dead.
func (m *member) oust(h *handshake) error {
	m.mu.Lock()
	p := h.peer
	old, overtaken := p.link, p.claim != h
	h.owner = old != nil
	m.mu.Unlock()
	switch {
	case overtaken:
		return errOvertaken
	case old == nil:
		return nil
	}
	why := errDead
	h.ousts = old.incarnation != h.theirs.Incarnation &&
		(old.probe(m.dialling) || !old.isOver() && old.silence(time.Now()) < probeTimeout*5/4)
	if h.ousts {
		why = lines.Refuse("taken", "%s is at %s; stop it, or choose another ID", p.name.Display(), h.dialled)
		m.Log.Warn("cut a connection, as another process answers at the address of its name", "peer", p.name.Display(), "addr", h.dialled)
	}
	return m.end(m.dialling, old, why)
}
