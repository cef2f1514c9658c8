package room

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"peerlab/services/internal/memnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var discard = slog.New(slog.DiscardHandler)

const serverAddr = "127.0.0.1:3823"

// testRoom is a room in memory, for a synctest bubble. Its clients have the ports
// 50001, 50002, …; its clock starts at 13:54:49.
type testRoom struct {
	t      *testing.T
	net    *memnet.Network
	server *Server
	screen *recorder
	log    *recorder
	stop   context.CancelFunc
	done   chan struct{} // closed when Serve has returned
	wrap   func(net.Conn) net.Conn
}

// withRoom runs a test with a room in a bubble. change may be nil.
func withRoom(t *testing.T, change func(h *testRoom, c *Config), f func(t *testing.T, h *testRoom)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, change)
		defer h.close()
		f(t, h)
	})
}

func open(t *testing.T, change func(h *testRoom, c *Config)) *testRoom {
	t.Helper()
	h := &testRoom{t: t, net: memnet.New(), screen: &recorder{}, log: &recorder{}, done: make(chan struct{})}
	began := time.Now()
	c := Config{
		Screen: h.screen, Log: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now: func() time.Time {
			return time.Date(2018, 11, 4, 13, 54, 49, 523052000, time.UTC).Add(time.Since(began))
		},
	}
	if change != nil {
		change(h, &c)
	}
	ln, err := h.net.Listen(serverAddr)
	require.NoError(t, err)
	h.server = &Server{room: newRoom(c), ln: listener{ln, h}}
	var ctx context.Context
	ctx, h.stop = context.WithCancel(context.Background())
	go func() {
		defer close(h.done)
		if err := h.server.Serve(ctx); err != nil {
			t.Error(err)
		}
	}()
	return h
}

// close stops the server and waits for it.
func (h *testRoom) close() {
	h.stop()
	<-h.done
	require.Empty(h.t, h.server.room.sessions)
	require.Empty(h.t, h.server.room.nicks)
	require.Zero(h.t, h.server.room.awaited.Load())
}

// listener applies the testRoom's wrap to the connections that it accepts.
type listener struct {
	net.Listener
	testRoom *testRoom
}

func (l listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil && l.testRoom.wrap != nil {
		conn = l.testRoom.wrap(conn)
	}
	return conn, err
}

// dial connects a client that reads nothing.
func (h *testRoom) dial() *memnet.Conn {
	h.t.Helper()
	conn, err := h.net.Dial(context.Background(), "client", serverAddr)
	require.NoError(h.t, err)
	return conn.(*memnet.Conn)
}

// guest is a client that reads everything.
type guest struct {
	*memnet.Conn
	received *recorder
	ended    chan struct{} // closed at the end of the connection
}

// connects connects a guest. The server does not announce it yet.
func (h *testRoom) connects() *guest {
	h.t.Helper()
	g := &guest{h.dial(), &recorder{}, make(chan struct{})}
	go func() {
		defer close(g.ended)
		_, _ = io.Copy(g.received, g.Conn) // ends with the connection
		g.Conn.Close()
	}()
	return g
}

// joins connects a guest and waits until it has been announced.
func (h *testRoom) joins() *guest {
	h.t.Helper()
	g := h.connects()
	h.settles(arrival)
	return g
}

// settles lets d pass, and then waits until all lines have been received.
func (h *testRoom) settles(d time.Duration) {
	<-time.After(d)
	<-time.After(mergeTime)
	synctest.Wait()
}

func (g *guest) sends(t *testing.T, text string) {
	t.Helper()
	_, err := io.WriteString(g, text)
	require.NoError(t, err)
}

// recorder records a screen, or what a client received.
type recorder struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(b)
}

// take returns what has been recorded since the last call.
func (r *recorder) take() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.buf.String()
	r.buf.Reset()
	return s
}

// takeLines is like take, but splits the result into lines.
func (r *recorder) takeLines() []string {
	s := r.take()
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}
