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

// inMemory is a page that is served over pipes, for a synctest bubble.
type inMemory struct {
	*Console
	ln         pipes
	complaints *complaints
	transport  *http.Transport
}

func serveInMemory(t *testing.T) *inMemory {
	x := &inMemory{complaints: &complaints{}, ln: pipes{make(chan net.Conn), make(chan struct{})}}
	x.Console = New(Config{Title: "test", Folder: t.TempDir(), Log: x.complaints})
	x.Show(&stage{console: x.Console})
	x.access = newAccess(at80)
	x.transport = &http.Transport{DialContext: x.ln.dial}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- x.Serve(ctx, x.ln) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-served)
		x.transport.CloseIdleConnections()
		assert.NoError(t, x.Close())
	})
	return x
}

func (x *inMemory) open(t *testing.T) *socket {
	conn, _, err := websocket.Dial(t.Context(), "ws://127.0.0.1/socket?token="+x.access.lookToken,
		&websocket.DialOptions{HTTPClient: &http.Client{Transport: x.transport}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.CloseNow() })
	conn.SetReadLimit(1 << 20)
	return &socket{t: t, conn: conn, text: make(map[string]string)}
}

func TestAPageThatDoesNotReadIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := serveInMemory(t)
		conn, err := c.ln.dial(t.Context(), "", "")
		require.NoError(t, err)
		_, err = io.WriteString(conn, "GET /socket?token="+c.access.controlToken+" HTTP/1.1\r\nHost: 127.0.0.1"+
			"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
		require.NoError(t, err)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusSwitchingProtocols, answer.StatusCode)
		p := c.open(t)

		began, want := time.Now(), ""
		for c.complaints.String() == "" {
			require.Less(t, time.Since(began), time.Minute, "it is not cut off")
			line := strings.Repeat("z", 1023) + "\n"
			c.Output("client1", []byte(line))
			want += line
			p.await("the line", func() bool { return p.text["client1"] == want })
		}
		assert.InDelta(t, c.writeLimit.Seconds(), time.Since(began).Seconds(), 2)
		assert.Contains(t, c.complaints.String(), "did not read for 10s")
		_, err = io.Copy(io.Discard, conn)
		require.NoError(t, err, "its connection is not closed")
		c.Output("client1", []byte("the last"))
		p.await("the last line", func() bool { return p.text["client1"] == want+"the last" })
	})
}

// A page is brought up to date once a second in a flood, and at once without one.
func TestAFloodSlowsThePageDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := serveInMemory(t)
		p := c.open(t)
		c.Output("client1", []byte("hello\n"))
		p.await("the line", func() bool { return p.text["client1"] == "hello\n" })

		flooded := make(chan struct{})
		line := strings.Repeat("z", 99) + "\n"
		go func() {
			defer close(flooded)
			for range 5000 { // 10 MB/s for 5 s
				c.Output("client1", []byte(strings.Repeat(line, 100)))
				<-time.After(time.Millisecond)
			}
			c.Output("client1", []byte("the last\n"))
		}()
		p.await("the last line", func() bool { return strings.HasSuffix(p.text["client1"], line+"the last\n") })
		<-flooded
		shown := p.text["client1"]
		assert.Less(t, strings.Count(shown, leftOut), 8)
		assert.Less(t, len(shown), 100<<10, "of 50 MB")

		<-time.After(mostPace)
		began := time.Now()
		c.Output("client1", []byte("again\n"))
		p.await("a line after it", func() bool { return p.text["client1"] == shown+"again\n" })
		assert.LessOrEqual(t, time.Since(began), pace)
	})
}
