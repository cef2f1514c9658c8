package chat

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
)

// attempt is a handshake with a known peer. Whoever has the claim to a peer is
// the only one that may make its link, so that each pair of members ends up
// with one, whoever dialled, and however their dials cross.
type attempt struct {
	conn    net.Conn
	pulse   *pulse // what its reader reads from
	dialled string // the address, if it was dialled
	own     bool   // it was dialled by the dialler of the peer
	ready   bool   // READY is on its way; guarded by member.mu
	owner   bool   // it has reached the owner of the name; guarded by member.mu
	ousts   bool   // a link to another process of the name was cut for it
}

// errDead is why a link is cut whose other side knows of none.
var errDead = errors.New("the other side has no such connection any more")

// errOvertaken says that another handshake with the same peer has taken the claim.
var errOvertaken = errors.New("another connection between the two was preferred")

func (m *member) isLeaving() error {
	return lines.Refuse("leaving", "%s is about to leave", m.Name.Who())
}

// claimOut claims p for a connection that this member has dialled. It fails when
// there is a link already, or a handshake.
func (m *member) claimOut(p *peer, a *attempt) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.claimOutLocked(p, a)
}

// claimUnknown claims whoever has answered at an address that came without a name.
func (m *member) claimUnknown(name wire.Name, a *attempt) (*peer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.peerLocked(name)
	if p == nil {
		return nil, lines.Refuse("full", "no room for %s", name.Who())
	}
	return p, m.claimOutLocked(p, a)
}

func (m *member) claimOutLocked(p *peer, a *attempt) error {
	if p.dropped { // while it was dialled
		return lines.Refuse("full", "no room for %s any more", p.name.Who())
	}
	if p.link != nil && a.dialled != p.home || p.claim != nil || m.leaving {
		return lines.Refuse("crossed", "a connection with %s is there already", p.name.Who())
	}
	p.claim = a
	return nil
}

// claimIn claims the peer that says hello on a connection that came in.
//
// Against a handshake that is under way the rule is that of BGP (RFC 4271,
// 6.8), the smaller name for the greater: of two dials that cross, the one made
// by the member whose name comes first stays, and both sides know which that is
// without asking. They do not cross if the one that was made goes to another
// address than that where the peer says it is: who knows whom that has reached.
// A second dial by the peer says that it has given up its first.
//
// Against a link that is up, the question is whether that link still lives:
// the peer would not have dialled had it one itself. So the old link is asked.
// An answer means that there are two processes of that name, or that the
// peer's dial is older than the link; either way the newcomer is refused.
func (m *member) claimIn(ctx context.Context, h wire.Hello, a *attempt) (*peer, error) {
	for {
		m.mu.Lock()
		if m.peers[h.Name] == nil {
			m.makeRoomLocked(false)
		}
		p := m.peerLocked(h.Name)
		switch {
		case m.leaving:
			m.mu.Unlock()
			return nil, m.isLeaving()
		case p == nil:
			m.mu.Unlock()
			return nil, lines.Refuse("full", "no room for %s", h.Name.Who())
		case p.link != nil && p.link.incarnation != h.Incarnation && p.home != "" && (h.Addr == p.home || p.fixed != ""):
			p.news() // it is let in if it answers there
			m.mu.Unlock()
			return nil, lines.Refuse("crossed", "%s is dialling %s at %s", m.Name.Who(), p.name.Who(), p.home)
		case p.link != nil:
			old := p.link
			m.mu.Unlock()
			if err := m.contest(ctx, old, h); err != nil {
				return nil, err
			}
		case p.claim != nil && (p.claim.owner || p.claim.dialled == h.Addr && m.Name.Compare(p.name) < 0):
			m.mu.Unlock()
			return nil, lines.Refuse("crossed", "%s is dialling %s", m.Name.Who(), p.name.Who())
		default:
			if p.claim != nil {
				p.claim.conn.Close()
			}
			p.claim = a
			m.mu.Unlock()
			return p, nil
		}
	}
}

// contest returns nil once the old link is over, cut if need be because it does
// not answer, and an error if it lives.
func (m *member) contest(ctx context.Context, old *link, h wire.Hello) error {
	if old.probe(ctx) {
		if old.incarnation == h.Incarnation {
			return lines.Refuse("linked", "there is a connection between %s and %s already", m.Name.Who(), h.Name.Who())
		}
		return lines.Refuse("taken", "another %s is here; stop it, or choose another ID", h.Name.Who())
	}
	old.close(fmt.Errorf("no answer, and %s has dialled again", h.Name.Who()))
	return m.ends(ctx, old)
}

// ends waits a second at most for a link to end.
func (m *member) ends(ctx context.Context, old *link) error {
	timeout := time.NewTimer(probeTimeout)
	defer timeout.Stop()
	select {
	case <-old.over:
		return nil
	case <-timeout.C: // its reader is held up by our own screen
		return lines.Refuse("linked", "the old connection between %s and %s is not over yet", m.Name.Who(), old.peer.name.Who())
	case <-ctx.Done():
		return ctx.Err()
	}
}

// oust ends the link to p, if there is one: it leads to another process than the
// owner of the name, which has answered at its address, or it is dead.
func (m *member) oust(p *peer, a *attempt, h wire.Hello) error {
	m.mu.Lock()
	old := p.link
	if p.claim != a {
		m.mu.Unlock()
		return errOvertaken
	}
	a.owner = old != nil
	m.mu.Unlock()
	if old == nil {
		return nil
	}
	a.ousts = old.incarnation != h.Incarnation
	why := error(errDead)
	if a.ousts {
		why = lines.Refuse("taken", "%s is at %s; stop it, or choose another ID", p.name.Who(), a.dialled)
		m.Log.Warn("cut a connection, as another process answers at the address of its name", "peer", p.name.Who(), "addr", a.dialled)
	}
	old.end(why)
	err := m.ends(m.dialling, old)
	if err != nil {
		old.close(why)
	}
	return err
}

// release gives up the claim of an attempt that came to nothing. A stranger
// that got no further than giving a name is forgotten.
func (m *member) release(p *peer, a *attempt) {
	m.mu.Lock()
	if p.claim == a {
		p.claim = nil
		if !p.pursued {
			m.dropLocked(p)
		}
		if !a.own { // a dialler knows for itself
			m.redialLocked(p, false, true)
		}
	}
	m.mu.Unlock()
}
