package relay

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"sync"
)

// rogue starts a node that does as says says, which is called with each request
// and whatever it returns is sent. When it reports false the connection is
// closed, gracefully.
func (l *lab) rogue(says func(request string) (answer string, goOn bool)) (addr string) {
	return l.rawRogue(func(conn net.Conn, in *bufio.Reader) {
		for {
			request, err := in.ReadString('\n')
			if err != nil {
				return
			}
			text, goOn := says(strings.TrimSuffix(request, "\n"))
			if _, err := io.WriteString(conn, text); err != nil || !goOn {
				return
			}
		}
	})
}

// runs makes a rogue that answers WHO itself, and other requests by says.
func runs(says func(request string) (string, bool)) func(string) (string, bool) {
	return func(request string) (string, bool) {
		if request == "WHO" {
			return "NODE 00000000000000cc\n", true
		}
		return says(request)
	}
}

// rawRogue starts a node that hands its connections to handle once HELLO has
// come, and closes them when that returns.
func (l *lab) rawRogue(handle func(conn net.Conn, in *bufio.Reader)) (addr string) {
	ln := l.listen()
	l.runs(func(ctx context.Context) {
		var all sync.WaitGroup
		defer all.Wait()
		defer context.AfterFunc(ctx, func() { ln.Close() })()
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				in := bufio.NewReader(conn)
				if line, err := in.ReadString('\n'); err == nil && line == hello+"\n" {
					handle(conn, in)
				}
			})
		}
	})
	l.lists(ln.Addr().String())
	return ln.Addr().String()
}
