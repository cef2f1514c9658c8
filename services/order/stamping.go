package order

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// Bytes are counted, and not the time that they take: on a busy machine that says
// more of who else runs than of the kernel.
const (
	rehearsed = 25  // bytes on end that have a time, a millisecond or more apart
	rehearsal = 500 // bytes at most

	rehearsalTime = 10 * time.Second // for something that does not answer at all
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
	onEnd := 0
	every := time.NewTicker(time.Millisecond)
	defer every.Stop()
	for range rehearsal {
		if _, err := here.Write([]byte{0}); err != nil {
			return false, stop
		}
		_, err := readStamped(raw, make([]byte, 1), &mu, func(_ int, t int64) { at = t })
		switch {
		case err != nil:
			return false, stop
		case at == 0:
			onEnd = 0
		default:
			onEnd++
		}
		if onEnd == rehearsed {
			return true, stop
		}
		<-every.C
	}
	return false, stop
}

// pair returns a connection to ln, both ends of it, that has its arrivals stamped.
func pair(ln net.Listener) (here, there net.Conn, err error) {
	if !stamp(ln) {
		return nil, nil, errors.ErrUnsupported
	}
	if here, err = net.DialTimeout("tcp", ln.Addr().String(), rehearsalTime); err != nil {
		return nil, nil, err
	}
	if there, err = ln.Accept(); err != nil {
		here.Close()
		return nil, nil, err
	}
	for _, c := range []net.Conn{here, there} {
		_ = c.SetDeadline(time.Now().Add(rehearsalTime)) // an error is met when the connection is used
	}
	return here, there, nil
}
