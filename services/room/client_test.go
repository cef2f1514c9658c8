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
)

// keyboard is an Input of the lines sent to it; it is left when it is closed.
type keyboard struct {
	typed chan string
	left  error // what it says when closed
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

// sitter is a client under test.
type sitter struct {
	keyboard
	screen *watched
	log    *recorder
	stop   context.CancelFunc
	ended  chan error
}

// watched is a screen that tells of each line.
type watched struct{ lines chan string }

func (w *watched) Write(b []byte) (int, error) {
	for line := range strings.Lines(string(b)) {
		w.lines <- line
	}
	return len(b), nil
}

// dialler connects a client; nil dials TCP.
type dialler func(ctx context.Context, addr string) (net.Conn, error)

func sits(t *testing.T, server string, dial dialler, left error) *sitter {
	t.Helper()
	s := &sitter{
		keyboard: keyboard{make(chan string), left}, screen: &watched{make(chan string, 10_000)}, log: &recorder{}, ended: make(chan error, 1),
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.stop = cancel
	c := Client{Server: server, Screen: s.screen, Input: s.keyboard, Log: slog.New(slog.NewTextHandler(s.log, nil)), Dial: dial}
	go func() { s.ended <- c.Run(ctx) }()
	return s
}

// shows waits for the next line.
func (s *sitter) shows(t *testing.T) string {
	t.Helper()
	select {
	case line := <-s.screen.lines:
		return line
	case <-time.After(10 * time.Second):
		t.Fatalf("no line came; the log: %s", s.log.take())
		return ""
	}
}

// hears accepts a client and returns a reader of what it sends.
func hears(t *testing.T, ln net.Listener) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	return conn, bufio.NewReader(conn)
}

// street is a network in memory on which a client looks for its server, used
// inside a synctest bubble.
type street struct{ net *memnet.Network }

// onTheStreet runs a test within a bubble.
func onTheStreet(t *testing.T, f func(t *testing.T, w street)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, street{memnet.New()}) })
}

func (w street) dial(ctx context.Context, addr string) (net.Conn, error) {
	return w.net.Dial(ctx, "client", addr)
}

func (w street) sits(t *testing.T, left error) *sitter {
	t.Helper()
	return sits(t, serverAddr, w.dial, left)
}

func (w street) server(t *testing.T) net.Listener {
	t.Helper()
	ln, err := w.net.Listen(serverAddr)
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

func TestAClientSendsLinesAndShowsLines(t *testing.T) {
	onTheStreet(t, func(t *testing.T, w street) {
		ln := w.server(t)
		s := w.sits(t, io.EOF)
		conn, in := hears(t, ln)
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

// ends waits until nothing more comes from a client, closes, and returns what
// came.
func ends(t *testing.T, conn net.Conn, in *bufio.Reader) string {
	t.Helper()
	said, err := io.ReadAll(in)
	require.NoError(t, err)
	conn.Close()
	return string(said)
}

func TestAClientDialsTCP(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	s := sits(t, ln.Addr().String(), nil, io.EOF)
	conn, in := hears(t, ln)
	_, err = io.WriteString(conn, "hello\n")
	require.NoError(t, err)
	require.Equal(t, "hello\n", s.shows(t))
	s.typed <- "/quit"
	require.Equal(t, "/quit\n", ends(t, conn, in))
	require.NoError(t, <-s.ended)
	close(s.typed)
}

func TestAClientWhoseServerResets(t *testing.T) {
	onTheStreet(t, func(t *testing.T, w street) {
		ln := w.server(t)
		s := w.sits(t, io.EOF)
		conn, _ := hears(t, ln)
		conn.(*memnet.Conn).Reset()
		require.ErrorContains(t, <-s.ended, "the connection to the server at "+serverAddr+" is lost")
		close(s.typed)
	})
}

func TestAClientWaitsForItsServer(t *testing.T) {
	onTheStreet(t, func(t *testing.T, w street) {
		s := w.sits(t, io.EOF)
		<-time.After(dialPatience / 2)
		require.Equal(t, 1, strings.Count(s.log.take(), "no server at "+serverAddr+" yet"))
		conn, in := hears(t, w.server(t))
		s.stop()
		require.Empty(t, ends(t, conn, in))
		require.NoError(t, <-s.ended)
		close(s.typed)
	})
}

func TestAClientThatIsToldToLeaveWhileItWaits(t *testing.T) {
	onTheStreet(t, func(t *testing.T, w street) {
		s := w.sits(t, io.ErrClosedPipe)
		synctest.Wait()
		began := time.Now()
		close(s.typed)
		require.NoError(t, <-s.ended)
		require.Zero(t, time.Since(began))
	})
}

func TestAClientGivesUp(t *testing.T) {
	onTheStreet(t, func(t *testing.T, w street) {
		began := time.Now()
		s := w.sits(t, io.EOF)
		require.ErrorContains(t, <-s.ended, "nobody there for 10s; start room-server")
		require.Equal(t, dialPatience, time.Since(began))
		close(s.typed)
	})
}
