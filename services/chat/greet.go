package chat

import (
	"context"
	"errors"
	"net"
	"time"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/liveness"
	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
)

// handshakeTimeout bounds the handshake from the first byte to the last.
const handshakeTimeout = 5 * time.Second

// greet runs the dialler's side of a handshake with the member wanted, or with
// whoever answers if wanted is nil. It returns the link that is to be brought up.
func (m *member) greet(conn net.Conn, wanted *peer, addr string) (*link, error) {
	a := &attempt{conn: conn, dialled: addr, own: wanted != nil}
	if wanted != nil {
		if err := m.claimOut(wanted, a); err != nil {
			return nil, err
		}
	}
	l, p, err := m.greeting(conn, wanted, a)
	return l, m.conclude(conn, p, a, err)
}

// conclude gives up the claim of a handshake that came to nothing and tells the
// other side why.
func (m *member) conclude(conn net.Conn, p *peer, a *attempt, err error) error {
	if err == nil {
		return nil
	}
	if p != nil {
		m.release(p, a)
	}
	return m.sendOff(conn, err)
}

func (m *member) greeting(conn net.Conn, p *peer, a *attempt) (*link, *peer, error) {
	in, err := m.begin(a)
	if err != nil {
		return nil, p, err
	}
	ours := m.ourHello()
	if err := write(conn, ours); err != nil {
		return nil, p, err
	}
	theirs, err := m.readHello(conn, in)
	switch {
	case err != nil:
		return nil, p, err
	case p != nil && theirs.Name != p.name:
		return nil, p, lines.Refuse("wrong", "%s was looked for at this address, and %s is here", p.name.Who(), theirs.Name.Who())
	case p == nil:
		if p, err = m.claimUnknown(theirs.Name, a); err != nil {
			return nil, nil, err
		}
	}
	if err := m.oust(p, a, theirs); err != nil {
		return nil, p, err
	}
	have, err := m.met(p, a, theirs)
	if err != nil {
		return nil, p, err
	}
	m.welcome(p, a, ours, theirs)
	sent, err := m.sayReady(p, a, have)
	if err != nil {
		return nil, p, err
	}
	ready, err := readReady(in)
	if err != nil {
		return nil, p, err
	}
	l, err := m.newLink(in, p, a, theirs, ready, sent)
	return l, p, err
}

// answer runs the listener's side of a handshake. It returns nil and no error
// if all that was asked is whether this process is well.
func (m *member) answer(ctx context.Context, conn net.Conn) (*link, error) {
	a := &attempt{conn: conn}
	l, p, err := m.answering(ctx, conn, a)
	return l, m.conclude(conn, p, a, err)
}

func (m *member) answering(ctx context.Context, conn net.Conn, a *attempt) (*link, *peer, error) {
	in, err := m.begin(a)
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
	if err := write(conn, ours); err != nil {
		return nil, p, err
	}
	ready, err := readReady(in)
	if err != nil {
		return nil, p, err
	}
	have, err := m.met(p, a, theirs)
	if err != nil {
		return nil, p, err
	}
	m.welcome(p, a, ours, theirs)
	sent, err := m.sayReady(p, a, have)
	if err != nil {
		return nil, p, err
	}
	l, err := m.newLink(in, p, a, theirs, ready, sent)
	return l, p, err
}

func (m *member) begin(a *attempt) (*lines.Reader, error) {
	a.pulse = &pulse{conn: a.conn}
	return lines.NewReader(a.pulse, wire.MaxLine), a.conn.SetDeadline(time.Now().Add(handshakeTimeout))
}

func readReady(in *lines.Reader) (wire.Ready, error) {
	line, err := nextLine(in)
	if err != nil {
		return wire.Ready{}, err
	}
	return judgeReady(line)
}

func judgeReady(line []byte) (wire.Ready, error) {
	msg, err := only[wire.Ready](line)
	if err == nil && msg.Count > broadcast.MaxDigest {
		err = lines.Refuse("full", "a list of %d lines", msg.Count)
	}
	return msg, err
}

// newLink is what a handshake ends with, the other side having said that we are
// welcome; from now on only the reader's and the writer's own errors end the
// connection.
func (m *member) newLink(in *lines.Reader, p *peer, a *attempt, theirs wire.Hello, ready wire.Ready, sent broadcast.Digest) (*link, error) {
	l := &link{
		conn: a.conn, in: in, pulse: a.pulse, peer: p, incarnation: theirs.Incarnation, own: a.own,
		core: m.core, done: make(chan struct{}), over: make(chan struct{}),
	}
	l.liveness = liveness.NewLink(l, theirs.ID)
	l.stream = broadcast.NewStream(l, theirs, sent, int(ready.Count))
	l.joined = m.welcomed(p, a, theirs)
	l.sent.Store(ready.Have)
	l.moved.Store(time.Now().UnixNano())
	return l, a.conn.SetDeadline(time.Time{})
}
