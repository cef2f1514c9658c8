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

// greet runs the dialler's side of a handshake with the member wanted, or with any
// member if wanted is nil. It returns the link, which is up. With neither a link nor
// an error, another connection was preferred.
func (m *member) greet(conn net.Conn, wanted *peer, addr string) (*link, error) {
	return m.shakeHands(&handshake{conn: conn, peer: wanted, dialled: addr, own: wanted != nil}, m.greeting)
}

// answer runs the listener's side of a handshake. It returns what greet does; the
// other side may also only have asked whether this process is well.
func (m *member) answer(ctx context.Context, conn net.Conn) (*link, error) {
	return m.shakeHands(&handshake{conn: conn}, func(h *handshake) (*link, error) { return m.answering(ctx, h) })
}

// shakeHands runs one side of a handshake, from its first line to commit or abort.
func (m *member) shakeHands(h *handshake, side func(*handshake) (*link, error)) (*link, error) {
	defer context.AfterFunc(m.hard, func() { h.conn.Close() })()
	h.pulse = &pulse{conn: h.conn}
	h.in = lines.NewReader(h.pulse, wire.MaxLine)
	if err := h.conn.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return nil, m.abort(h, err)
	}
	l, err := side(h)
	if err == nil && l != nil && m.commit(h, l) {
		return l, nil
	}
	return nil, m.abort(h, err)
}

func (m *member) greeting(h *handshake) (*link, error) {
	if h.peer != nil {
		if err := m.claimOut(h, h.peer.name); err != nil {
			return nil, err
		}
	}
	ours := m.ourHello()
	if err := write(h.conn, ours); err != nil {
		return nil, err
	}
	theirs, err := m.readHello(h.conn, h.in)
	switch {
	case err != nil:
	case h.peer == nil:
		err = m.claimOut(h, theirs.Name)
	case theirs.Name != h.peer.name:
		err = lines.Refuse("wrong", "%s was looked for at this address, and %s is here", h.peer.name.Display(), theirs.Name.Display())
	default:
		err = m.oust(h, theirs)
	}
	if err != nil {
		return nil, err
	}
	sent, err := m.meet(h, ours, theirs)
	if err != nil {
		return nil, err
	}
	ready, err := readReady(h.in)
	if err != nil {
		return nil, err
	}
	return m.newLink(h, theirs, ready, sent)
}

func (m *member) answering(ctx context.Context, h *handshake) (*link, error) {
	theirs, err := m.readHello(h.conn, h.in)
	if errors.Is(err, errPing) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := m.claimIn(ctx, h, theirs); err != nil {
		return nil, err
	}
	ours := m.ourHello()
	if err := write(h.conn, ours); err != nil {
		return nil, err
	}
	ready, err := readReady(h.in)
	if err != nil {
		return nil, err
	}
	sent, err := m.meet(h, ours, theirs)
	if err != nil {
		return nil, err
	}
	return m.newLink(h, theirs, ready, sent)
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

// newLink makes the link of a handshake that is complete; from now on only the errors
// of its reader and its writer end the connection.
func (m *member) newLink(h *handshake, theirs wire.Hello, ready wire.Ready, sent broadcast.Digest) (*link, error) {
	l := &link{
		conn: h.conn, in: h.in, pulse: h.pulse, peer: h.peer, incarnation: theirs.Incarnation, own: h.own,
		core: m.core, over: make(chan struct{}),
	}
	l.liveness = liveness.NewLink(l, theirs.ID, h.watched)
	l.stream = broadcast.NewStream(l, theirs, sent, int(ready.Count))
	l.joined = m.welcomed(h, theirs)
	l.sent, l.moved = ready.Have, time.Now()
	return l, h.conn.SetDeadline(time.Time{})
}
