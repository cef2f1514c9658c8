package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"time"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// Dialer connects to the relay or node at an address. Nil dials TCP.
type Dialer func(ctx context.Context, addr string) (net.Conn, error)

// call is the dialler's side of a connection. It is for one goroutine, but for
// the end of the context that it was made with, which closes it.
type call struct {
	conn   net.Conn
	in     *lines.Reader
	stop   func() bool
	limit  time.Time // for all that is read and written; zero: none
	said   bool      // HELLO is on its way
	broken bool      // nothing that the other side says can be relied on any more
}

// call connects to a relay or node. The call ends with ctx, whose deadline is
// that of all that is read and written.
func (d Dialer) call(ctx context.Context, addr string) (*call, error) {
	var conn net.Conn
	var err error
	if d != nil {
		conn, err = d(ctx, addr)
	} else {
		conn, err = tcp.Dial(ctx, "", addr)
	}
	if err != nil {
		return nil, err
	}
	c := &call{conn: conn, in: lines.NewReader(conn, maxLine)}
	c.endWith(ctx)
	_ = conn.SetDeadline(c.limit) // fails only when the call has been closed, which the next step meets too
	return c, nil
}

// node calls a node, which has a second to take the call and say something: the
// next read must be done by then. The call ends with ctx.
func (d Dialer) node(ctx context.Context, addr string) (*call, error) {
	first, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	c, err := d.call(first, addr)
	if err != nil {
		return nil, err
	}
	c.stop()
	c.endWith(ctx)
	_ = c.conn.SetWriteDeadline(c.limit) // as in call
	return c, nil
}

// endWith has the call end with ctx: at its deadline reads and writes say so, and
// when it is cancelled the call is closed.
func (c *call) endWith(ctx context.Context) {
	c.limit, _ = ctx.Deadline()
	c.stop = context.AfterFunc(ctx, func() {
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			c.conn.Close()
		}
	})
}

// patience sets how long the reads from now on may take together.
func (c *call) patience(d time.Duration) {
	until := time.Now().Add(d)
	if !c.limit.IsZero() && c.limit.Before(until) {
		until = c.limit
	}
	_ = c.conn.SetReadDeadline(until) // as in call
}

// close ends the call gracefully, if all that was asked for has been read: the
// other side, told that no more is asked, closes first.
func (c *call) close() {
	defer c.conn.Close()
	defer c.stop()
	if c.broken {
		return
	}
	if half, ok := c.conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		c.patience(time.Second)
		_, _ = io.CopyN(io.Discard, c.conn, 1) // its end is all that is waited for
	}
}

// send sends a request without waiting for the answer.
func (c *call) send(request string) error {
	if !c.said {
		c.said = true
		request = hello + "\n" + request
	}
	err := writeLine(c.conn, "%s", request)
	c.broken = c.broken || err != nil
	return err
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
		c.broken = true
		return nil, err
	}
	f, err := answer(line, verb, fields)
	c.broken = is(err, "syntax")
	return f, err
}

// askFor asks the relay or node at addr one thing, in a call of its own.
func (d Dialer) askFor(ctx context.Context, addr, request, verb string, fields int) ([]string, error) {
	c, err := d.call(ctx, addr)
	if err != nil {
		return nil, err
	}
	defer c.close()
	return c.ask(request, verb, fields)
}
