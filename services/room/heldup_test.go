package room

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// delayedConn is a connection whose reader is delayed once, for a second, between
// setting a deadline and reading, as on a machine that is busy or was suspended.
type delayedConn struct {
	net.Conn
	awake int // number of deadlines before the delay
}

func (d *delayedConn) SetReadDeadline(t time.Time) error {
	err := d.Conn.SetReadDeadline(t)
	if d.awake--; d.awake == -1 {
		<-time.After(time.Second)
	}
	return err
}

// CloseWrite is needed by package tcp.
func (d *delayedConn) CloseWrite() error {
	return d.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// delaying delays the reader of each client.
func delaying(awake int) func(*testRoom, *Config) {
	return func(h *testRoom, _ *Config) {
		h.wrap = func(c net.Conn) net.Conn { return &delayedConn{c, awake} }
	}
}

// Bytes that arrive while the server is delayed interrupt the silence.
func TestADelayedServerEndsNoLine(t *testing.T) {
	withRoom(t, delaying(1), func(t *testing.T, h *testRoom) {
		one := h.joins()
		h.settles(2 * time.Second)
		two := h.connects()
		two.sends(t, "Hey am ")
		<-time.After(20 * time.Millisecond)
		two.sends(t, "client2")
		h.settles(2 * time.Second)
		require.Equal(t, lineGreeting+"[127.0.0.1:50002] is Online\n('127.0.0.1', 50002) at 13:54:52: Hey am client2\n", one.received.take())
	})
}

func TestADelayedServerAnnouncesNoHealthCheck(t *testing.T) {
	withRoom(t, delaying(0), func(t *testing.T, h *testRoom) {
		one := h.joins()
		h.settles(2 * time.Second)
		require.NoError(t, h.dial().CloseWrite())
		h.settles(2 * time.Second)
		require.Equal(t, lineGreeting, one.received.take())
	})
}
