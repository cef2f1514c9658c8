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
	for {
		line, err := l.in.Next()
		var refusal *lines.Refusal
		switch {
		case err == nil:
			err = m.receive(l, line)
			m.flush() // all that came with one read goes to the screen with one write
			if err == errBye {
				m.strike(l.peer)
			}
		case errors.Is(err, lines.ErrTooLong):
			err = lines.Refuse("syntax", "a line of more than %d bytes", wire.MaxLine)
		default:
			if err = l.reason(err); errors.As(err, &refusal) {
				m.sayLast(l, refusal)
			}
			return err
		}
		if errors.As(err, &refusal) {
			return m.cut(l, refusal)
		}
		if err != nil {
			return err
		}
	}
}

// receive processes a line, and those behind it that came with the same read.
func (m *member) receive(l *link, line []byte) (err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.flowLocked(l)
	now := time.Now()
	m.state.Begin(now)
	for {
		var msg wire.Message
		if msg, err = m.state.Receive(l.stream, line); msg != nil {
			err = m.takeLocked(l, msg, now)
		}
		if err != nil || !l.in.Ready() {
			break
		}
		var tooLong error // the next call of Next returns the same
		if line, tooLong = l.in.Next(); tooLong != nil {
			break
		}
	}
	m.state.Release()
	m.hearLocked(l)
	return err
}

// hearLocked acts on PEER lines, those of the digest once it is complete.
func (m *member) hearLocked(l *link) {
	if l.stream.Pending() > 0 {
		return
	}
	for _, x := range l.heard {
		m.hearGossipLocked(l, x)
	}
	l.heard = nil
	m.settledLocked()
}

// takeLocked processes a message that is not about lines of the chat.
func (m *member) takeLocked(l *link, msg wire.Message, now time.Time) error {
	switch msg := msg.(type) {
	case *wire.Peer:
		l.heard = append(l.heard, *msg)
	case *wire.Ping:
		l.Send(wire.Pong{Token: msg.Token})
	case *wire.Pong:
		l.answeredLocked()
	case *wire.Watch:
		m.detect.Watch(l.liveness, true)
	case *wire.Unwatch:
		m.detect.Watch(l.liveness, false)
	case *wire.Suspect:
		m.detect.Suspect(msg.ID, now)
		m.beat.Reset(m.detect.Wait(now))
	case *wire.Bye:
		m.goodbyeLocked(l)
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
		l.writer.Mute()
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
		l.writer.Mute()
		_, _ = io.WriteString(l.conn, why.Line()+"\n") // most likely no process reads it
	}
}
