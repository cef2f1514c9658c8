package room

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// drowsy is a connection whose reader is held up once, for a second, between
// setting a deadline and reading, as on a machine that is busy or was suspended.
type drowsy struct {
	net.Conn
	awake int // deadlines that are still set in time
}

func (d *drowsy) SetReadDeadline(t time.Time) error {
	err := d.Conn.SetReadDeadline(t)
	if d.awake--; d.awake == -1 {
		<-time.After(time.Second)
	}
	return err
}

// CloseWrite is for package tcp.
func (d *drowsy) CloseWrite() error { return d.Conn.(interface{ CloseWrite() error }).CloseWrite() }

// drowse has the reader of each client be held up.
func drowse(awake int) func(*hall, *Config) {
	return func(h *hall, _ *Config) {
		h.wrap = func(c net.Conn) net.Conn { return &drowsy{c, awake} }
	}
}

// What has arrived while the server was held up was no silence.
func TestAServerThatIsHeldUpEndsNoLine(t *testing.T) {
	inTime(t, drowse(1), func(t *testing.T, h *hall) {
		one := h.joins()
		h.settles(2 * time.Second)
		two := h.connects()
		two.says(t, "Hey am ")
		<-time.After(20 * time.Millisecond)
		two.says(t, "client2")
		h.settles(2 * time.Second)
		require.Equal(t, lineGreeting+"[127.0.0.1:50002] is Online\n('127.0.0.1', 50002) at 13:54:52: Hey am client2\n", one.heard.take())
	})
}

func TestAServerThatIsHeldUpTellsNobodyOfAHealthCheck(t *testing.T) {
	inTime(t, drowse(0), func(t *testing.T, h *hall) {
		one := h.joins()
		h.settles(2 * time.Second)
		require.NoError(t, h.dial().CloseWrite())
		h.settles(2 * time.Second)
		require.Equal(t, lineGreeting, one.heard.take())
	})
}
