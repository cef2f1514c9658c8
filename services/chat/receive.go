package chat

import (
	"errors"
	"io"
	"time"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"

	"peerlab/services/chat/internal/wire"
)

// errBye says that the other side has left in good order.
var errBye = errors.New("it has left")

// read takes in what comes from a link until it ends, and says why it did. What
// was shown is on the screen when it returns.
func (m *member) read(l *link) error {
	if l.listed == 0 {
		if err := m.listOver(l); err != nil {
			return err
		}
	}
	for {
		line, err := l.in.Next()
		switch {
		case errors.Is(err, lines.ErrTooLong):
			return m.cut(l, lines.Refuse("syntax", "a line of more than %d bytes", wire.MaxLine))
		case errors.Is(err, errSilent):
			m.sayLast(l, lines.Refuse("silent", "%v", errSilent))
			return l.reason(err)
		case err != nil:
			return l.reason(err)
		}
		err = m.takeAll(l, line)
		m.screen.flush() // all that came with one read goes to the screen with one write
		if err != nil {
			var ours *lines.Refusal
			if errors.As(err, &ours) && !errors.As(err, new(theirRefusal)) {
				return m.cut(l, ours)
			}
			return err
		}
	}
}

// takeAll takes in a line and those behind it that came with the same read.
func (m *member) takeAll(l *link, line []byte) (err error) {
	d := m.delivery
	d.mu.Lock()
	defer d.mu.Unlock()
	defer d.release()
	d.wait(l)
	for {
		seq, text, plain := l.plain(line)
		var msg wire.Message
		if !plain {
			msg, err = l.parser.Parse(line)
		}
		switch {
		case err != nil:
			return lines.Refuse("syntax", "%v", err)
		case plain:
			d.arrive(l, l.origin, seq, text, line)
		case l.listed > 1 && d.knows(l, msg):
			l.listed--
		case forDelivery(msg) && (l.listed == 0 || !isHave(msg)):
			err = d.take(l, msg, line)
		default:
			d.mu.Unlock()
			err = m.take(l, msg)
			d.mu.Lock()
		}
		if err != nil || !l.in.Ready() {
			return err
		}
		if line, err = l.in.Next(); err != nil {
			return nil // too long: the next call of Next says so again
		}
	}
}

// take does what a message asks for that is not about lines of chat.
func (m *member) take(l *link, msg wire.Message) error {
	switch msg := msg.(type) {
	case *wire.Have: // of the list
		return m.takeListed(l, mention{msg.ID, "", msg.Seq})
	case *wire.Peer:
		x := mention{msg.ID, msg.Addr, msg.Have}
		if l.listed > 0 {
			return m.takeListed(l, x)
		}
		return m.introduced(l, x)
	case *wire.Ping:
		l.send(wire.Pong{Token: msg.Token})
	case *wire.Pong:
		l.answered()
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

func isHave(msg wire.Message) bool {
	_, is := msg.(*wire.Have)
	return is
}

// cut ends a link for what came from it: it tells the other side, and the log.
func (m *member) cut(l *link, why *lines.Refusal) error {
	m.Log.Warn("cut a connection for what came from it", "peer", l.peer.name.Who(), "why", why)
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
