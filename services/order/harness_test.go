package order

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"peerlab/services/internal/memnet"
	"peerlab/services/internal/tcp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testTime = 10 * time.Second // limit for an event on real sockets

// testServer is a server under test. With net nil it listens on loopback,
// otherwise in memory, for a synctest bubble.
type testServer struct {
	t       *testing.T
	net     *memnet.Network
	addr    string
	stamped bool
	screen  *recorder
	end     context.CancelFunc // stops the server
	over    chan error         // receives the result of Serve
}

func startServer(t *testing.T, n *memnet.Network, rounds int) *testServer {
	t.Helper()
	screen := newRecorder()
	config := ServerConfig{Listen: "127.0.0.1:0", Rounds: rounds, Screen: screen, Log: slog.New(slog.DiscardHandler)}
	var s *Server
	if n == nil {
		var err error
		s, err = Listen(config)
		require.NoError(t, err)
		s.Listen = s.Addr() // as if the configuration named it
	} else {
		ln, err := n.Listen("127.0.0.1:4400")
		require.NoError(t, err)
		config.Listen = ln.Addr().String()
		s = newServer(config, ln, false)
	}
	c := &testServer{t: t, net: n, addr: s.Addr(), stamped: s.stamped, screen: screen, over: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	c.end = cancel
	go func() { c.over <- s.Serve(ctx) }()
	t.Cleanup(func() {
		cancel()
		if c.over != nil {
			<-c.over
		}
	})
	return c
}

// mustStamp skips a test if the kernel does not timestamp arrivals.
func (c *testServer) mustStamp() {
	if !c.stamped {
		c.t.Skip("this kernel does not timestamp arrivals, so messages this close together may be read in either order")
	}
}

// ends requires the server to exit by itself.
func (c *testServer) ends() {
	c.t.Helper()
	select {
	case err := <-c.over:
		require.NoError(c.t, err)
		c.over = nil
	case <-time.After(testTime):
		c.t.Fatal("the server does not end")
	}
}

// duplex is the common interface of connections on loopback and in memory.
type duplex interface {
	net.Conn
	CloseWrite() error
}

// rawClient is a client without a protocol: the test decides what it sends.
type rawClient struct {
	t *testing.T
	duplex
}

func (c *testServer) dial() *rawClient {
	c.t.Helper()
	var conn net.Conn
	var err error
	if c.net == nil {
		conn, err = tcp.Dial(c.t.Context(), "", c.addr)
	} else {
		conn, err = c.net.Dial(c.t.Context(), "", c.addr)
	}
	require.NoError(c.t, err)
	c.t.Cleanup(func() { conn.Close() })
	return &rawClient{c.t, conn.(duplex)}
}

func (p *rawClient) sends(text string) {
	p.t.Helper()
	_, err := io.WriteString(p, text)
	require.NoError(p.t, err)
}

// receives returns all that the client receives until the end of the connection,
// and closes it.
func (p *rawClient) receives() string {
	p.t.Helper()
	require.NoError(p.t, p.SetReadDeadline(time.Now().Add(2*waitLimit)))
	got, err := io.ReadAll(p)
	require.NoError(p.t, err, "after %q", got)
	require.NoError(p.t, p.Close())
	return string(got)
}

// quiet requires that the client has received nothing so far.
func (p *rawClient) quiet() {
	p.t.Helper()
	require.NoError(p.t, p.SetReadDeadline(time.Now().Add(time.Nanosecond)))
	n, err := p.Read(make([]byte, 1))
	require.ErrorIs(p.t, err, os.ErrDeadlineExceeded)
	require.Zero(p.t, n)
}

// resets closes the connection with a reset, as the kernel does for a killed
// process.
func (p *rawClient) resets() {
	switch conn := p.duplex.(type) {
	case *memnet.Conn:
		conn.Reset()
	case *net.TCPConn:
		require.NoError(p.t, conn.SetLinger(0))
	}
	require.NoError(p.t, p.Close())
}

// recorder is a screen that records what is written to it.
type recorder struct {
	mu      sync.Mutex
	changed *sync.Cond
	text    strings.Builder
	taken   int // lines that next has returned
}

func newRecorder() *recorder {
	r := &recorder{}
	r.changed = sync.NewCond(&r.mu)
	return r
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changed.Broadcast()
	return r.text.Write(b)
}

// next waits for the next line.
func (r *recorder) next() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		if all := strings.Split(r.text.String(), "\n"); len(all)-1 > r.taken {
			r.taken++
			return all[r.taken-1]
		}
		r.changed.Wait()
	}
}

// rest returns the lines that next has not returned.
func (r *recorder) rest() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := strings.Split(r.text.String(), "\n")
	return all[r.taken : len(all)-1]
}
