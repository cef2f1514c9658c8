package chat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"time"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/liveness"
	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
	"peerlab/services/internal/mtls"
	"peerlab/services/internal/tcp"
)

// handshakeTimeout bounds the handshake from the first byte to the last.
const handshakeTimeout = 5 * time.Second

// handshake is a handshake over one connection: each side says HELLO and then READY,
// and the one that dialled says each of them first. It claims a peer
// (see claim.go) and ends in commit, which makes the link, or in abort.
type handshake struct {
	*link          // to be
	dialled string // the address; empty: the connection came in
	ousts   bool   // it has ended the link to another process of the name

	ours, theirs wire.Hello
	ready        wire.Ready // theirs

	// Guarded by member.mu, as is the peer until commit.
	owner bool // it has reached the owner of the name, and is not overtaken
	met   bool // READY is on its way
}

// shakeHands runs one side of a handshake, from its first line to commit or abort. It
// returns the link, which is up. With neither a link nor an error, another connection
// was preferred, or the other side has only asked whether this process is well.
//
// dialled is the address if this side has dialled, and p the peer that it has dialled
// there.
func (m *member) shakeHands(conn net.Conn, dialled string, p *peer) (*link, error) {
	defer context.AfterFunc(m.hard, func() { conn.Close() })()
	h := &handshake{link: newLink(m, conn, p), dialled: dialled}
	steps := []func(*handshake) error{m.sayHello, m.hearHello, m.sayReady, m.hearReady}
	if dialled == "" {
		steps = []func(*handshake) error{m.hearHello, m.sayHello, m.hearReady, m.sayReady}
	}
	err := conn.SetDeadline(time.Now().Add(handshakeTimeout))
	for i := 0; i < len(steps) && err == nil; i++ {
		err = steps[i](h)
	}
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err == nil && m.commit(h) {
		return h.link, nil
	}
	return nil, m.abort(h, err)
}

// errPing says that the other side asked for PONG and got it.
var errPing = errors.New("health check")

func (m *member) sayHello(h *handshake) error {
	if h.own {
		if err := m.claimOut(h, h.peer.name); err != nil {
			return err
		}
	}
	m.mu.Lock()
	last := m.state.Typed()
	h.ours = wire.Hello{ID: wire.ID{Name: m.Name, Incarnation: m.Incarnation}, Addr: m.Addr, State: m.stage, Last: last}
	m.mu.Unlock()
	return write(h.conn, h.ours)
}

// hearHello waits for the other side's HELLO, checks that it is another member's and
// one that may be here, and claims its peer.
func (m *member) hearHello(h *handshake) error {
	msg, err := next(h.in)
	if err != nil {
		return err
	}
	hello, is := msg.(*wire.Hello)
	if ping, is := msg.(*wire.Ping); is && h.dialled == "" {
		if err := write(h.conn, wire.Pong{Token: ping.Token}); err != nil {
			return err
		}
		return errPing
	}
	switch {
	case !is:
		return lines.Refuse("syntax", "HELLO comes first")
	case m.identity != nil && mtls.Peer(h.conn) != certificateOf(hello.Name):
		return lines.Refuse("certificate", "HELLO is by %s, with the certificate of %s: make the right one with 'peerlab cert %s'", hello.Name.Display(), mtls.Peer(h.conn), certificateOf(hello.Name))
	case hello.Name == m.Name && hello.Incarnation == m.Incarnation:
		return lines.Refuse("self", "%s has reached itself", m.Name.Display())
	case hello.Name == m.Name:
		return lines.Refuse("taken", "%s is here; stop it, or choose another ID", m.Name.Display())
	case !broadcast.Credible(hello.Incarnation, m.Incarnation, time.Now()):
		return lines.Refuse("clock", "the incarnation of %s is more than a day ahead of the clock of %s; set the clocks", hello.Name.Display(), m.Name.Display())
	}
	h.theirs = *hello
	h.theirs.Addr = tcp.Reachable(hello.Addr, h.conn.RemoteAddr())
	switch {
	case h.dialled == "":
		return m.claimIn(m.dialling, h)
	case !h.own:
		return m.claimOut(h, hello.Name)
	case hello.Name != h.peer.name:
		return lines.Refuse("wrong", "%s was looked for at this address, and %s is here", h.peer.name.Display(), hello.Name.Display())
	}
	return m.oust(h)
}

// certificateOf returns the name in the certificate of a member.
func certificateOf(name wire.Name) string {
	if name == wire.Server {
		return string(wire.Server)
	}
	return "client" + string(name)
}

// sayReady processes the HELLO of the peer that h has claimed, and answers it by READY.
// A server records its client before. While the claim holds there is no link to the
// peer.
func (m *member) sayReady(h *handshake) error {
	if err := m.meet(h); err != nil {
		return err
	}
	m.flush()
	if m.registry != nil {
		m.recorded(m.registry.Put(h.theirs.Name, h.theirs.Addr, m.seen))
	}
	bufs := net.Buffers(h.stream.Ready())
	_, err := bufs.WriteTo(h.conn)
	return err
}

// meet records a HELLO.
func (m *member) meet(h *handshake) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := h.peer
	switch {
	case m.leaving:
		return m.isLeaving()
	case p.claim != h:
		return errOvertaken
	}
	successor := p.incarnation != 0 && p.incarnation != h.theirs.Incarnation
	switch {
	case p.fixed != "":
		p.home = p.fixed
	case p.home == "" && successor && !p.left:
		p.home = p.addr
	}
	if h.dialled == p.home {
		p.home = ""
	}
	p.incarnation, p.addr = h.theirs.Incarnation, h.theirs.Addr
	m.metLocked(p)
	m.pursueLocked(p)
	h.met, h.stream = true, m.state.Meet(h.link, h.theirs, successor, m.rosterLocked(p))
	watched := m.detect.Watches(p.name)
	if h.liveness = liveness.NewLink(h.link, h.theirs.ID, watched); !watched {
		h.stream.Add(wire.Unwatch{})
	}
	m.welcomeLocked(h)
	return nil
}

func (m *member) hearReady(h *handshake) error {
	msg, err := next(h.in)
	if err != nil {
		return err
	}
	ready, is := msg.(*wire.Ready)
	switch {
	case !is:
		return lines.Refuse("syntax", "%s where READY belongs", wire.Verb(msg))
	case ready.Count > broadcast.MaxDigest:
		return lines.Refuse("full", "a list of %d lines", ready.Count)
	}
	h.ready = *ready
	return nil
}

// commit brings up the link of a handshake that is complete; run must follow. It returns
// false if another handshake has claimed the peer.
func (m *member) commit(h *handshake) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := h.peer
	if p.claim != h || m.leaving {
		return false
	}
	l := h.link
	l.incarnation = h.theirs.Incarnation
	l.sent, l.moved = min(h.ready.Have, m.state.Typed()), time.Now()
	p.claim, p.link, p.failures, p.mute = nil, l, 0, false
	p.dialling = p.dialling && !h.own // its dialler ends
	m.welcomedLocked(h)
	m.state.Join(l.stream, int(h.ready.Count))
	m.detect.Up(l.liveness)
	m.links = append(slices.Clip(m.links), l)
	m.introduceLocked(l)
	m.hearLocked(l)
	m.settledLocked()
	l.writer.WakeLocked()
	m.redialLocked(p, true, true)
	return true
}

// abort gives up the claim of a handshake that has failed, and closes the connection,
// with the reason if it is this side that refuses. A peer that has got no further
// than saying HELLO is forgotten. abort returns the error for the log.
func (m *member) abort(h *handshake, err error) error {
	m.mu.Lock()
	if p := h.peer; p != nil && p.claim == h {
		p.claim = nil
		if !p.pursued {
			m.dropLocked(p)
		}
		if !h.own { // a dialler sees it
			m.redialLocked(p, false, true)
		}
	}
	m.mu.Unlock()
	var refusal *lines.Refusal
	switch {
	case errors.Is(err, errPing):
		err = nil
	case errors.As(err, new(theirRefusal)):
		err = fmt.Errorf("refused by the other side: %w", err)
	case errors.As(err, &refusal):
		tcp.Refuse(h.conn, []byte(refusal.Line()+"\n"))
	}
	h.conn.Close()
	return err
}

// theirRefusal marks an ERR line that came from the other side.
type theirRefusal struct{ *lines.Refusal }

func received(msg *wire.Err) error {
	return theirRefusal{lines.Refuse(string(msg.Code), "%s", msg.Reason)}
}

// next waits for a message of the handshake. ERR is an error.
func next(in *lines.Reader) (wire.Message, error) {
	line, err := in.Next()
	for err == nil && len(line) == 0 { // a sign of life
		line, err = in.Next()
	}
	switch {
	case errors.Is(err, lines.ErrTooLong):
		return nil, lines.Refuse("syntax", "a line of more than %d bytes", wire.MaxLine)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, lines.Refuse("timeout", "the handshake took more than %v", handshakeTimeout)
	case err != nil:
		return nil, err
	}
	msg, err := wire.Parse(line)
	if msg, is := msg.(*wire.Err); is {
		return nil, received(msg)
	}
	return msg, err
}

func write(conn io.Writer, msg wire.Message) error {
	_, err := conn.Write(msg.Append(nil))
	return err
}
