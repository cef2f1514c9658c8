package tcp

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// keepAlive configures how the kernel tests an idle connection. It probes after
// 10 s without data and gives up after three unanswered probes, so that an
// unreachable host is noticed within 25 s.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}

const (
	vanishLook  = 4 * time.Second // between two checks of a connection
	vanishLooks = 5               // consecutive checks without an acknowledgment; a count, because this process may have been stopped
	vanishTries = 2               // transmissions since then: a single one may be lost, or unanswered because of the one before
)

// ErrVanished is the reason for closing a connection whose peer has vanished.
var ErrVanished = errors.New("its host has acknowledged nothing for 20s")

// Watch calls vanished when the host at the other end of conn has acknowledged
// nothing for 20 s although the kernel has sent it data or probed its window. It
// complements keepalive, which does not probe a connection while data is in
// flight: there the kernel retransmits for 15 minutes.
//
// A peer that is stopped or does not read has not vanished: its kernel
// acknowledges data until its window is full, and then answers window probes. For
// this reason Watch does not use TCP_USER_TIMEOUT, which since Linux 5.11 also
// closes a connection whose peer's window stays full. The probes of a full window
// are up to two minutes apart, so Watch may notice as late that such a peer has
// vanished.
//
// vanished is called at most once, in a goroutine of its own. stop ends the
// watch; a call that has begun may still be running. Watch does nothing unless
// conn is a TCP connection on Linux, or TLS over one.
func Watch(conn net.Conn, vanished func()) (stop func()) {
	return watch(conn, vanishLook, vanished)
}

func watch(conn net.Conn, look time.Duration, vanished func()) (stop func()) {
	if over, ok := conn.(interface{ NetConn() net.Conn }); ok { // TLS, say
		conn = over.NetConn()
	}
	c, ok := conn.(syscall.Conn)
	if !ok || !seesAcks {
		return func() {}
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return func() {} // conn is closed
	}
	w := &watcher{raw: raw, look: look, vanished: vanished}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(look, w.check)
	return w.stop
}

// watcher is the state of one call of Watch.
type watcher struct {
	raw      syscall.RawConn
	look     time.Duration
	vanished func()

	mu      sync.Mutex
	timer   *time.Timer
	over    bool
	silence silence
}

func (w *watcher) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	w.timer.Stop()
}

// check examines the connection once. The timer calls it.
func (w *watcher) check() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	if w.silence.lasts(acksOn(w.raw)) {
		w.over = true
		go w.vanished()
		return
	}
	w.timer.Reset(w.look)
}

// silence is how long the other end has acknowledged nothing, in checks. It
// compares counters of the kernel, not times: a time since the latest
// acknowledgment, rounded by the kernel, may lie on either side of the previous check.
type silence struct {
	checks   uint32 // consecutive ones without an acknowledgment
	received uint32 // segments at the last check that found one
	sent     uint32 // retransmitted segments at that check
}

// lasts adds the result of a check, and reports whether the other end has vanished.
func (s *silence) lasts(a acks) bool {
	if !a.awaited || a.received != s.received {
		*s = silence{received: a.received, sent: a.retransmitted}
		return false
	}
	s.checks++
	return s.checks >= vanishLooks && a.probes+a.retransmitted-s.sent >= vanishTries
}

// acks describes the acknowledgments of a connection, as reported by the kernel.
type acks struct {
	awaited       bool   // the latest segment or window probe is unanswered
	received      uint32 // segments, since the connection was established
	probes        uint32 // consecutive unanswered window probes
	retransmitted uint32 // segments, since the connection was established
}
