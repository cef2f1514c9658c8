package lab

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
)

// maxFirstLine bounds what a proxy reads in search of a first line's end.
const maxFirstLine = 4096

// link is one connection through a proxy.
type link struct {
	dialler, target *net.TCPConn
	first           string // "" until it is known
}

// carry copies one direction to its end and then passes that end on.
func carry(to *net.TCPConn, from io.Reader) {
	_, err := io.Copy(to, from)
	switch {
	case err == nil:
		_ = to.CloseWrite()
	case errors.Is(err, net.ErrClosed): // by cut, which does it to both sides
	default:
		reset(to) // one side is gone: the other is to know
	}
}

// peekLine waits for the end of a line and returns the line without taking it.
func peekLine(in *bufio.Reader) (string, error) {
	for {
		// Peek waits for one byte more than there was, and may get many more.
		_, err := in.Peek(min(in.Buffered()+1, maxFirstLine))
		seen, _ := in.Peek(in.Buffered())
		if i := bytes.IndexByte(seen, '\n'); i >= 0 {
			return strings.TrimSuffix(string(seen[:i]), "\r"), nil
		}
		if err != nil {
			return "", err
		}
		if len(seen) == maxFirstLine {
			return string(seen), nil
		}
	}
}

func (k *link) cut(how Cut) {
	for _, c := range []*net.TCPConn{k.dialler, k.target} {
		if how == RST {
			reset(c)
		} else {
			_ = c.Close()
		}
	}
}

// reset closes a connection without the usual farewell.
func reset(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}
