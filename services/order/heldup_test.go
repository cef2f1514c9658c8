package order

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// delayedConn is a connection whose reader is delayed in the second part of a
// silence until the deadline has passed, while more bytes arrive.
type delayedConn struct {
	net.Conn
	deadlines int
	meanwhile func()
}

func (d *delayedConn) SetReadDeadline(t time.Time) error {
	if d.deadlines++; d.deadlines == 3 {
		d.meanwhile()
		t = time.Now()
	}
	return d.Conn.SetReadDeadline(t)
}

// Bytes that arrive while the server is delayed interrupt the silence.
func TestADelayedServerEndsNoMessage(t *testing.T) {
	b := newBench(t)
	x := b.dials("Client X: Ah")
	at := b.accepts()
	at.Conn = &delayedConn{Conn: at.Conn, meanwhile: func() {
		b.sends(x, "naf")
		require.Eventually(t, at.arrivals.unread, testTime, time.Millisecond)
	}}
	r := &receiver{clientConn: at, rounds: b.listener.rounds, ready: func() error { return nil }}
	require.NoError(t, r.receive(t.Context()))
	require.Equal(t, signed{"X", "Ahnaf"}, at.m.signed)
}
