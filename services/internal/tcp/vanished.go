package tcp

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// keepAlive is how an idle connection is tested. The kernel probes after 10 s of
// silence and gives up after three unanswered probes, so that a host that is gone
// is noticed within 25 s.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 3}

const (
	vanishLook  = 4 * time.Second // between two looks at a connection
	vanishLooks = 5               // in succession that find no acknowledgment; counted, in case this process was stopped
	vanishTries = 2               // of the kernel since then: one may be lost, or not answered because another just was
)

// ErrVanished is the reason for closing a connection whose peer has vanished.
var ErrVanished = errors.New("its host has acknowledged nothing for 20s")

// Watch calls vanished when the host at the other end of conn has acknowledged
// nothing for 20 s although the kernel has sent it data or probed its window. It
// is the counterpart of keepalive, which does not probe a connection while data is
// in flight: there the kernel retransmits for 15 minutes.
//
// A peer that does not read, or is stopped, has not vanished: its kernel
// acknowledges data until its window is full, and answers window probes after
// that. So Watch does not use TCP_USER_TIMEOUT, which since Linux 5.11 also closes
// a connection whose peer's window stays full. The probes of a full window are up
// to two minutes apart; a peer that vanishes then is noticed as late.
//
// vanished is called at most once, by a goroutine of its own. stop ends the watch;
// a call that has begun may still be running. Watch does nothing unless conn is a
// TCP connection of Linux.
func Watch(conn net.Conn, vanished func()) (stop func()) {
	return watch(conn, vanishLook, vanished)
}

func watch(conn net.Conn, look time.Duration, vanished func()) (stop func()) {
	c, ok := conn.(syscall.Conn)
	if !ok || !seesAcks {
		return func() {}
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return func() {} // conn is closed
	}
	w := &watcher{raw: raw, look: look, vanished: vanished, answered: time.Now()}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(look, w.check)
	return w.stop
}

// watcher is one call of Watch.
type watcher struct {
	raw      syscall.RawConn
	look     time.Duration
	vanished func()

	mu       sync.Mutex
	timer    *time.Timer
	over     bool
	answered time.Time // of the last look that found the peer there
	missed   int       // looks since then
	before   uint32    // segments retransmitted before then
}

func (w *watcher) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	w.timer.Stop()
}

// check looks at the connection once and is called by the timer.
func (w *watcher) check() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	a := acksOn(w.raw)
	if !a.awaited || a.last < time.Since(w.answered) {
		w.answered, w.missed, w.before = time.Now(), 0, a.retransmitted
	} else if w.missed++; w.missed >= vanishLooks && a.probes+a.retransmitted-w.before >= vanishTries {
		w.over = true
		go w.vanished()
		return
	}
	w.timer.Reset(w.look)
}

// acks is what the kernel knows of a connection's acknowledgments.
type acks struct {
	awaited       bool          // the latest segment, or a probe of the peer's window, is unanswered
	last          time.Duration // since the latest one of any kind
	probes        uint32        // in succession, unanswered
	retransmitted uint32        // segments since the connection began
}
