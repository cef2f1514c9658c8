package tcp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serve runs s on loopback until the test ends, or until end is called, and
// returns its address.
func serve(t *testing.T, s Server) (addr string, end func()) {
	t.Helper()
	ln := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Serve(ctx, ln)
	}()
	end = func() {
		cancel()
		<-done
	}
	t.Cleanup(end)
	return ln.Addr().String(), end
}

// echo sends back what it receives. It calls known when it receives a first byte
// of !.
func echo(conn net.Conn, known func()) {
	buf := make([]byte, 1)
	for {
		if _, err := conn.Read(buf); err != nil {
			return
		}
		if buf[0] == '!' {
			known()
		}
		if _, err := conn.Write(buf); err != nil {
			return
		}
	}
}

// echoClient is a connection to an echo server.
type echoClient struct {
	t *testing.T
	*net.TCPConn
}

func call(t *testing.T, addr string) echoClient {
	t.Helper()
	conn, err := Dial(t.Context(), "", addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return echoClient{t, conn}
}

func (c echoClient) echoes(text string) {
	c.t.Helper()
	require.NoError(c.t, c.SetDeadline(time.Now().Add(10*time.Second)))
	_, err := io.WriteString(c, text)
	require.NoError(c.t, err)
	got := make([]byte, len(text))
	_, err = io.ReadFull(c, got)
	require.NoError(c.t, err)
	require.Equal(c.t, text, string(got))
}

func (c echoClient) isClosed() {
	c.t.Helper()
	require.NoError(c.t, c.SetDeadline(time.Now().Add(10*time.Second)))
	_, err := c.Read(make([]byte, 1))
	require.Error(c.t, err)
	require.False(c.t, isTimeout(err), "the connection is still open")
}

func TestTheOldestStrangerMakesRoom(t *testing.T) {
	addr, _ := serve(t, Server{Strangers: 2, Handle: echo})
	first, second := call(t, addr), call(t, addr)
	first.echoes("a")
	second.echoes("b")
	third := call(t, addr)
	first.isClosed()
	second.echoes("b")
	third.echoes("c")
	call(t, addr)
	second.isClosed()
	third.echoes("c")
}

func TestAKnownConnectionIsNoStranger(t *testing.T) {
	addr, _ := serve(t, Server{Strangers: 1, Handle: echo})
	var all []echoClient
	for range 5 {
		c := call(t, addr)
		c.echoes("!")
		all = append(all, c)
	}
	for _, c := range all {
		c.echoes("still here")
	}
}

func TestAClosedStrangerMakesRoom(t *testing.T) {
	addr, _ := serve(t, Server{Strangers: 2, Handle: echo})
	stays := call(t, addr)
	stays.echoes("a")
	for range 50 {
		goes := call(t, addr)
		goes.echoes("b")
		require.NoError(t, goes.CloseWrite())
		goes.isClosed() // the server has closed it too, after removing it from the strangers
		stays.echoes("a")
	}
}

func TestServeClosesWhatHandleLeavesOpen(t *testing.T) {
	addr, _ := serve(t, Server{Strangers: 1, Handle: func(net.Conn, func()) {}})
	call(t, addr).isClosed()
}

func TestServeEndsWithItsContextAndWaitsForAll(t *testing.T) {
	over := make(chan struct{})
	var handled atomic.Bool
	addr, end := serve(t, Server{Strangers: 1000, Handle: func(conn net.Conn, _ func()) {
		if n, _ := io.Copy(conn, conn); n > 0 { // the dials that only test the listener send nothing
			handled.Store(true)
		}
	}})
	c := call(t, addr)
	c.echoes("hello")
	go func() {
		end()
		close(over)
	}()
	// The listener is closed at once, while the connection stays open.
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for began := time.Now(); ; <-again.C {
		conn, err := Dial(t.Context(), "", addr)
		if err != nil {
			break
		}
		require.NoError(t, conn.Close())
		require.Less(t, time.Since(began), 10*time.Second, "the listener is still open")
	}
	select {
	case <-over:
		t.Error("Serve did not wait for Handle")
	default:
	}
	c.echoes("still here")
	require.NoError(t, c.Close())
	<-over
	assert.True(t, handled.Load())
}

// failingListener returns its connections, fails for each that is nil, and then
// blocks until it is closed.
type failingListener struct {
	net.Listener
	conns  chan net.Conn
	closed chan struct{}
}

func (l *failingListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		if conn == nil {
			return nil, errors.New("too many open files")
		}
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *failingListener) Close() error {
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
	return nil
}

func TestServeRetriesAfterAFailureToAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const failures = 20
		ln := &failingListener{conns: make(chan net.Conn), closed: make(chan struct{})}
		var log bytes.Buffer
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			Server{Strangers: 1, Log: slog.New(slog.NewTextHandler(&log, nil)), Handle: func(net.Conn, func()) {}}.Serve(ctx, ln)
		}()
		// elapsed returns the time from a failure to the next connection.
		elapsed := func() time.Duration {
			began := time.Now()
			ln.conns <- nil
			ours, theirs := net.Pipe()
			ln.conns <- theirs
			_, err := ours.Read(make([]byte, 1))
			assert.ErrorIs(t, err, io.EOF)
			return time.Since(began)
		}
		assert.Less(t, elapsed(), 10*time.Millisecond)
		for range failures {
			ln.conns <- nil
		}
		assert.Greater(t, elapsed(), 500*time.Millisecond, "the backoff has grown")
		assert.Less(t, elapsed(), 10*time.Millisecond, "the backoff was reset")
		cancel()
		<-done
		assert.Equal(t, failures+3, strings.Count(log.String(), "too many open files"))
	})
}

func TestServeEndsWhileItCannotAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := &failingListener{conns: make(chan net.Conn), closed: make(chan struct{})}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			Server{Strangers: 1, Log: slog.New(slog.DiscardHandler)}.Serve(ctx, ln)
		}()
		for range 10 {
			ln.conns <- nil
		}
		began := time.Now()
		cancel()
		<-done
		assert.Zero(t, time.Since(began))
	})
}
