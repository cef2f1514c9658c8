package chat

import (
	"context"
	"errors"
	"net"
	"time"

	"peerlab/services/internal/lines"
)

// handshakeTimeout bounds the handshake from the first byte to the last.
const handshakeTimeout = 5 * time.Second

// greet runs the dialler's side of a handshake with the member wanted, or with
// whoever answers if wanted is nil. It returns the link that is to be brought up.
func (m *member) greet(conn net.Conn, wanted *peer) (*link, error) {
	a := &attempt{conn: conn, dialled: true}
	if wanted != nil {
		if err := m.claimOut(wanted, a); err != nil {
			return nil, err
		}
	}
	l, p, err := m.greeting(conn, wanted, a)
	if err == nil {
		return l, nil
	}
	if p != nil {
		defer m.release(p, a)
	}
	return nil, m.sendOff(conn, err)
}

func (m *member) greeting(conn net.Conn, p *peer, a *attempt) (*link, *peer, error) {
	in, err := m.begin(conn)
	if err != nil {
		return nil, p, err
	}
	ours := m.ourHello()
	if err := write(conn, ours.line()); err != nil {
		return nil, p, err
	}
	theirs, err := m.readHello(conn, in)
	switch {
	case err != nil:
		return nil, p, err
	case p != nil && theirs.name != p.name:
		return nil, p, refuse("wrong", "%s was looked for at this address, and %s is here", p.name.Who(), theirs.name.Who())
	case p == nil:
		if p, err = m.claimUnknown(theirs, a); err != nil {
			return nil, nil, err
		}
	}
	have, first, err := m.met(p, a, theirs)
	if err != nil {
		return nil, p, err
	}
	m.welcome(p, ours, theirs)
	if err := write(conn, message{verb: verbReady, seq: have}); err != nil {
		return nil, p, err
	}
	ready, err := read(in, verbReady)
	if err != nil {
		return nil, p, err
	}
	m.welcomed(p, theirs)
	l, err := m.newLink(conn, in, p, theirs, ready, first, true)
	return l, p, err
}

// claimUnknown claims whoever answered at an address that came without a name.
func (m *member) claimUnknown(h hello, a *attempt) (*peer, error) {
	m.mu.Lock()
	p := m.peerLocked(h.name)
	m.mu.Unlock()
	if p == nil {
		return nil, refuse("full", "no room for %s", h.name.Who())
	}
	return p, m.claimOut(p, a)
}

// answer runs the listener's side of a handshake. It returns nil and no error
// if all that was asked is whether this process is well.
func (m *member) answer(ctx context.Context, conn net.Conn) (*link, error) {
	a := &attempt{conn: conn}
	l, p, err := m.answering(ctx, conn, a)
	if err == nil {
		return l, nil
	}
	if p != nil {
		defer m.release(p, a)
	}
	return nil, m.sendOff(conn, err)
}

func (m *member) answering(ctx context.Context, conn net.Conn, a *attempt) (*link, *peer, error) {
	in, err := m.begin(conn)
	if err != nil {
		return nil, nil, err
	}
	theirs, err := m.readHello(conn, in)
	if errors.Is(err, errPing) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	p, err := m.claimIn(ctx, theirs, a)
	if err != nil {
		return nil, nil, err
	}
	ours := m.ourHello()
	if err := write(conn, ours.line()); err != nil {
		return nil, p, err
	}
	ready, err := read(in, verbReady)
	if err != nil {
		return nil, p, err
	}
	have, first, err := m.met(p, a, theirs)
	if err != nil {
		return nil, p, err
	}
	m.welcome(p, ours, theirs)
	if err := write(conn, message{verb: verbReady, seq: have}); err != nil {
		return nil, p, err
	}
	m.welcomed(p, theirs)
	l, err := m.newLink(conn, in, p, theirs, ready, first, false)
	return l, p, err
}

func (m *member) begin(conn net.Conn) (*lines.Reader, error) {
	return lines.NewReader(conn, maxLine), conn.SetDeadline(time.Now().Add(handshakeTimeout))
}

// newLink is what a handshake ends with; from now on only the reader's and the
// writer's own errors end the connection.
func (m *member) newLink(conn net.Conn, in *lines.Reader, p *peer, theirs hello, ready message, first, dialled bool) (*link, error) {
	l := &link{
		conn: conn, in: in, peer: p, incarnation: theirs.incarnation, dialled: dialled, first: first,
		history: m.history,
		wake:    make(chan struct{}, 1), done: make(chan struct{}),
	}
	l.sent.Store(ready.seq)
	return l, conn.SetDeadline(time.Time{})
}
