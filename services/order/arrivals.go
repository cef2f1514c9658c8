package order

import (
	"net"
	"sync"
	"syscall"
	"time"
)

// arrivals reads from a connection and records when the bytes arrived. The kernel
// provides that time where it supports timestamps. Goroutine scheduling alone is
// too coarse: the bytes of two clients that arrive within a few microseconds are
// often read in the opposite order, and on a busy machine a goroutine may run a
// tenth of a second late. Without timestamps the time is that of the read.
type arrivals struct {
	conn net.Conn
	raw  syscall.RawConn // nil: no timestamps
	// below is what conn, if it is TLS, reads from: the times are of its bytes.
	below *clientConn
}

// newArrivals returns the arrivals of a connection. stamped reports whether its
// listener has timestamps enabled.
func newArrivals(conn net.Conn, stamped bool) arrivals {
	if c, ok := conn.(syscall.Conn); ok && stamped {
		if raw, err := c.SyscallConn(); err == nil {
			return arrivals{conn: conn, raw: raw}
		}
	}
	return arrivals{conn: conn}
}

// read reads like conn.Read. If it reads n > 0 bytes it calls arrived, with mu
// locked, with n and the time of arrival in ns since 1970. Bytes that have
// arrived are therefore at any time, while mu is locked, either reported by
// unread or recorded by arrived.
func (a arrivals) read(b []byte, mu sync.Locker, arrived func(n int, at int64)) (n int, err error) {
	now := func(n int, at int64) {
		if at == 0 {
			at = time.Now().UnixNano()
		}
		arrived(n, at)
	}
	if a.raw != nil {
		return readStamped(a.raw, b, mu, now)
	}
	if n, err = a.conn.Read(b); n > 0 {
		mu.Lock()
		defer mu.Unlock()
		at := int64(0)
		if a.below != nil {
			at = a.below.latest
		}
		now(n, at)
	}
	return n, err
}

// unread reports whether the connection has bytes that have arrived but have not
// been read. Without timestamps it returns false.
func (a arrivals) unread() bool { return a.raw != nil && bytesIn(a.raw) }

// listenStamped calls listen to open a listener and enables the kernel's
// timestamps on the connections that it accepts. stamped reports whether the
// kernel provides them.
func listenStamped(listen func() (net.Listener, error)) (ln net.Listener, stamped bool, err error) {
	works, stop := startStamping()
	defer stop()
	if ln, err = listen(); err != nil {
		return nil, false, err
	}
	return ln, works && stamp(ln), nil
}
