package load

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// Protocol is how files are requested. The same code reads the answers of all.
type Protocol struct {
	request string // with %s for the name
	ok      string // the beginning of a good answer
	headEnd string
	size    func(head []byte) []byte // the digits in the head
	tail    string                   // the beginning of the line after the file; empty: nothing follows
}

// Relay is the protocol of the relay's nodes, see docs/protocol.md.
var Relay = Protocol{
	request: "HELLO peerlab-relay/1\nGET 0 - - %s\n", ok: "SEND ", headEnd: "\n", tail: "END ",
	size: func(head []byte) []byte { return head[bytes.LastIndexByte(head, ' ')+1:] },
}

// HTTP is HTTP/1.1, for servers that send Content-Length in this case.
var HTTP = Protocol{
	request: "GET /%s HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n", ok: "HTTP/1.1 200 ", headEnd: "\r\n\r\n",
	size: func(head []byte) []byte {
		_, field, _ := bytes.Cut(head, []byte("\r\nContent-Length: "))
		digits, _, _ := bytes.Cut(field, []byte("\r\n"))
		return digits
	},
}

// Files requests files, each over a connection of its own, so many at a time, drops
// their bytes, and returns how many there were.
func (g *Group) Files(ctx context.Context, p Protocol, server netip.AddrPort, names []string, atOnce int) (total int64, u Usage, err error) {
	open := 0
	var request func() error
	request = func() error {
		name := names[0]
		names = names[1:]
		open++
		return g.file(p, server, name, func(size int64) error {
			open--
			total += size
			if len(names) == 0 {
				return nil
			}
			return request()
		})
	}
	u, err = g.Measure(func() error {
		for range min(atOnce, len(names)) {
			if err := request(); err != nil {
				return err
			}
		}
		return g.Until(ctx, patience, func() bool { return open == 0 })
	})
	return total, u, err
}

// file requests one file and calls done, in Until, when all of it has been read.
func (g *Group) file(p Protocol, server netip.AddrPort, name string, done func(size int64) error) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	if err = unix.Connect(fd, &unix.SockaddrInet4{Port: int(server.Port()), Addr: server.Addr().As4()}); err == nil {
		_, err = unix.Write(fd, fmt.Appendf(nil, p.request, name))
	}
	if err != nil {
		unix.Close(fd)
		return fmt.Errorf("request %s from %v: %w", name, server, err)
	}
	a := answer{protocol: p}
	return g.on(fd, unix.EPOLLIN, func() error {
		n, err := unix.Read(fd, g.buf)
		if err == unix.EINTR {
			return nil
		}
		var over bool
		if err == nil {
			over, err = a.read(g.buf[:max(n, 0)])
		}
		if err == nil && !over {
			return nil
		}
		delete(g.handlers, fd)
		unix.Close(fd) // which removes it from epoll
		if err != nil {
			return fmt.Errorf("%s from %v: %w", name, server, err)
		}
		return done(a.size)
	})
}

// answer is what a server has sent so far in answer to one request.
type answer struct {
	protocol Protocol
	head     []byte // until it is complete
	size     int64  // of the file
	left     int64  // bytes of the file that have not come
	body     bool   // the head is complete
	tail     []byte // what follows the file
}

// read reads a piece of the answer, and reports whether it was the last. An empty piece
// is the end of the connection.
func (a *answer) read(piece []byte) (over bool, err error) {
	if len(piece) == 0 {
		return false, fmt.Errorf("the answer ends after %q, %d bytes of the file are missing", a.head, a.left)
	}
	if !a.body {
		a.head = append(a.head, piece...)
		end := bytes.Index(a.head, []byte(a.protocol.headEnd))
		if end < 0 {
			return false, nil
		}
		head := a.head[:end]
		if a.size, err = strconv.ParseInt(string(a.protocol.size(head)), 10, 64); err != nil || !bytes.HasPrefix(head, []byte(a.protocol.ok)) {
			return false, fmt.Errorf("%q is no answer with a file", head)
		}
		piece = a.head[end+len(a.protocol.headEnd):]
		a.body, a.left = true, a.size
	}
	ofFile := min(a.left, int64(len(piece)))
	a.left -= ofFile
	a.tail = append(a.tail, piece[ofFile:]...)
	if a.left > 0 || a.protocol.tail != "" && !bytes.HasSuffix(a.tail, []byte{'\n'}) {
		return false, nil
	}
	if !bytes.HasPrefix(a.tail, []byte(a.protocol.tail)) || a.protocol.tail == "" && len(a.tail) > 0 {
		return false, fmt.Errorf("%q follows the file", a.tail)
	}
	return true, nil
}
