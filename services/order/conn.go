package order

import (
	"errors"
	"net"
	"sync"
)

// clientConn is a client's connection and its message.
type clientConn struct {
	net.Conn
	arrivals arrivals
	m        *message
	latest   int64 // when the bytes that Read has returned last arrived
}

// Read reads for TLS, and records when the bytes arrived.
func (c *clientConn) Read(b []byte) (int, error) {
	return c.arrivals.read(b, new(sync.Mutex), func(_ int, at int64) { c.latest = at })
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
	secure  bool // the connections are for TLS
}

func (l listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &clientConn{Conn: conn, arrivals: newArrivals(conn, l.stamped), m: newMessage()}
	if l.secure {
		l.rounds.accept(nil)
	} else {
		l.rounds.accept(c)
	}
	return c, nil
}

// waiting returns the number of connections that wait to be accepted.
func (l listener) waiting() int {
	if !l.stamped {
		return 0
	}
	return backlog(l.Listener)
}
