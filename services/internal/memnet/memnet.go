// Package memnet is an in-memory network for tests: connections with buffers,
// deadlines and half-close like TCP's, that can be reset, held up and refused.
// Its blocking calls are durably blocking for testing/synctest. Proposal
// golang.org/issue/77362 (testing/nettest) would replace it.
package memnet

import (
	"context"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
)

// Network is a set of listeners that can be dialled. All methods may be called
// by any goroutine.
type Network struct {
	mu        sync.Mutex
	listeners map[string]*listener
	conns     map[*Conn]struct{} // the dialled ends
	ports     int
	filter    func(from, to string) error
}

// New returns a network without listeners.
func New() *Network {
	return &Network{listeners: make(map[string]*listener), conns: make(map[*Conn]struct{}), ports: 50000}
}

// Listen listens at addr, which must not be taken.
func (n *Network) Listen(addr string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[addr] != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, syscall.EADDRINUSE)
	}
	l := &listener{net: n, addr: addr, backlog: make(chan *Conn, 128), closed: make(chan struct{})}
	n.listeners[addr] = l
	return l, nil
}

// Filter has f asked before every dial, by the names given to Dial; its error is
// the dial's.
func (n *Network) Filter(f func(from, to string) error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.filter = f
}

// Dial connects to the listener at to. The name from is for Filter and Cut.
func (n *Network) Dial(ctx context.Context, from, to string) (net.Conn, error) {
	n.mu.Lock()
	l, f := n.listeners[to], n.filter
	n.ports++
	local := fmt.Sprintf("127.0.0.1:%d", n.ports)
	n.mu.Unlock()
	if f != nil {
		if err := f(from, to); err != nil {
			return nil, err
		}
	}
	if l == nil {
		return nil, fmt.Errorf("dial %s: %w", to, syscall.ECONNREFUSED)
	}
	there, back := newPipe(), newPipe()
	here := &Conn{net: n, in: back, out: there, local: addr(local), remote: addr(to), from: from}
	far := &Conn{net: n, in: there, out: back, local: addr(to), remote: addr(local)}
	n.mu.Lock()
	n.conns[here] = struct{}{}
	n.mu.Unlock()
	var err error
	select {
	case l.backlog <- far:
		select {
		case <-l.closed: // it may have been closed after it emptied its backlog
			far.Reset()
		default:
		}
		return here, nil
	case <-l.closed:
		err = fmt.Errorf("dial %s: %w", to, syscall.ECONNREFUSED)
	case <-ctx.Done():
		err = ctx.Err()
	}
	here.Close()
	return nil, err
}

// Each calls f for every connection that has not been closed by its dialler,
// with the names that it was dialled by.
func (n *Network) Each(f func(c *Conn, from, to string)) {
	n.mu.Lock()
	conns := make([]*Conn, 0, len(n.conns))
	for c := range n.conns {
		conns = append(conns, c)
	}
	n.mu.Unlock()
	for _, c := range conns {
		f(c, c.from, c.remote.String())
	}
}

// Conn is one end of a connection.
type Conn struct {
	net           *Network
	in, out       *pipe
	local, remote addr
	from          string
}

// Reset breaks the connection for both ends; what was on its way is lost.
func (c *Conn) Reset() {
	c.in.reset()
	c.out.reset()
}

// Hold keeps back all that is sent either way, until it is called with false.
func (c *Conn) Hold(on bool) {
	c.in.set(func() { c.in.held = on })
	c.out.set(func() { c.out.held = on })
}

func (c *Conn) Read(b []byte) (int, error)  { return c.in.read(b) }
func (c *Conn) Write(b []byte) (int, error) { return c.out.write(b) }

// CloseWrite ends this end's sending.
func (c *Conn) CloseWrite() error { c.out.end(); return nil }

// Close closes this end. What it has sent still arrives.
func (c *Conn) Close() error {
	c.out.end()
	c.in.shut()
	c.in.stopTimers()
	c.out.stopTimers()
	c.net.mu.Lock()
	delete(c.net.conns, c)
	c.net.mu.Unlock()
	return nil
}

func (c *Conn) LocalAddr() net.Addr  { return c.local }
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

func (c *Conn) SetDeadline(t time.Time) error {
	c.in.until(&c.in.rdead, t)
	c.out.until(&c.out.wdead, t)
	return nil
}

func (c *Conn) SetReadDeadline(t time.Time) error {
	c.in.until(&c.in.rdead, t)
	return nil
}

func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.out.until(&c.out.wdead, t)
	return nil
}

type listener struct {
	net     *Network
	addr    string
	backlog chan *Conn
	closed  chan struct{}
	once    sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.backlog:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() {
		l.net.mu.Lock()
		delete(l.net.listeners, l.addr)
		l.net.mu.Unlock()
		close(l.closed)
		for {
			select {
			case c := <-l.backlog:
				c.Reset()
			default:
				return
			}
		}
	})
	return nil
}

func (l *listener) Addr() net.Addr { return addr(l.addr) }

type addr string

func (addr) Network() string  { return "mem" }
func (a addr) String() string { return string(a) }
