package order

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// The limits count bytes, not time: elapsed time on a busy machine is no
// measure of the kernel's behaviour.
const (
	stampedRun = 25  // consecutive bytes with a timestamp, at least a millisecond apart
	probeBytes = 500 // bytes at most

	probeTimeout = 10 * time.Second // for a connection that does not respond
)

// startStamping makes the kernel timestamp received packets, and reports whether
// it does; it continues until stop is called. The kernel starts a moment after
// the first socket on the machine asks for timestamps, and stops a moment after
// the last such socket is closed. In between some bytes have a timestamp and
// others, read at the same time, have none, so that their order would be unknown.
// startStamping therefore sends bytes over a connection of its own until enough
// of them in a row have timestamps.
func startStamping() (works bool, stop func()) {
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
	run := 0
	every := time.NewTicker(time.Millisecond)
	defer every.Stop()
	for range probeBytes {
		if _, err := here.Write([]byte{0}); err != nil {
			return false, stop
		}
		_, err := readStamped(raw, make([]byte, 1), &mu, func(_ int, t int64) { at = t })
		switch {
		case err != nil:
			return false, stop
		case at == 0:
			run = 0
		default:
			run++
		}
		if run == stampedRun {
			return true, stop
		}
		<-every.C
	}
	return false, stop
}

// pair returns both ends of a connection to ln whose arrivals are timestamped.
func pair(ln net.Listener) (here, there net.Conn, err error) {
	if !stamp(ln) {
		return nil, nil, errors.ErrUnsupported
	}
	if here, err = net.DialTimeout("tcp", ln.Addr().String(), probeTimeout); err != nil {
		return nil, nil, err
	}
	if there, err = ln.Accept(); err != nil {
		here.Close()
		return nil, nil, err
	}
	for _, c := range []net.Conn{here, there} {
		_ = c.SetDeadline(time.Now().Add(probeTimeout)) // if it fails, the next call on c fails too
	}
	return here, there, nil
}
