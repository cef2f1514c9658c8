package room

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/lines"
	"peerlab/services/internal/memnet"
	"peerlab/services/internal/tcp"
)

// keyboard is an Input that returns the lines sent to typed; closing typed ends
// it.
type keyboard struct {
	typed chan string
	left  error // returned by Next once typed is closed
}

func (k keyboard) Next() ([]byte, error) {
	line, ok := <-k.typed
	switch {
	case !ok:
		return nil, k.left
	case len(line) > 16<<10:
		return nil, lines.ErrTooLong
	}
	return []byte(line), nil
}

func (k keyboard) SkipLine() (int64, error) { return 0, nil }

func (k keyboard) Ready() bool { return false }

// runningClient is a client under test.
type runningClient struct {
	keyboard
	screen *lineScreen
	log    *recorder
	stop   context.CancelFunc
	ended  chan error
}

// lineScreen is a screen that sends each line to a channel.
type lineScreen struct{ lines chan string }

func (w *lineScreen) Write(b []byte) (int, error) {
	for line := range strings.Lines(string(b)) {
		w.lines <- line
	}
	return len(b), nil
}

func sits(t *testing.T, server string, dial tcp.DialFunc, left error) *runningClient {
	t.Helper()
	s := &runningClient{
		keyboard: keyboard{make(chan string), left}, screen: &lineScreen{make(chan string, 10_000)}, log: &recorder{}, ended: make(chan error, 1),
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.stop = cancel
	c := Client{Server: server, Screen: s.screen, Input: s.keyboard, Log: slog.New(slog.NewTextHandler(s.log, nil)), Dial: dial}
	go func() { s.ended <- c.Run(ctx) }()
	return s
}

// shows waits for the next line and returns it.
func (s *runningClient) shows(t *testing.T) string {
	t.Helper()
	select {
	case line := <-s.screen.lines:
		return line
	case <-time.After(10 * time.Second):
		t.Fatalf("no line shown; the log: %s", s.log.take())
		return ""
	}
}

// accepts accepts a client and returns a reader of what it sends.
func accepts(t *testing.T, ln net.Listener) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	return conn, bufio.NewReader(conn)
}

// memNetwork is a network in memory between a client and its server, for a synctest
// bubble.
type memNetwork struct{ net *memnet.Network }

// inBubble runs a test with a network in a bubble.
func inBubble(t *testing.T, f func(t *testing.T, w memNetwork)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, memNetwork{memnet.New()}) })
}

func (w memNetwork) dial(ctx context.Context, addr string) (net.Conn, error) {
	return w.net.Dial(ctx, "client", addr)
}

func (w memNetwork) sits(t *testing.T, left error) *runningClient {
	t.Helper()
	return sits(t, serverAddr, w.dial, left)
}

func (w memNetwork) server(t *testing.T) net.Listener {
	t.Helper()
	ln, err := w.net.Listen(serverAddr)
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

func TestAClientSendsLinesAndShowsLines(t *testing.T) {
	inBubble(t, func(t *testing.T, w memNetwork) {
		ln := w.server(t)
		s := w.sits(t, io.EOF)
		conn, in := accepts(t, ln)
		_, err := io.WriteString(conn, "hello\nesc \x1b[2J\r\nhalf a ")
		require.NoError(t, err)
		require.Equal(t, "hello\n", s.shows(t))
		require.Equal(t, "esc \\x1b[2J\n", s.shows(t))
		_, err = io.WriteString(conn, "line\n")
		require.NoError(t, err)
		require.Equal(t, "half a line\n", s.shows(t))
		for _, line := range []string{"typed", "tab\there", strings.Repeat("y", maxLine+1), strings.Repeat("\x1b", maxLine), strings.Repeat("y", 20_000), "", "last"} {
			s.typed <- line
		}
		close(s.typed) // the end of a pipe is not the end of the client
		all := make([]byte, len("typed\ntab\\there\n\nlast\n"))
		_, err = io.ReadFull(in, all)
		require.NoError(t, err)
		require.Equal(t, "typed\ntab\\there\n\nlast\n", string(all))
		require.Equal(t, 3, strings.Count(s.log.take(), "not sent: a line of more than 4096 bytes; split it"))
		require.Empty(t, s.ended)
		conn.Close()
		require.ErrorContains(t, <-s.ended, "has closed the connection; start room-client again")
	})
}

// ends reads until the end of a client's stream, closes the connection, and
// returns what it has read.
func ends(t *testing.T, conn net.Conn, in *bufio.Reader) string {
	t.Helper()
	got, err := io.ReadAll(in)
	require.NoError(t, err)
	conn.Close()
	return string(got)
}

func TestAClientDialsTCP(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	s := sits(t, ln.Addr().String(), nil, io.EOF)
	conn, in := accepts(t, ln)
	_, err = io.WriteString(conn, "hello\n")
	require.NoError(t, err)
	require.Equal(t, "hello\n", s.shows(t))
	s.typed <- "/quit"
	require.Equal(t, "/quit\n", ends(t, conn, in))
	require.NoError(t, <-s.ended)
	close(s.typed)
}

func TestAClientWhoseServerResets(t *testing.T) {
	inBubble(t, func(t *testing.T, w memNetwork) {
		ln := w.server(t)
		s := w.sits(t, io.EOF)
		conn, _ := accepts(t, ln)
		conn.(*memnet.Conn).Reset()
		require.ErrorContains(t, <-s.ended, "the connection to the server at "+serverAddr+" is lost")
		close(s.typed)
	})
}

func TestAClientWaitsForItsServer(t *testing.T) {
	inBubble(t, func(t *testing.T, w memNetwork) {
		s := w.sits(t, io.EOF)
		<-time.After(dialTimeout / 2)
		require.Equal(t, 1, strings.Count(s.log.take(), "no server at "+serverAddr+" yet"))
		s.typed <- "typed before there was a server"
		conn, in := accepts(t, w.server(t))
		line, err := in.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, "typed before there was a server\n", line)
		s.stop()
		require.Empty(t, ends(t, conn, in))
		require.NoError(t, <-s.ended)
		close(s.typed)
	})
}

func TestAClientLeavesWhileItWaitsForItsServer(t *testing.T) {
	inBubble(t, func(t *testing.T, w memNetwork) {
		s := w.sits(t, io.ErrClosedPipe)
		synctest.Wait()
		began := time.Now()
		close(s.typed)
		require.NoError(t, <-s.ended)
		require.Zero(t, time.Since(began))
	})
}

func TestAClientGivesUp(t *testing.T) {
	inBubble(t, func(t *testing.T, w memNetwork) {
		began := time.Now()
		s := w.sits(t, io.EOF)
		require.ErrorContains(t, <-s.ended, "no server at "+serverAddr+" for 10s; start room-server")
		require.Equal(t, dialTimeout, time.Since(began))
		close(s.typed)
	})
}
