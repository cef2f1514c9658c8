package lab

import (
	"bufio"
	"errors"
	"io"
	"net"
	"sync"
)

// Cut is how a proxy ends a connection.
type Cut int

const (
	FIN Cut = iota // in good order, as a program does that closes it
	RST            // by a reset, as when a program is killed or a cable fails
)

// Proxy passes TCP connections on to a program, so that a test can break the
// links to it. It knows connections apart by the first line that the dialling
// side sent, without its LF. Its methods may be called from any goroutine.
type Proxy struct {
	// Address is where the proxy listens.
	Address string

	lab    *Lab
	target string
	ln     net.Listener
	all    sync.WaitGroup

	mu     sync.Mutex
	admits func(first string) bool
	links  map[*link]bool
	closed bool
}

// Everyone admits, or cuts, every connection.
func Everyone(string) bool { return true }

// Nobody admits, or cuts, no connection.
func Nobody(string) bool { return false }

// NewProxy starts a proxy on a free port for whoever listens at target, now or
// later. It ends with the lab.
func (l *Lab) NewProxy(target string) *Proxy {
	l.t.Helper()
	p := &Proxy{Address: l.Address(), lab: l, target: target, admits: Everyone, links: map[*link]bool{}}
	var err error
	if p.ln, err = l.Listen(p.Address); err != nil {
		l.fail("the scenario's proxy in front of %s cannot listen at %s: %v", target, p.Address, err)
	}
	l.t.Cleanup(p.close)
	p.all.Go(p.accept)
	return p
}

// Break cuts the connections whose first line matches, and from then on admits
// only those whose first line does not. What was on its way may be lost.
func (p *Proxy) Break(how Cut, matches func(first string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.admits = func(first string) bool { return !matches(first) }
	for k := range p.links {
		if matches(k.first) {
			k.cut(how)
		}
	}
}

// Heal admits everyone again.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.admits = Everyone
}

// Callers are the first lines of the connections that there are, as far as they
// are known.
func (p *Proxy) Callers() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []string
	for k := range p.links {
		if k.first != "" {
			all = append(all, k.first)
		}
	}
	return all
}

// Links is how many connections with a known first line there are.
func (p *Proxy) Links() int { return len(p.Callers()) }

func (p *Proxy) close() {
	p.mu.Lock()
	p.closed = true
	_ = p.ln.Close()
	for k := range p.links {
		k.cut(RST)
	}
	p.mu.Unlock()
	p.all.Wait()
}

func (p *Proxy) accept() {
	for {
		c, err := p.ln.Accept()
		if err != nil {
			return
		}
		p.all.Go(func() { p.pass(c.(*net.TCPConn)) })
	}
}

// pass carries one connection. The target may speak before the dialler does.
func (p *Proxy) pass(dialler *net.TCPConn) {
	c, err := p.lab.Dial(p.target)
	if err != nil {
		reset(dialler)
		return
	}
	k := &link{dialler: dialler, target: c.(*net.TCPConn)}
	if !p.add(k) {
		return
	}
	var back sync.WaitGroup
	back.Go(func() { carry(k.dialler, k.target) })
	in := bufio.NewReaderSize(dialler, maxFirstLine)
	if p.admit(k, in) {
		carry(k.target, in)
	} else {
		k.cut(RST)
	}
	back.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	k.cut(FIN)
	delete(p.links, k)
}

func (p *Proxy) add(k *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		k.cut(RST)
		return false
	}
	p.links[k] = true
	return true
}

// admit reads the dialler's first line, leaves it in the reader, and decides.
func (p *Proxy) admit(k *link, in *bufio.Reader) bool {
	first, err := peekLine(in)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil || p.closed {
		return errors.Is(err, io.EOF) && !p.closed
	}
	k.first = first
	return p.admits(first)
}
