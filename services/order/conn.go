package order

import (
	"errors"
	"net"
)

// clientConn is a client's connection and its message.
type clientConn struct {
	net.Conn
	arrivals arrivals
	m        *message
}

// CloseWrite closes the sending side of the connection.
func (c *clientConn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// listener accepts clientConns and reports each to rounds.
type listener struct {
	net.Listener
	rounds  *rounds
	stamped bool
}

func (l listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &clientConn{conn, newArrivals(conn, l.stamped), newMessage()}
	l.rounds.accept(c)
	return c, nil
}

// waiting returns the number of connections that wait to be accepted.
func (l listener) waiting() int {
	if !l.stamped {
		return 0
	}
	return backlog(l.Listener)
}
