package relay

import (
	"context"
	"io"
	"net"
	"strings"
	"time"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// call is the dialler's side of a connection. It is for one goroutine, but for
// the end of the context that it was made with, which closes it.
type call struct {
	conn net.Conn
	in   *lines.Reader
	stop func() bool
	said bool // HELLO is on its way
}

// dial connects to a relay or node. The call ends with ctx.
func dial(ctx context.Context, addr string) (*call, error) {
	conn, err := tcp.Dial(ctx, "", addr)
	if err != nil {
		return nil, err
	}
	c := &call{conn: conn, in: lines.NewReader(conn, maxLine)}
	c.stop = context.AfterFunc(ctx, func() { conn.Close() })
	return c, nil
}

// close ends the call gracefully, if all that was asked for has been read: the
// other side, told that no more is asked, closes first.
func (c *call) close() {
	defer c.conn.Close()
	defer c.stop()
	half, ok := c.conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	if c.conn.SetReadDeadline(time.Now().Add(time.Second)) == nil {
		_, _ = io.CopyN(io.Discard, c.conn, 1) // its end is all that is waited for
	}
}

// send sends a request without waiting for the answer.
func (c *call) send(request string) error {
	if !c.said {
		c.said = true
		request = hello + "\n" + request
	}
	return writeLine(c.conn, "%s", request)
}

// ask sends a request and returns the fields of the answer's first line.
func (c *call) ask(request, verb string, fields int) ([]string, error) {
	if err := c.send(request); err != nil {
		return nil, err
	}
	return c.hear(verb, fields)
}

// hear reads a line of an answer.
func (c *call) hear(verb string, fields int) ([]string, error) {
	line, err := readLine(c.in)
	if err != nil {
		return nil, err
	}
	return answer(line, verb, fields)
}

// askFor asks the relay or node at addr one thing, in a call of its own.
func askFor(ctx context.Context, addr, request, verb string, fields int) ([]string, error) {
	c, err := dial(ctx, addr)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := c.conn.SetDeadline(deadline); err != nil {
			return nil, err
		}
	}
	return c.ask(request, verb, fields)
}

// quoteRequest is a request for the log and for errors.
func quoteRequest(parts ...string) string { return lines.Quote([]byte(strings.Join(parts, " "))) }
