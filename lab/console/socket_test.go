package console

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pipes is a listener at 127.0.0.1:80 in memory, whose connections hold no byte: a write
// waits until it is read.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error   { close(p.closed); return nil }
func (p pipes) Addr() net.Addr { return net.TCPAddrFromAddrPort(at80) }

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	p.conns <- far
	return near, nil
}

var at80 = netip.MustParseAddrPort("127.0.0.1:80")

func TestAPageThatDoesNotReadIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		complaints := &log{}
		c := New(Config{Title: "test", Folder: t.TempDir(), Log: complaints})
		c.Show(&stage{console: c})
		c.access = newAccess(at80)
		ln := pipes{make(chan net.Conn), make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- c.Serve(ctx, ln) }()

		conn, err := ln.dial(ctx, "", "")
		require.NoError(t, err)
		_, err = io.WriteString(conn, "GET /socket?token="+c.access.controlToken+" HTTP/1.1\r\nHost: 127.0.0.1"+
			"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
		require.NoError(t, err)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusSwitchingProtocols, answer.StatusCode)
		transport := &http.Transport{DialContext: ln.dial}
		other, _, err := websocket.Dial(ctx, "ws://127.0.0.1/socket?token="+c.access.lookToken,
			&websocket.DialOptions{HTTPClient: &http.Client{Transport: transport}})
		require.NoError(t, err)
		p := &socket{t: t, conn: other, text: make(map[string]string)}

		began, want := time.Now(), ""
		for complaints.String() == "" {
			require.Less(t, time.Since(began), time.Minute, "it is not cut off")
			line := strings.Repeat("z", 1023) + "\n"
			c.Output("client1", []byte(line))
			want += line
			p.await("the line", func() bool { return p.text["client1"] == want })
		}
		assert.InDelta(t, c.writeLimit.Seconds(), time.Since(began).Seconds(), 2)
		assert.Contains(t, complaints.String(), "did not read for 10s")
		_, err = io.Copy(io.Discard, conn)
		require.NoError(t, err, "its connection is not closed")
		c.Output("client1", []byte("the last"))
		p.await("the last line", func() bool { return p.text["client1"] == want+"the last" })

		cancel()
		require.NoError(t, <-served)
		_ = other.CloseNow()
		transport.CloseIdleConnections()
		require.NoError(t, c.Close())
	})
}
