package relay

import (
	"context"
	"errors"
	"net"
	"time"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/tcp"
)

// Dialer connects to the relay or node at an address.
type Dialer func(ctx context.Context, addr string) (net.Conn, error)

// call is the dialler's side of a connection. It is for one goroutine at a time.
// Cancelling its context closes it.
type call struct {
	conn    net.Conn
	in      *lines.Reader
	stop    func() bool
	limit   time.Time // deadline of all reads and writes; zero: none
	greeted bool      // HELLO has been sent
	broken  bool      // the position in the stream of answers is unknown
}

// call connects to a relay or node. Cancelling ctx closes the call; the deadline of
// ctx applies to all its reads and writes.
func (d Dialer) call(ctx context.Context, addr string) (*call, error) {
	conn, err := d(ctx, addr)
	if err != nil {
		return nil, err
	}
	c := &call{conn: conn, in: lines.NewReader(conn, maxLine)}
	c.endWith(ctx)
	_ = conn.SetDeadline(c.limit) // fails only if the call has been closed, which the next read or write reports
	return c, nil
}

// node connects to a node. The node has answerTime to accept the connection and
// answer: that is the deadline of the next read, too. Cancelling ctx closes the call.
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

// endWith binds the call to ctx: reads and writes time out at its deadline, and
// cancelling it closes the connection.
func (c *call) endWith(ctx context.Context) {
	c.limit, _ = ctx.Deadline()
	c.stop = context.AfterFunc(ctx, func() {
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			c.conn.Close()
		}
	})
}

// setReadTimeout sets the read deadline to d from now, or to the call's deadline if
// that is earlier.
func (c *call) setReadTimeout(d time.Duration) {
	until := time.Now().Add(d)
	if !c.limit.IsZero() && c.limit.Before(until) {
		until = c.limit
	}
	_ = c.conn.SetReadDeadline(until) // as in call
}

// close closes the connection. If all answers have been read it first closes the
// write side and waits up to a second for the peer to close.
func (c *call) close() {
	defer c.stop()
	if c.broken {
		c.conn.Close()
		return
	}
	tcp.Refuse(c.conn, nil)
}

// send sends a request and does not wait for the answer.
func (c *call) send(request string) error {
	if !c.greeted {
		c.greeted = true
		request = hello + "\n" + request
	}
	err := writeLine(c.conn, "%s", request)
	c.broken = c.broken || err != nil
	return err
}

// ask sends a request and returns the fields of the first line of the answer.
func (c *call) ask(request, verb string, fields int) ([]string, error) {
	if err := c.send(request); err != nil {
		return nil, err
	}
	return c.receive(verb, fields)
}

// receive reads one line of an answer and returns the fields after its verb.
func (c *call) receive(verb string, fields int) ([]string, error) {
	line, err := readLine(c.in)
	if err != nil {
		c.broken = true
		return nil, err
	}
	f, err := answer(line, verb, fields)
	c.broken = lines.IsRefusal(err, "syntax")
	return f, err
}

// askFor sends a single request to the relay or node at addr over a new connection.
func (d Dialer) askFor(ctx context.Context, addr, request, verb string, fields int) ([]string, error) {
	c, err := d.call(ctx, addr)
	if err != nil {
		return nil, err
	}
	defer c.close()
	return c.ask(request, verb, fields)
}
