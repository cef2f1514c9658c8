// Command barehub is the limit that the room is measured against: it passes the
// lines that come from one connection on to all others, as they are, and does
// nothing else.
//
//	barehub HOST:PORT
//
// All that has come while the last was passed on is kept once and passed on
// together, and each connection's writer writes all that has been queued for it
// with one call. It checks nothing: no text, no bounds, no deadlines. Do not run
// it where anybody else can reach it.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"log"
	"net"
	"slices"
	"sync"
	"syscall"
)

const readSize = 64 << 10

func main() {
	log.SetFlags(0)
	log.SetPrefix("barehub: ")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("HOST:PORT is wanted")
	}
	config := net.ListenConfig{Control: unpaced}
	ln, err := config.Listen(context.Background(), "tcp", flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}
	h := newHub()
	go h.pass()
	for {
		conn, err := ln.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go h.serve(conn)
	}
}

// unpaced has the kernel send without pacing, as our server does on loopback.
func unpaced(_, _ string, c syscall.RawConn) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = syscall.SetsockoptString(int(fd), syscall.IPPROTO_TCP, syscall.TCP_CONGESTION, "reno")
	})
	return errors.Join(err, failed)
}

// hub is all connections, and what has come and not been passed on.
type hub struct {
	mu      sync.Mutex
	changed sync.Cond
	links   []*link
	block   []byte
	parts   []part
}

// part is what came from one connection, up to a place in the block.
type part struct {
	from *link
	to   int
}

func newHub() *hub {
	h := &hub{}
	h.changed.L = &h.mu
	return h
}

func (h *hub) serve(conn net.Conn) {
	defer conn.Close()
	l := &link{conn: conn, queue: net.Buffers{[]byte("connected\n")}}
	l.changed.L = &l.mu
	h.mu.Lock()
	h.links = append(h.links, l)
	h.mu.Unlock()
	go l.write()
	h.read(l)
	h.mu.Lock()
	h.links = slices.DeleteFunc(h.links, func(other *link) bool { return other == l })
	h.mu.Unlock()
	l.mu.Lock()
	l.over = true
	l.changed.Signal()
	l.mu.Unlock()
}

// read takes in what comes, whole lines of it, until that ends.
func (h *hub) read(from *link) {
	buf := make([]byte, readSize)
	have := 0
	for {
		n, err := from.conn.Read(buf[have:])
		if err != nil {
			return
		}
		have += n
		whole := bytes.LastIndexByte(buf[:have], '\n') + 1
		h.mu.Lock()
		h.block = append(h.block, buf[:whole]...)
		h.parts = append(h.parts, part{from, len(h.block)})
		h.changed.Signal()
		h.mu.Unlock()
		have = copy(buf, buf[whole:have])
	}
}

// pass passes on what has come, each time all of it.
func (h *hub) pass() {
	var links []*link
	var spare []part
	for {
		h.mu.Lock()
		for len(h.parts) == 0 {
			h.changed.Wait()
		}
		block, parts := h.block, h.parts
		h.block, h.parts = make([]byte, 0, len(block)), spare[:0]
		links = append(links[:0], h.links...)
		h.mu.Unlock()
		for _, l := range links {
			l.send(block, parts)
		}
		spare = parts
	}
}

// link is one connection's way out.
type link struct {
	conn net.Conn

	mu      sync.Mutex
	changed sync.Cond
	queue   net.Buffers
	over    bool
}

// send queues a block but for what came from this link itself.
func (l *link) send(block []byte, parts []part) {
	l.mu.Lock()
	defer l.mu.Unlock()
	done, begin := 0, 0
	for _, p := range parts {
		if p.from == l {
			if done < begin {
				l.queue = append(l.queue, block[done:begin])
			}
			done = p.to
		}
		begin = p.to
	}
	if done < begin {
		l.queue = append(l.queue, block[done:])
	}
	l.changed.Signal()
}

// write writes what is queued, all of it with one call.
func (l *link) write() {
	var spare net.Buffers
	for {
		l.mu.Lock()
		for len(l.queue) == 0 && !l.over {
			l.changed.Wait()
		}
		queue, over := l.queue, l.over
		l.queue = spare[:0]
		l.mu.Unlock()
		if over {
			return
		}
		spare = queue // WriteTo eats the slice, not what it is in
		if _, err := queue.WriteTo(l.conn); err != nil {
			l.conn.Close()
			return
		}
	}
}
