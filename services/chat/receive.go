package chat

import (
	"errors"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// errBye says that the other side has left in good order.
var errBye = errors.New("it has left")

// read takes in what comes from a link until it ends, and says why it did. What
// was shown is on the screen when it returns.
func (m *member) read(l *link) error {
	defer m.screen.flush()
	who := l.peer.name.Who()
	for {
		if !l.in.Ready() {
			m.screen.flush() // all that came with one read goes to the screen with one write
		}
		line, err := l.in.Next()
		switch {
		case errors.Is(err, lines.ErrTooLong):
			return m.cut(l, refuse("syntax", "a line of more than %d bytes", maxLine))
		case err != nil:
			return l.reason(err)
		}
		msg, err := parse(line)
		if err != nil {
			return m.cut(l, refuse("syntax", "%v", err))
		}
		if err := m.take(l, who, msg); err != nil {
			var ours *refusal
			if errors.As(err, &ours) && !errors.As(err, new(theirRefusal)) {
				return m.cut(l, ours)
			}
			return err
		}
	}
}

// take does what one message asks for.
func (m *member) take(l *link, who string, msg message) error {
	switch msg.verb {
	case verbMsg:
		if string(msg.name) != string(l.peer.name) {
			return refuse("sender", "%s sent a line in the name of %s", who, lines.Quote(msg.name))
		}
		if len(msg.text) > maxText {
			return refuse("syntax", "a text of more than %d bytes", maxText)
		}
		have := l.peer.have.Load()
		if msg.seq <= have {
			return nil // it came by an earlier connection
		}
		if msg.seq > have+1 {
			m.screen.lost(who, msg.seq-have-1)
		}
		m.screen.typed(who, msg.text)
		l.peer.have.Store(msg.seq)
	case verbPeer:
		m.heard(msg)
		if l.listed--; l.listed == 0 {
			m.settled(true)
		}
	case verbPing:
		l.send(message{verb: verbPong, token: msg.token})
	case verbPong:
		l.answered()
	case verbBye:
		m.goodbye(l)
		return errBye
	case verbErr:
		return received(msg)
	default:
		return refuse("syntax", "%s is for the handshake", msg.verb)
	}
	return nil
}

// cut ends a link for what came from it: it tells the other side, and the log.
func (m *member) cut(l *link, why *refusal) error {
	m.Log.Warn("cut a connection for what came from it", "peer", l.peer.name.Who(), "why", why)
	tcp.Refuse(l.conn, why.line().append(nil))
	return why
}
