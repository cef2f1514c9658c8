package chat

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// hello is what a HELLO line says.
type hello struct {
	name        Name
	incarnation uint64
	addr        string
	state       state
	last        uint64
}

func (m *member) ourHello() hello {
	last, _ := m.delivery.typed()
	m.mu.Lock()
	defer m.mu.Unlock()
	return hello{m.Name, m.Incarnation, m.Advertise, m.state, last}
}

// write says it.
func (h *hello) write(conn net.Conn) error {
	return write(conn, message{verb: verbHello, name: []byte(h.name), incarnation: h.incarnation, addr: []byte(h.addr), state: h.state, seq: h.last})
}

// errPing says that the other side asked for PONG and got it.
var errPing = errors.New("health check")

// readHello reads the other side's first line and checks that it is another
// member's, and one that may be here.
func (m *member) readHello(conn net.Conn, in *lines.Reader) (hello, error) {
	line, err := nextLine(in)
	if err != nil {
		return hello{}, err
	}
	return m.judgeHello(conn, line)
}

func (m *member) judgeHello(conn net.Conn, line []byte) (hello, error) {
	msg, err := judge(line)
	if err != nil {
		return hello{}, err
	}
	switch msg.verb {
	case verbHello:
	case verbPing:
		msg.verb = verbPong
		if err := write(conn, msg); err != nil {
			return hello{}, err
		}
		return hello{}, errPing
	case verbErr:
		return hello{}, received(msg)
	default:
		return hello{}, lines.Refuse("syntax", "HELLO comes first")
	}
	h := hello{Name(msg.name), msg.incarnation, reachable(string(msg.addr), conn.RemoteAddr()), msg.state, msg.seq}
	switch {
	case h.name == m.Name && h.incarnation == m.Incarnation:
		return h, lines.Refuse("self", "%s has reached itself", m.Name.Who())
	case h.name == m.Name:
		return h, lines.Refuse("taken", "%s is here; stop it, or choose another ID", m.Name.Who())
	}
	return h, nil
}

// theirRefusal marks an ERR line that came from the other side.
type theirRefusal struct{ *lines.Refusal }

func received(msg message) error {
	return theirRefusal{lines.Refuse(string(msg.token), "%s", msg.text)}
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
		return nil, lines.Refuse("syntax", "a line of more than %d bytes", maxLine)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, lines.Refuse("timeout", "the handshake took more than %v", handshakeTimeout)
	}
	return line, err
}

func judge(line []byte) (message, error) {
	msg, err := parse(line)
	switch {
	case errors.Is(err, errVersion):
		return msg, lines.Refuse("version", "%v", err)
	case err != nil:
		return msg, lines.Refuse("syntax", "%v", err)
	}
	return msg, nil
}

// only returns the line as a message of the one verb that belongs here.
func only(want verb, line []byte) (message, error) {
	msg, err := judge(line)
	switch {
	case err != nil:
		return msg, err
	case msg.verb == verbErr:
		return msg, received(msg)
	case msg.verb != want:
		return msg, lines.Refuse("syntax", "%s where %s belongs", msg.verb, want)
	}
	return msg, nil
}

func write(conn io.Writer, msg message) error {
	_, err := conn.Write(msg.append(nil))
	return err
}

// sendOff tells the other side why it is refused, if it is this side that
// refuses, and closes the connection. It returns the error for the log.
func (m *member) sendOff(conn net.Conn, err error) error {
	var theirs theirRefusal
	var ours *lines.Refusal
	switch {
	case errors.As(err, &theirs):
		err = fmt.Errorf("refused by the other side: %w", err)
	case errors.As(err, &ours):
		tcp.Refuse(conn, []byte(ours.Line()+"\n"))
		return err
	}
	conn.Close()
	return err
}
