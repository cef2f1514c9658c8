package room

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAClientLeavesByQuit(t *testing.T) {
	for _, quit := range []string{"/quit", "/quit "} { // as the server takes it
		onTheStreet(t, func(t *testing.T, w street) {
			s := w.sits(t, io.EOF)
			s.typed <- "hello" // there is no connection yet
			s.typed <- quit
			conn, in := hears(t, w.server(t))
			require.Equal(t, "hello\n"+quit+"\n", ends(t, conn, in))
			require.NoError(t, <-s.ended)
			close(s.typed)
		})
	}
}

func TestAClientLeavesByCtrlD(t *testing.T) {
	onTheStreet(t, func(t *testing.T, w street) {
		ln := w.server(t)
		s := w.sits(t, io.ErrClosedPipe)
		conn, in := hears(t, ln)
		s.typed <- "hello"
		_, err := in.Peek(1)
		require.NoError(t, err)
		close(s.typed)
		require.Equal(t, "hello\n", ends(t, conn, in))
		require.NoError(t, <-s.ended)
	})
}

// Whoever leaves at the moment at which the connection is made has said what was
// typed all the same, and the server is not left with a connection of nobody's.
func TestAClientLeavesAsItIsConnected(t *testing.T) {
	onTheStreet(t, func(t *testing.T, w street) {
		ln := w.server(t)
		connected, gone := make(chan struct{}), make(chan struct{})
		s := sits(t, serverAddr, func(ctx context.Context, addr string) (net.Conn, error) {
			conn, err := w.dial(ctx, addr)
			close(connected)
			<-gone
			return conn, err
		}, io.ErrClosedPipe)
		<-connected
		s.typed <- "hello"
		close(s.typed)
		synctest.Wait()
		close(gone)
		conn, in := hears(t, ln)
		require.Equal(t, "hello\n", ends(t, conn, in))
		require.NoError(t, <-s.ended)
	})
}

func TestAClientLeavesWhenTold(t *testing.T) {
	onTheStreet(t, func(t *testing.T, w street) {
		ln := w.server(t)
		s := w.sits(t, io.EOF)
		conn, in := hears(t, ln)
		s.stop()
		require.Empty(t, ends(t, conn, in))
		require.NoError(t, <-s.ended)
		close(s.typed)
	})
}

// A server that has hung keeps nobody from leaving.
func TestAClientLeavesAServerThatDoesNotAnswer(t *testing.T) {
	onTheStreet(t, func(t *testing.T, w street) {
		ln := w.server(t)
		s := w.sits(t, io.EOF)
		hears(t, ln)
		began := time.Now()
		s.typed <- "/quit"
		require.NoError(t, <-s.ended)
		require.Equal(t, partPatience, time.Since(began))
		close(s.typed)
	})
}

// Neither does a screen that takes nothing, such as a pipe that is not read.
func TestAClientLeavesThoughItsScreenIsStuck(t *testing.T) {
	for name, leave := range map[string]func(s *sitter){
		"told":    func(s *sitter) { s.stop() },
		"by quit": func(s *sitter) { s.typed <- "/quit" },
	} {
		t.Run(name, func(t *testing.T) {
			onTheStreet(t, func(t *testing.T, w street) {
				ln := w.server(t)
				s := w.sits(t, io.EOF)
				conn, _ := hears(t, ln)
				_, err := io.WriteString(conn, strings.Repeat("x\n", cap(s.screen.lines)+1))
				require.NoError(t, err)
				synctest.Wait()
				require.Len(t, s.screen.lines, cap(s.screen.lines))
				began := time.Now()
				leave(s)
				require.NoError(t, <-s.ended)
				require.Equal(t, partPatience+screenPatience, time.Since(began))
				close(s.typed)
				<-s.screen.lines // and the screen goes on
			})
		})
	}
}
