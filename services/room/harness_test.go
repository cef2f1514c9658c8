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

// hall is a room in memory, used inside a synctest bubble. Its clients come from
// ports 50001, 50002, …; its clock began at 13:54:49.
type hall struct {
	t      *testing.T
	net    *memnet.Network
	server *Server
	screen *recorder
	log    *recorder
	stop   context.CancelFunc
	done   chan struct{} // closed when Serve has returned
	wrap   func(net.Conn) net.Conn
}

// inTime runs a test with a room, within a bubble. change may be nil.
func inTime(t *testing.T, change func(h *hall, c *Config), f func(t *testing.T, h *hall)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, change)
		defer h.close()
		f(t, h)
	})
}

func open(t *testing.T, change func(h *hall, c *Config)) *hall {
	t.Helper()
	h := &hall{t: t, net: memnet.New(), screen: &recorder{}, log: &recorder{}, done: make(chan struct{})}
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
	h.server = &Server{newRoom(c), listener{ln, h}}
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

// close ends the server and waits for it.
func (h *hall) close() {
	h.stop()
	<-h.done
	require.Empty(h.t, h.server.room.sessions)
	require.Empty(h.t, h.server.room.nicks)
	require.Zero(h.t, h.server.room.awaited.Load())
}

// listener has the hall wrap what it accepts.
type listener struct {
	net.Listener
	hall *hall
}

func (l listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil && l.hall.wrap != nil {
		conn = l.hall.wrap(conn)
	}
	return conn, err
}

// dial connects and reads nothing.
func (h *hall) dial() *memnet.Conn {
	h.t.Helper()
	conn, err := h.net.Dial(context.Background(), "client", serverAddr)
	require.NoError(h.t, err)
	return conn.(*memnet.Conn)
}

// guest is a client that takes whatever comes.
type guest struct {
	*memnet.Conn
	heard *recorder
	ended chan struct{} // closed when nothing more will come
}

// connects connects a guest, of whom the others are not told yet.
func (h *hall) connects() *guest {
	h.t.Helper()
	g := &guest{h.dial(), &recorder{}, make(chan struct{})}
	go func() {
		defer close(g.ended)
		_, _ = io.Copy(g.heard, g.Conn) // ends with the connection, however that does
		g.Conn.Close()
	}()
	return g
}

// joins connects a guest and waits until everybody has been told.
func (h *hall) joins() *guest {
	h.t.Helper()
	g := h.connects()
	h.settles(arrival)
	return g
}

// settles lets time go by, and then waits until what is said has been heard.
func (h *hall) settles(d time.Duration) {
	<-time.After(d)
	<-time.After(mergeTime)
	synctest.Wait()
}

func (g *guest) says(t *testing.T, text string) {
	t.Helper()
	_, err := io.WriteString(g, text)
	require.NoError(t, err)
}

// recorder is a screen, or what a client was sent.
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

// takeLines is take, line by line.
func (r *recorder) takeLines() []string {
	s := r.take()
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}
