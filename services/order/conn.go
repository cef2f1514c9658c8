package order

import (
	"errors"
	"net"
)

// caller is a client's connection, and its message.
type caller struct {
	net.Conn
	arrivals arrivals
	m        *message
}

// CloseWrite ends this side's sending.
func (c *caller) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// door is a listener whose connections are callers that the rounds know of.
type door struct {
	net.Listener
	rounds  *rounds
	stamped bool
}

func (d door) Accept() (net.Conn, error) {
	conn, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &caller{conn, newArrivals(conn, d.stamped), newMessage()}
	d.rounds.met(c)
	return c, nil
}

// waiting returns how many connections there are to be accepted.
func (d door) waiting() int {
	if !d.stamped {
		return 0
	}
	return backlog(d.Listener)
}
