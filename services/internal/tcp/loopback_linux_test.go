package tcp

import (
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// congestion returns the name of a connection's congestion control.
func congestion(t *testing.T, conn *net.TCPConn) string {
	t.Helper()
	raw, err := conn.SyscallConn()
	require.NoError(t, err)
	var name string
	var failed error
	require.NoError(t, raw.Control(func(fd uintptr) {
		name, failed = unix.GetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION)
	}))
	require.NoError(t, failed)
	return strings.TrimRight(name, "\x00")
}

func TestLoopbackIsNotPaced(t *testing.T) {
	ln := listen(t)
	for _, from := range []string{"", freeAddr(t)} {
		ours, theirs := dial(t, from, ln)
		assert.Equal(t, "reno", congestion(t, ours))
		assert.Equal(t, "reno", congestion(t, theirs))
	}
}

func TestOtherAddressesKeepTheMachinesCongestionControl(t *testing.T) {
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer plain.Close()
	want, err := net.Dial("tcp", plain.Addr().String())
	require.NoError(t, err)
	defer want.Close()

	everywhere, err := Listen("0.0.0.0:0")
	require.NoError(t, err)
	defer everywhere.Close()
	conn, err := net.Dial("tcp", everywhere.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	got, err := everywhere.Accept()
	require.NoError(t, err)
	defer got.Close()
	assert.Equal(t, congestion(t, want.(*net.TCPConn)), congestion(t, got.(*net.TCPConn)))
}
