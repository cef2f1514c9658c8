package room

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/internal/lines"
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

// sitter is a client under test, on the machine's own network.
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

func sits(t *testing.T, server string, left error) *sitter {
	t.Helper()
	s := &sitter{
		keyboard: keyboard{make(chan string), left}, screen: &watched{make(chan string, 10_000)}, log: &recorder{}, ended: make(chan error, 1),
	}
	ctx, cancel := context.WithCancel(t.Context())
	s.stop = cancel
	c := Client{Server: server, Screen: s.screen, Input: s.keyboard, Log: slog.New(slog.NewTextHandler(s.log, nil))}
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

func someServer(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

func TestAClientSendsLinesAndShowsLines(t *testing.T) {
	t.Parallel()
	ln := someServer(t)
	s := sits(t, ln.Addr().String(), io.EOF)
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

func TestAClientLeavesByQuit(t *testing.T) {
	t.Parallel()
	for _, quit := range []string{"/quit", "/quit "} { // as the server takes it
		ln := someServer(t)
		s := sits(t, ln.Addr().String(), io.EOF)
		s.typed <- "hello" // there is no connection yet, perhaps
		s.typed <- quit
		conn, in := hears(t, ln)
		require.Equal(t, "hello\n"+quit+"\n", ends(t, conn, in))
		require.NoError(t, <-s.ended)
		close(s.typed)
	}
}

func TestAClientLeavesByCtrlD(t *testing.T) {
	t.Parallel()
	ln := someServer(t)
	s := sits(t, ln.Addr().String(), io.ErrClosedPipe)
	conn, in := hears(t, ln)
	s.typed <- "hello"
	_, err := in.Peek(1)
	require.NoError(t, err)
	close(s.typed)
	require.Equal(t, "hello\n", ends(t, conn, in))
	require.NoError(t, <-s.ended)
}

func TestAClientLeavesWhenTold(t *testing.T) {
	t.Parallel()
	ln := someServer(t)
	s := sits(t, ln.Addr().String(), io.EOF)
	conn, in := hears(t, ln)
	s.stop()
	require.Empty(t, ends(t, conn, in))
	require.NoError(t, <-s.ended)
	close(s.typed)
}

// A server that has hung keeps nobody from leaving.
func TestAClientLeavesAServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	ln := someServer(t)
	s := sits(t, ln.Addr().String(), io.EOF)
	hears(t, ln)
	began := time.Now()
	s.typed <- "/quit"
	require.NoError(t, <-s.ended)
	require.InDelta(t, partPatience.Seconds(), time.Since(began).Seconds(), 1.5)
	close(s.typed)
}

// Neither does a screen that takes nothing, such as a pipe that is not read.
func TestAClientLeavesThoughItsScreenIsStuck(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(s *sitter){
		"told":    func(s *sitter) { s.stop() },
		"by quit": func(s *sitter) { s.typed <- "/quit" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ln := someServer(t)
			s := sits(t, ln.Addr().String(), io.EOF)
			conn, _ := hears(t, ln)
			flood := []byte(strings.Repeat("x\n", cap(s.screen.lines)+1))
			_, err := conn.Write(flood)
			require.NoError(t, err)
			require.Eventually(t, func() bool { return len(s.screen.lines) == cap(s.screen.lines) }, 5*time.Second, time.Millisecond)
			leave(s)
			require.NoError(t, <-s.ended)
			close(s.typed)
			<-s.screen.lines // and the screen goes on
		})
	}
}

func TestAClientWhoseServerResets(t *testing.T) {
	t.Parallel()
	ln := someServer(t)
	s := sits(t, ln.Addr().String(), io.EOF)
	conn, _ := hears(t, ln)
	_, err := io.WriteString(conn, "hello\n") // a reset that comes before the dial is over only makes for another dial
	require.NoError(t, err)
	require.Equal(t, "hello\n", s.shows(t))
	require.NoError(t, conn.(*net.TCPConn).SetLinger(0))
	conn.Close()
	require.ErrorContains(t, <-s.ended, "the connection to the server at "+ln.Addr().String()+" is lost")
	close(s.typed)
}

func TestAClientWaitsForItsServer(t *testing.T) {
	t.Parallel()
	ln := someServer(t)
	addr := ln.Addr().String()
	ln.Close()
	s := sits(t, addr, io.EOF)
	require.Eventually(t, func() bool { return strings.Contains(s.log.take(), "no server at "+addr+" yet") }, 5*time.Second, 10*time.Millisecond)
	ln, err := net.Listen("tcp", addr)
	require.NoError(t, err)
	defer ln.Close()
	hears(t, ln)
	s.stop()
	require.NoError(t, <-s.ended)
	close(s.typed)
}

func TestAClientThatIsToldToLeaveWhileItWaits(t *testing.T) {
	t.Parallel()
	ln := someServer(t)
	ln.Close()
	s := sits(t, ln.Addr().String(), io.ErrClosedPipe)
	close(s.typed)
	require.NoError(t, <-s.ended)
}

func TestAClientGivesUp(t *testing.T) {
	t.Parallel()
	ln := someServer(t)
	ln.Close()
	s := sits(t, ln.Addr().String(), io.EOF)
	require.ErrorContains(t, <-s.ended, "nobody there for 10s; start room-server")
	close(s.typed)
}
