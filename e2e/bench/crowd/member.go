package main

import (
	"bufio"
	"net"
	"time"
)

// member is one client.
type member interface {
	// say sends n lines of that text, with one write where the client has a say
	// in that.
	say(text []byte, n int) error
	close()
}

// ears is where a member puts what it hears.
type ears interface {
	heard(piece []byte) // of the stream or message: all that has come
	deaf(why error)     // nothing will come any more
}

const (
	stuck    = 20 * time.Second // when to give up
	readSize = 64 << 10
)

// wire is a member that speaks a protocol over TCP, with no more effort than
// that takes.
type wire struct {
	conn    net.Conn
	dialect dialect
	out     []byte
}

// joinWire returns when the server will pass on to the member what others say.
func joinWire(d dialect, addr, name string, e ears) (member, error) {
	conn, err := net.DialTimeout("tcp", addr, stuck)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(stuck)); err != nil {
		conn.Close()
		return nil, err
	}
	in := bufio.NewReaderSize(conn, readSize)
	if err := d.join(conn, in, name); err != nil {
		conn.Close()
		return nil, err
	}
	go func() {
		for {
			if _, err := in.Peek(1); err != nil {
				e.deaf(err)
				return
			}
			piece, _ := in.Peek(in.Buffered()) // all of it is there
			e.heard(piece)
			_, _ = in.Discard(len(piece))
		}
	}()
	return &wire{conn: conn, dialect: d}, nil
}

func (w *wire) say(text []byte, n int) error {
	w.out = w.out[:0]
	for range n {
		w.out = w.dialect.line(w.out, text)
	}
	_, err := w.conn.Write(w.out)
	return err
}

func (w *wire) close() { w.conn.Close() }
