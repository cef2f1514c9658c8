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
	for _, quit := range []string{"/quit", "/quit "} { // as the server accepts it
		inBubble(t, func(t *testing.T, w memNetwork) {
			s := w.sits(t, io.EOF)
			go func() {
				s.typed <- "hello" // there is no connection yet
				s.typed <- quit
			}()
			synctest.Wait()
			conn, in := accepts(t, w.server(t))
			require.Equal(t, "hello\n"+quit+"\n", ends(t, conn, in))
			require.NoError(t, <-s.ended)
			close(s.typed)
		})
	}
}

// hangsUp is a connection whose other end hangs up as soon as it has read anything.
type hangsUp struct {
	net.Conn
	over chan struct{}
}

func (c hangsUp) Write(b []byte) (int, error) {
	if len(b) > 0 {
		close(c.over)
	}
	return len(b), nil
}

func (c hangsUp) SetReadDeadline(time.Time) error { return nil }

func TestAServerThatHangsUpAtQuitWasLeft(t *testing.T) {
	for batch, left := range map[string]bool{"hello\n/quit\n": true, "/quit\nhello\n": false, "hello /quit\n": false} {
		lines, over := make(typed), make(chan struct{})
		go func() { lines <- []byte(batch) }() // and is not closed yet
		require.Equal(t, left, lines.send(t.Context(), hangsUp{over: over}, over), batch)
	}
}

func TestAClientLeavesByCtrlD(t *testing.T) {
	inBubble(t, func(t *testing.T, w memNetwork) {
		ln := w.server(t)
		s := w.sits(t, io.ErrClosedPipe)
		conn, in := accepts(t, ln)
		s.typed <- "hello"
		_, err := in.Peek(1)
		require.NoError(t, err)
		close(s.typed)
		require.Equal(t, "hello\n", ends(t, conn, in))
		require.NoError(t, <-s.ended)
	})
}

// A client that leaves at the moment its connection is made still sends the typed
// lines and closes the connection.
func TestAClientLeavesAsItIsConnected(t *testing.T) {
	inBubble(t, func(t *testing.T, w memNetwork) {
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
		conn, in := accepts(t, ln)
		require.Equal(t, "hello\n", ends(t, conn, in))
		require.NoError(t, <-s.ended)
	})
}

func TestAClientLeavesWithItsContext(t *testing.T) {
	inBubble(t, func(t *testing.T, w memNetwork) {
		ln := w.server(t)
		s := w.sits(t, io.EOF)
		conn, in := accepts(t, ln)
		s.stop()
		require.Empty(t, ends(t, conn, in))
		require.NoError(t, <-s.ended)
		close(s.typed)
	})
}

// A server that does not respond cannot prevent a client from leaving.
func TestAClientLeavesAServerThatDoesNotRespond(t *testing.T) {
	inBubble(t, func(t *testing.T, w memNetwork) {
		ln := w.server(t)
		s := w.sits(t, io.EOF)
		accepts(t, ln)
		began := time.Now()
		s.typed <- "/quit"
		require.NoError(t, <-s.ended)
		require.Equal(t, partTimeout, time.Since(began))
		close(s.typed)
	})
}

// Nor can a blocked screen, such as a pipe that is not read.
func TestAClientLeavesAlthoughItsScreenIsBlocked(t *testing.T) {
	for name, leave := range map[string]func(s *runningClient){
		"stopped": func(s *runningClient) { s.stop() },
		"by quit": func(s *runningClient) { s.typed <- "/quit" },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w memNetwork) {
				ln := w.server(t)
				s := w.sits(t, io.EOF)
				conn, _ := accepts(t, ln)
				_, err := io.WriteString(conn, strings.Repeat("x\n", cap(s.screen.lines)+1))
				require.NoError(t, err)
				synctest.Wait()
				require.Len(t, s.screen.lines, cap(s.screen.lines))
				began := time.Now()
				leave(s)
				require.NoError(t, <-s.ended)
				require.Equal(t, partTimeout+screenTimeout, time.Since(began))
				close(s.typed)
				<-s.screen.lines // unblock the screen
			})
		})
	}
}
