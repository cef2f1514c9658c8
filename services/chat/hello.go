package chat

import (
	"errors"
	"io"
	"net"
	"os"
	"time"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

func (m *member) ourHello() wire.Hello {
	m.lock()
	defer m.unlock()
	last, _ := m.state.Typed()
	return wire.Hello{ID: wire.ID{Name: m.Name, Incarnation: m.Incarnation}, Addr: m.Advertise, State: m.stage, Last: last}
}

// errPing says that the other side asked for PONG and got it.
var errPing = errors.New("health check")

// readHello reads the other side's first line and checks that it is another
// member's, and one that may be here.
func (m *member) readHello(conn net.Conn, in *lines.Reader) (wire.Hello, error) {
	line, err := nextLine(in)
	if err != nil {
		return wire.Hello{}, err
	}
	return m.judgeHello(conn, line)
}

func (m *member) judgeHello(conn net.Conn, line []byte) (wire.Hello, error) {
	msg, err := judge(line)
	if err != nil {
		return wire.Hello{}, err
	}
	var h wire.Hello
	switch msg := msg.(type) {
	case *wire.Hello:
		h = *msg
		h.Addr = tcp.Reachable(h.Addr, conn.RemoteAddr())
	case *wire.Ping:
		if err := write(conn, wire.Pong{Token: msg.Token}); err != nil {
			return h, err
		}
		return h, errPing
	case *wire.Err:
		return h, received(msg)
	default:
		return h, lines.Refuse("syntax", "HELLO comes first")
	}
	switch {
	case h.Name == m.Name && h.Incarnation == m.Incarnation:
		return h, lines.Refuse("self", "%s has reached itself", m.Name.Display())
	case h.Name == m.Name:
		return h, lines.Refuse("taken", "%s is here; stop it, or choose another ID", m.Name.Display())
	case !broadcast.Credible(h.Incarnation, m.Incarnation, time.Now()):
		return h, lines.Refuse("clock", "the incarnation of %s is more than a day ahead of the clock of %s; set the clocks", h.Name.Display(), m.Name.Display())
	}
	return h, nil
}

// theirRefusal marks an ERR line that came from the other side.
type theirRefusal struct{ *lines.Refusal }

func received(msg *wire.Err) error {
	return theirRefusal{lines.Refuse(string(msg.Code), "%s", msg.Reason)}
}

// nextLine waits for a line of the handshake. It waits apart from what is done
// with the line, so that the stack of one who waits is small.
func nextLine(in *lines.Reader) ([]byte, error) {
	line, err := in.Next()
	for err == nil && len(line) == 0 { // a sign of life
		line, err = in.Next()
	}
	switch {
	case errors.Is(err, lines.ErrTooLong):
		return nil, lines.Refuse("syntax", "a line of more than %d bytes", wire.MaxLine)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, lines.Refuse("timeout", "the handshake took more than %v", handshakeTimeout)
	}
	return line, err
}

func judge(line []byte) (wire.Message, error) {
	msg, err := wire.Parse(line)
	switch {
	case errors.Is(err, wire.ErrVersion):
		return nil, lines.Refuse("version", "%v", err)
	case err != nil:
		return nil, lines.Refuse("syntax", "%v", err)
	}
	return msg, nil
}

// only returns the line as a message of the one type that belongs here.
func only[M any, P interface {
	*M
	wire.Message
}](line []byte) (want M, err error) {
	msg, err := judge(line)
	if err != nil {
		return want, err
	}
	switch msg := msg.(type) {
	case P:
		return *msg, nil
	case *wire.Err:
		return want, received(msg)
	}
	return want, lines.Refuse("syntax", "%s where %s belongs", wire.Verb(msg), wire.Verb(P(&want)))
}

func write(conn io.Writer, msg wire.Message) error {
	_, err := conn.Write(msg.Append(nil))
	return err
}
