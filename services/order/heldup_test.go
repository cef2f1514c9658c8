package order

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// drowsy is a connection whose reader is held up in the second part of a silence,
// until time is up, while more arrives.
type drowsy struct {
	net.Conn
	deadlines int
	meanwhile func()
}

func (d *drowsy) SetReadDeadline(t time.Time) error {
	if d.deadlines++; d.deadlines == 3 {
		d.meanwhile()
		t = time.Now()
	}
	return d.Conn.SetReadDeadline(t)
}

// What has arrived while the server was held up was no silence.
func TestAServerThatIsHeldUpEndsNoMessage(t *testing.T) {
	b := newBench(t)
	x := b.dials("Client X: Ah")
	at := b.accepts()
	at.Conn = &drowsy{Conn: at.Conn, meanwhile: func() {
		b.says(x, "naf")
		require.Eventually(t, at.arrivals.unread, testTime, time.Millisecond)
	}}
	h := &hearing{caller: at, rounds: b.door.rounds, ready: func() error { return nil }}
	require.NoError(t, h.hear(t.Context()))
	require.Equal(t, signed{"X", "Ahnaf"}, at.m.signed)
}
