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

const testTime = 10 * time.Second // for what is about to happen on real sockets

// court is a server under test. Without a net it is on loopback; with one in
// memory, for a synctest bubble.
type court struct {
	t       *testing.T
	net     *memnet.Network
	addr    string
	stamped bool
	screen  *recorder
	end     context.CancelFunc // has the server leave
	over    chan error         // gets what Serve returns
}

func startCourt(t *testing.T, n *memnet.Network, rounds int) *court {
	t.Helper()
	screen := newRecorder()
	config := ServerConfig{Listen: "127.0.0.1:0", Rounds: rounds, Screen: screen, Log: slog.New(slog.DiscardHandler)}
	var s *Server
	if n == nil {
		var err error
		s, err = Listen(config)
		require.NoError(t, err)
		s.Listen = s.Addr() // as if it had been given
	} else {
		ln, err := n.Listen("127.0.0.1:4400")
		require.NoError(t, err)
		config.Listen = ln.Addr().String()
		s = newServer(config, ln, false)
	}
	c := &court{t: t, net: n, addr: s.Addr(), stamped: s.stamped, screen: screen, over: make(chan error, 1)}
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

// mustStamp leaves a test out where the kernel does not note when bytes arrive.
func (c *court) mustStamp() {
	if !c.stamped {
		c.t.Skip("left out: this kernel does not note when bytes arrive, and messages so close to each other may be read either way")
	}
}

// ends requires the server to end by itself.
func (c *court) ends() {
	c.t.Helper()
	select {
	case err := <-c.over:
		require.NoError(c.t, err)
		c.over = nil
	case <-time.After(testTime):
		c.t.Fatal("the server does not end")
	}
}

// duplex is what connections on loopback and in memory have in common.
type duplex interface {
	net.Conn
	CloseWrite() error
}

// party is a client of the test's own, which says what it likes.
type party struct {
	t *testing.T
	duplex
}

func (c *court) party() *party {
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
	return &party{c.t, conn.(duplex)}
}

func (p *party) says(text string) {
	p.t.Helper()
	_, err := io.WriteString(p, text)
	require.NoError(p.t, err)
}

// hears returns all that the party is told until the end of the connection, which
// it then closes.
func (p *party) hears() string {
	p.t.Helper()
	require.NoError(p.t, p.SetReadDeadline(time.Now().Add(2*patience)))
	said, err := io.ReadAll(p)
	require.NoError(p.t, err, "after %q", said)
	require.NoError(p.t, p.Close())
	return string(said)
}

// quiet requires that the party is told nothing for now.
func (p *party) quiet() {
	p.t.Helper()
	require.NoError(p.t, p.SetReadDeadline(time.Now().Add(time.Nanosecond)))
	n, err := p.Read(make([]byte, 1))
	require.ErrorIs(p.t, err, os.ErrDeadlineExceeded)
	require.Zero(p.t, n)
}

// resets has the party vanish as one does that is killed or whose cable breaks.
func (p *party) resets() {
	switch conn := p.duplex.(type) {
	case *memnet.Conn:
		conn.Reset()
	case *net.TCPConn:
		require.NoError(p.t, conn.SetLinger(0))
	}
	require.NoError(p.t, p.Close())
}

// recorder is a screen.
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

// rest returns the lines that next has not.
func (r *recorder) rest() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := strings.Split(r.text.String(), "\n")
	return all[r.taken : len(all)-1]
}
