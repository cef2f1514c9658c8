package order

import (
	"net"
	"syscall"
	"time"
)

// arrivals reads from a connection and says when what it reads arrived. The
// kernel knows that, where it can be asked: two clients' bytes that arrive within
// a few microseconds are often read the other way round, as the goroutines that
// read them happen to be scheduled. Elsewhere the time is that of the read.
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

// read is conn.Read. The time is in ns since 1970.
func (a arrivals) read(b []byte) (n int, at int64, err error) {
	if a.raw != nil {
		n, at, err = readStamped(a.raw, b)
	} else {
		n, err = a.conn.Read(b)
	}
	if at == 0 {
		at = time.Now().UnixNano()
	}
	return n, at, err
}

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

// rehearsal is how long the kernel has to begin with its notes.
const rehearsal = 100 * time.Millisecond

// rehearse has the kernel begin to note arrivals, which takes it up to a
// millisecond in which some have a time and some have none, and reports whether
// it does. It goes on until stop is called.
func rehearse() (works bool, stop func()) {
	none := func() {}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return false, none
	}
	if !stamp(ln) {
		ln.Close()
		return false, none
	}
	for began := time.Now(); !works && err == nil && time.Since(began) < rehearsal; {
		works, err = arrivesStamped(ln)
	}
	return works, func() { ln.Close() }
}

// arrivesStamped sends a byte to ln, and reports whether it has a time.
func arrivesStamped(ln net.Listener) (bool, error) {
	here, err := net.DialTimeout("tcp", ln.Addr().String(), rehearsal)
	if err != nil {
		return false, err
	}
	defer here.Close()
	there, err := ln.Accept()
	if err != nil {
		return false, err
	}
	defer there.Close()
	if _, err := here.Write([]byte{0}); err != nil {
		return false, err
	}
	raw, err := there.(syscall.Conn).SyscallConn()
	if err != nil {
		return false, err
	}
	_, at, err := readStamped(raw, make([]byte, 1))
	return at != 0, err
}
