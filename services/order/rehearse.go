package order

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

const (
	rehearsed = 25 * time.Millisecond  // without a byte that has no time
	rehearsal = 250 * time.Millisecond // at most
)

// rehearse has the kernel begin to note arrivals, and reports whether it does; it
// goes on until stop is called. The kernel begins when the first on the machine
// asks for it, and a moment later; and it may still be about to end, because the
// last one before has closed. Meanwhile some bytes have a time and others, read
// at the same time, have none: nothing could be told from that.
func rehearse() (works bool, stop func()) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return false, func() {}
	}
	here, there, err := pair(ln)
	stop = func() {
		ln.Close()
		if err == nil {
			here.Close()
			there.Close()
		}
	}
	if err != nil {
		return false, stop
	}
	raw, e := there.(syscall.Conn).SyscallConn()
	if e != nil {
		return false, stop
	}
	var mu sync.Mutex
	var at int64
	every := time.NewTicker(time.Millisecond)
	defer every.Stop()
	began := time.Now()
	for since := began; time.Since(began) < rehearsal; <-every.C {
		if _, err := here.Write([]byte{0}); err != nil {
			return false, stop
		}
		_, err := readStamped(raw, make([]byte, 1), &mu, func(_ int, t int64) { at = t })
		switch {
		case err != nil:
			return false, stop
		case at == 0:
			since = time.Now()
		case time.Since(since) >= rehearsed:
			return true, stop
		}
	}
	return false, stop
}

// pair returns a connection to ln, both ends of it, that has its arrivals stamped.
func pair(ln net.Listener) (here, there net.Conn, err error) {
	if !stamp(ln) {
		return nil, nil, errors.ErrUnsupported
	}
	if here, err = net.DialTimeout("tcp", ln.Addr().String(), rehearsal); err != nil {
		return nil, nil, err
	}
	if there, err = ln.Accept(); err != nil {
		here.Close()
		return nil, nil, err
	}
	for _, c := range []net.Conn{here, there} {
		_ = c.SetDeadline(time.Now().Add(2 * rehearsal)) // an error is met when the connection is used
	}
	return here, there, nil
}
