package relay

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"sync"
)

// rogue starts a node that calls reply with each request and sends the text it
// returns. When reply returns false, the node closes the connection gracefully.
func (l *lab) rogue(reply func(request string) (text string, goOn bool)) (addr string) {
	return l.rawRogue(func(conn net.Conn, in *bufio.Reader) {
		for {
			request, err := in.ReadString('\n')
			if err != nil {
				return
			}
			text, goOn := reply(strings.TrimSuffix(request, "\n"))
			if _, err := io.WriteString(conn, text); err != nil || !goOn {
				return
			}
		}
	})
}

// runs returns a reply function that answers WHO itself, and other requests by reply.
func runs(reply func(request string) (string, bool)) func(string) (string, bool) {
	return func(request string) (string, bool) {
		if request == "WHO" {
			return "NODE 00000000000000cc\n", true
		}
		return reply(request)
	}
}

// rawRogue starts a node that calls handle with each connection after HELLO, and
// closes the connection when handle returns.
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
