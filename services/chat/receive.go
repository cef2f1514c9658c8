package chat

import (
	"errors"
	"io"
	"time"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// errBye says that the other side has left with BYE.
var errBye = errors.New("it has left")

// read processes the lines of a link until it ends, and returns why it did. What
// was shown is on the screen when it returns.
func (m *member) read(l *link) error {
	m.hear(l)
	for {
		line, err := l.in.Next()
		switch {
		case errors.Is(err, lines.ErrTooLong):
			return m.cut(l, lines.Refuse("syntax", "a line of more than %d bytes", wire.MaxLine))
		case err != nil:
			var ours *lines.Refusal
			if err = l.reason(err); errors.Is(err, errSilent) {
				m.sayLast(l, lines.Refuse("silent", "%v", errSilent))
			} else if errors.As(err, &ours) {
				m.sayLast(l, ours)
			}
			return err
		}
		msg, err := m.receive(l, line)
		m.hear(l)
		if err == nil && msg != nil {
			err = m.take(l, msg)
		}
		m.core.flush() // all that came with one read goes to the screen with one write
		if err != nil {
			var ours *lines.Refusal
			if errors.As(err, &ours) && !errors.As(err, new(theirRefusal)) {
				return m.cut(l, ours)
			}
			return err
		}
	}
}

// receive processes a line, and those behind it that came with the same read up to
// one that is not about lines of the chat, which it returns.
func (m *member) receive(l *link, line []byte) (wire.Message, error) {
	s := m.core.lock()
	defer m.core.unlock()
	defer s.Release()
	m.core.flowLocked(l)
	s.Begin(time.Now())
	for {
		msg, err := s.Receive(l.stream, line)
		if p, ok := msg.(*wire.Peer); ok {
			l.heard, msg = append(l.heard, *p), nil
		}
		if msg != nil || err != nil || !l.in.Ready() {
			return msg, err
		}
		if line, err = l.in.Next(); err != nil {
			return nil, nil // too long: the next call of Next returns the same
		}
	}
}

// hear acts on PEER lines, those of the digest once it is complete.
func (m *member) hear(l *link) {
	if l.stream.Pending() > 0 {
		return
	}
	if len(l.heard) > 0 {
		m.hearGossip(l, l.heard)
		l.heard = nil
	}
	if l.joined {
		l.joined = false
		m.settled(true)
	}
}

// take processes a message that is not about lines of the chat.
func (m *member) take(l *link, msg wire.Message) error {
	switch msg := msg.(type) {
	case *wire.Ping:
		m.core.send(l, wire.Pong{Token: msg.Token})
	case *wire.Pong:
		l.answered()
	case *wire.Watch:
		m.core.watched(l, true)
	case *wire.Unwatch:
		m.core.watched(l, false)
	case *wire.Suspect:
		m.core.suspect(msg.ID)
	case *wire.Bye:
		m.goodbye(l)
		return errBye
	case *wire.Err:
		return received(msg)
	default:
		return lines.Refuse("syntax", "%s is for the handshake", wire.Verb(msg))
	}
	return nil
}

// cut ends a link for what came from it: it tells the other side, and the log.
func (m *member) cut(l *link, why *lines.Refusal) error {
	m.Log.Warn("cut a connection for what came from it", "peer", l.peer.name.Display(), "why", why)
	if l.conn.SetWriteDeadline(time.Now().Add(lastLine)) == nil {
		l.finish()
	}
	tcp.Refuse(l.conn, []byte(why.Line()+"\n"))
	return why
}

const (
	lastLine = time.Second           // what is being written may take so long, before it is said why a link is cut
	lastWord = 50 * time.Millisecond // and over a silent link so long, that and the last line together
)

// sayLast tells the other side why the link ends, if it is there after all.
func (m *member) sayLast(l *link, why *lines.Refusal) {
	if l.conn.SetDeadline(time.Now().Add(lastWord)) == nil {
		l.finish()
		_, _ = io.WriteString(l.conn, why.Line()+"\n") // most likely no process reads it
	}
}
