package tcp

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen returns a listener on loopback that is closed at the end of the test.
func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := Listen("127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	return ln
}

// dial connects to ln from the address from and returns both ends, which are
// closed at the end of the test.
func dial(t *testing.T, from string, ln net.Listener) (ours, theirs *net.TCPConn) {
	t.Helper()
	ours, err := Dial(t.Context(), from, ln.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { ours.Close() })
	conn, err := ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return ours, conn.(*net.TCPConn)
}

func TestDialFromAnyPort(t *testing.T) {
	ln := listen(t)
	for _, from := range []string{"", "127.0.0.1:0"} {
		ours, theirs := dial(t, from, ln)
		assert.Equal(t, ln.Addr().String(), ours.RemoteAddr().String())
		assert.Equal(t, ours.LocalAddr().String(), theirs.RemoteAddr().String())
	}
}

func TestDialWithoutAListener(t *testing.T) {
	for _, from := range []string{"", freeAddr(t)} {
		_, err := Dial(t.Context(), from, freeAddr(t))
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		assert.NotErrorIs(t, err, ErrSourceBusy)
		assert.NotErrorIs(t, err, ErrSelf)
	}
}

func TestDialFromAnInvalidAddress(t *testing.T) {
	to := listen(t).Addr().String()
	for _, from := range []string{"127.0.0.1", "127.0.0.1:70000", "127.0.0.1:x"} {
		_, err := Dial(t.Context(), from, to)
		require.ErrorContains(t, err, "source address "+from)
	}
}

// The source's host is not an address of this machine, so a retry would fail too:
// the error must not be ErrSourceBusy.
func TestDialFromAnAddressOfAnotherMachine(t *testing.T) {
	to := listen(t).Addr().String()
	for _, from := range []string{"192.0.2.1:0", "192.0.2.1:5001"} {
		_, err := Dial(t.Context(), from, to)
		require.ErrorIs(t, err, syscall.EADDRNOTAVAIL)
		assert.NotErrorIs(t, err, ErrSourceBusy)
	}
}

func TestIsSourceBusy(t *testing.T) {
	for _, test := range []struct {
		call string
		err  error
		want bool
	}{
		{"bind", syscall.EADDRINUSE, true},
		{"bind", syscall.EADDRNOTAVAIL, false},
		{"bind", syscall.EACCES, false},
		{"connect", syscall.EADDRNOTAVAIL, true},
		{"connect", syscall.ECONNREFUSED, false},
	} {
		err := &net.OpError{Op: "dial", Err: os.NewSyscallError(test.call, test.err)}
		assert.Equal(t, test.want, isSourceBusy(err), "%v", err)
	}
	assert.False(t, isSourceBusy(context.Canceled))
}

func TestDialEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Dial(ctx, "", listen(t).Addr().String())
	assert.ErrorIs(t, err, context.Canceled)
}

func TestDialTimesOut(t *testing.T) {
	t.Parallel()
	to := unresponsive(t)
	t.Run("when its context ends", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		_, err := Dial(ctx, "", to)
		require.ErrorIs(t, err, context.Canceled, "the context ends first")
	})
	t.Run("after its own time", func(t *testing.T) {
		t.Parallel()
		began := time.Now()
		_, err := Dial(t.Context(), "", to)
		require.True(t, isTimeout(err), "%v", err)
		assert.GreaterOrEqual(t, time.Since(began), DialTimeout)
	})
}

// isTimeout reports whether err is one of the two kinds of timeout of package
// net.
func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// unresponsive returns the address of a listener whose queue is full, so that the
// kernel drops new connections.
func unresponsive(t *testing.T) string {
	t.Helper()
	ln := listen(t)
	raw, err := ln.(*net.TCPListener).SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) { err = syscall.Listen(int(fd), 0) }))
	require.NoError(t, err)
	for range 10 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second) // a busy machine may hold one up for a while
		conn, err := Dial(ctx, "", ln.Addr().String())
		cancel()
		if isTimeout(err) {
			return ln.Addr().String()
		}
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
	}
	t.Skip("this kernel does not bound its queue of connections")
	return ""
}
