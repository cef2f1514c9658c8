// Command mesh is the limit for the chat: processes that are linked with each other, each
// of which shows the lines of all others. It does what that needs, and nothing else.
//
//	mesh ADDR -FILE        introduces the others to each other. Their addresses are in
//	                       FILE, and are dialled if they are there at the start
//	mesh ADDR HOST:PORT    is introduced by the process that listens there
//
// It checks nothing, keeps nothing, and waits for a process that reads slowly. Do not run
// it where another program can reach it.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"slices"
	"strings"
	"sync"

	"peerlab/e2e/bench/internal/sock"
)

const block = 64 << 10

func main() {
	log.SetFlags(0)
	log.SetPrefix("mesh: ")
	if len(os.Args) != 3 {
		log.Fatal("usage: mesh ADDR (-FILE | HOST:PORT)")
	}
	ln, err := sock.Listen(os.Args[1])
	check(err)
	n := node{addr: ln.Addr().String()}
	if known, introduces := strings.CutPrefix(os.Args[2], "-"); introduces {
		n.known = known
		before, _ := os.ReadFile(known) // the first time there is none
		for addr := range strings.FieldsSeq(string(before)) {
			go n.dial(addr)
		}
	} else {
		go n.dial(os.Args[2])
	}
	go n.talk()
	for {
		conn, err := ln.Accept()
		check(err)
		go n.meet(conn)
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

type node struct {
	addr  string
	known string // the file of the processes that are introduced; empty: none are

	mu    sync.Mutex
	conns []net.Conn
	addrs []string // of the processes that are introduced

	screen sync.Mutex
}

// dial links this node with another, and with those that it introduces.
func (n *node) dial(addr string) {
	conn, err := sock.Dial(addr)
	check(err)
	_, err = fmt.Fprintln(conn, n.addr)
	check(err)
	in := bufio.NewReaderSize(conn, 512)
	line, err := in.ReadString('\n')
	check(err)
	names := strings.Fields(line)
	for _, other := range names[1:] {
		go n.dial(other)
	}
	n.up(conn, in, names[0], nil)
}

// meet links this node with one that has dialled it.
func (n *node) meet(conn net.Conn) {
	in := bufio.NewReaderSize(conn, 512)
	line, err := in.ReadString('\n')
	if err != nil {
		return // the bench has only dialled to see that this node listens
	}
	n.up(conn, in, strings.TrimSpace(line), func() {
		answer := n.addr
		if n.known != "" {
			answer += " " + strings.Join(n.addrs, " ")
		}
		_, err := fmt.Fprintln(conn, answer)
		check(err)
	})
}

// up answers, and shows what the peer sends.
func (n *node) up(conn net.Conn, in io.Reader, peer string, answer func()) {
	n.mu.Lock()
	if answer != nil {
		answer()
	}
	n.conns = append(slices.Clip(n.conns), conn)
	if n.known != "" {
		n.addrs = append(n.addrs, peer)
		check(os.WriteFile(n.known, []byte(strings.Join(n.addrs, "\n")), 0o600))
	}
	n.mu.Unlock()
	n.write([]byte(peer + " is here\n"))
	n.show(in)
	n.mu.Lock()
	n.conns = slices.DeleteFunc(slices.Clone(n.conns), func(o net.Conn) bool { return o == conn })
	n.mu.Unlock()
}

// show splits a stream into lines, and shows all lines of a read with one write.
func (n *node) show(in io.Reader) {
	buf, held := make([]byte, 1<<10), 0
	var out []byte
	for {
		k, err := in.Read(buf[held:])
		if err != nil {
			return
		}
		out = out[:0]
		rest := buf[:held+k]
		for {
			end := bytes.IndexByte(rest, '\n') + 1
			if end == 0 {
				break
			}
			out = append(out, rest[:end]...)
			rest = rest[end:]
		}
		n.write(out)
		if held+k == len(buf) && len(buf) < block {
			buf = append(make([]byte, 0, 2*len(buf)), rest...)
			held, buf = len(rest), buf[:cap(buf)]
		} else {
			held = copy(buf, rest)
		}
	}
}

// write shows lines.
func (n *node) write(lines []byte) {
	n.screen.Lock()
	defer n.screen.Unlock()
	_, err := os.Stdout.Write(lines)
	check(err)
}

// talk sends what is typed to all peers.
func (n *node) talk() {
	buf := make([]byte, block)
	for {
		k, err := os.Stdin.Read(buf)
		if err != nil {
			return
		}
		n.mu.Lock()
		conns := n.conns
		n.mu.Unlock()
		for _, conn := range conns {
			_, _ = conn.Write(buf[:k]) // a peer may have ended
		}
	}
}
