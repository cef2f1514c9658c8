package memnet

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// window is how many bytes one direction holds before a write waits.
const window = 64 << 10

// pipe is one direction of a connection.
type pipe struct {
	mu     sync.Mutex
	change *sync.Cond // anything below has changed, or a deadline has passed
	buf    []byte
	ended  bool  // no more will be written
	broken error // what both ends get from now on
	held   bool  // bytes go in and do not come out
	rdead  deadline
	wdead  deadline
}

func newPipe() *pipe {
	p := &pipe{}
	p.change = sync.NewCond(&p.mu)
	return p
}

func (p *pipe) read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.broken != nil:
			return 0, p.broken
		case p.rdead.past():
			return 0, os.ErrDeadlineExceeded
		case len(p.buf) > 0 && !p.held:
			n := copy(b, p.buf)
			p.buf = p.buf[n:]
			p.change.Broadcast()
			return n, nil
		case p.ended && !p.held:
			return 0, io.EOF
		}
		p.change.Wait()
	}
}

func (p *pipe) write(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.broken != nil:
			return n, p.broken
		case p.ended:
			return n, net.ErrClosed
		case p.wdead.past():
			return n, os.ErrDeadlineExceeded
		case n == len(b):
			return n, nil
		}
		if room := window - len(p.buf); room > 0 {
			k := min(room, len(b)-n)
			p.buf = append(p.buf, b[n:n+k]...)
			n += k
			p.change.Broadcast()
			continue
		}
		p.change.Wait()
	}
}

// deadline is the time, or zero for none, at which a timer wakes the waiting calls.
type deadline struct {
	at   time.Time
	wake *time.Timer
}

func (d *deadline) past() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func (d *deadline) stop() {
	if d.wake != nil {
		d.wake.Stop()
	}
}

// set changes the pipe under its lock and wakes all waiting calls.
func (p *pipe) set(f func()) {
	p.mu.Lock()
	f()
	p.mu.Unlock()
	p.change.Broadcast()
}

func (p *pipe) end() { p.set(func() { p.ended = true }) }

// shut is the reader's close: unread bytes are dropped and writes fail from now on.
func (p *pipe) shut() {
	p.set(func() {
		if p.broken == nil && (!p.ended || len(p.buf) > 0) {
			p.broken = syscall.EPIPE
		}
		p.buf = nil
	})
}

func (p *pipe) reset() {
	p.set(func() { p.broken, p.buf = syscall.ECONNRESET, nil })
}

// until sets d, and wakes all waiting calls when it has passed.
func (p *pipe) until(d *deadline, t time.Time) {
	p.set(func() {
		d.stop()
		if d.at = t; !t.IsZero() {
			// The timer needs the lock: a call that has checked the deadline and does not
			// wait yet would miss the wake-up.
			d.wake = time.AfterFunc(time.Until(t), func() { p.set(func() {}) })
		}
	})
}

func (p *pipe) stopTimers() {
	p.set(func() {
		p.rdead.stop()
		p.wdead.stop()
	})
}
