package order

import (
	"net"
	"sync"
	"syscall"
	"time"
)

// arrivals reads from a connection and says when what it reads arrived. The
// kernel knows that, where it can be asked: two clients' bytes that arrive within
// a few microseconds are often read the other way round, as the goroutines that
// read them happen to be scheduled, and on a busy machine a goroutine may be late
// by a tenth of a second. Elsewhere the time is that of the read.
type arrivals struct {
	conn net.Conn
	raw  syscall.RawConn // nil: the kernel can't be asked
}

// newArrivals returns the arrivals at a connection, stamped if its listener is.
func newArrivals(conn net.Conn, stamped bool) arrivals {
	if c, ok := conn.(syscall.Conn); ok && stamped {
		if raw, err := c.SyscallConn(); err == nil {
			return arrivals{conn, raw}
		}
	}
	return arrivals{conn: conn}
}

// read is conn.Read. If bytes come, arrived is called with how many, their time,
// in ns since 1970, and with mu locked; while mu is locked they are either there
// to be found by unread, or arrived has been called.
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
		now(n, 0)
	}
	return n, err
}

// unread reports whether bytes have arrived that have not been read, as far as
// the kernel can be asked.
func (a arrivals) unread() bool { return a.raw != nil && bytesIn(a.raw) }

// listenStamped has listen open a listener, and the kernel note when bytes arrive
// on the connections that it accepts. It reports whether the kernel does.
func listenStamped(listen func() (net.Listener, error)) (ln net.Listener, stamped bool, err error) {
	rehearsed, stop := rehearse()
	defer stop()
	if ln, err = listen(); err != nil {
		return nil, false, err
	}
	return ln, rehearsed && stamp(ln), nil
}
