package order

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bench is a listener with one round whose connections are read when a test calls
// reads, as if the goroutines that would read them were delayed.
type bench struct {
	t        *testing.T
	listener listener
	shown    []string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	ln, stamped, err := listenStamped(func() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") })
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	if !stamped {
		t.Skip("this kernel does not timestamp arrivals")
	}
	b := &bench{t: t}
	b.listener = listener{Listener: ln, rounds: &rounds{unfinished: make(map[*clientConn]bool), remaining: 1, last: func() {}, show: func(line string) { b.shown = append(b.shown, line) }}, stamped: true}
	b.listener.rounds.backlog = b.listener.waiting
	return b
}

// dials connects a client, which sends text at once.
func (b *bench) dials(text string) net.Conn {
	b.t.Helper()
	conn, err := net.Dial("tcp", b.listener.Addr().String())
	require.NoError(b.t, err)
	b.t.Cleanup(func() { conn.Close() })
	b.sends(conn, text)
	return conn
}

func (b *bench) sends(conn net.Conn, text string) {
	b.t.Helper()
	_, err := conn.Write([]byte(text))
	require.NoError(b.t, err)
}

func (b *bench) accepts() *clientConn {
	b.t.Helper()
	conn, err := b.listener.Accept()
	require.NoError(b.t, err)
	b.t.Cleanup(func() { conn.Close() })
	return conn.(*clientConn)
}

// reads reads a message that has arrived completely.
func (b *bench) reads(c *clientConn, name string) {
	b.t.Helper()
	_, err := b.listener.rounds.read(c, make([]byte, maxMessage))
	require.NoError(b.t, err)
	c.m.signed = signed{name, "Ahnaf"}
	b.listener.rounds.complete(c)
}

func (b *bench) showed(names ...string) {
	b.t.Helper()
	var want []string
	for _, name := range names {
		want = append(want, "Message Received: Client "+name+": Ahnaf")
	}
	require.Equal(b.t, want, b.shown)
}

func TestUnreadBytesHoldUpALaterMessage(t *testing.T) {
	b := newBench(t)
	y, x := b.dials(""), b.dials("")
	connY, connX := b.accepts(), b.accepts()
	b.sends(x, "x")
	b.sends(y, "y")
	b.reads(connY, "Y")
	b.showed()
	b.reads(connX, "X")
	b.showed("X", "Y")
}

func TestBytesThatArriveLaterHoldUpNoMessage(t *testing.T) {
	b := newBench(t)
	y, x := b.dials(""), b.dials("")
	connY, connX := b.accepts(), b.accepts()
	b.sends(y, "y")
	b.reads(connY, "Y")
	b.showed("Y")
	b.sends(x, "x")
	b.reads(connX, "X")
	b.showed("Y", "X")
}

func TestAConnectionInTheBacklogHoldsUpALaterMessage(t *testing.T) {
	b := newBench(t)
	y := b.dials("")
	connY := b.accepts()
	b.dials("x")
	b.sends(y, "y")
	b.dials("") // a client that sends nothing
	b.dials("") // another one
	b.reads(connY, "Y")
	b.showed()
	connX := b.accepts()
	b.accepts()
	b.showed()
	b.dials("z") // it arrives before X is complete, so X waits for it
	b.reads(connX, "X")
	b.accepts()
	connZ := b.accepts()
	b.showed()
	_, err := b.listener.rounds.read(connZ, make([]byte, maxMessage))
	require.NoError(t, err)
	b.showed("X", "Y")
}

// A message that is withdrawn while its bytes are unread no longer holds up
// others.
func TestAWithdrawnMessageHoldsUpNoOther(t *testing.T) {
	b := newBench(t)
	y, x := b.dials(""), b.dials("")
	connY, connX := b.accepts(), b.accepts()
	b.sends(x, "x")
	b.sends(y, "y")
	b.reads(connY, "Y")
	b.showed()
	require.True(t, b.listener.rounds.withdraw(connX))
	b.showed("Y")
}

func TestTheTimeIsTheArrivalNotTheRead(t *testing.T) {
	b := newBench(t)
	x := b.dials("")
	connX := b.accepts()
	before := time.Now()
	b.sends(x, "x")
	after := time.Now()
	<-time.NewTimer(20 * time.Millisecond).C
	b.reads(connX, "X")
	assert.False(t, time.Unix(0, connX.m.at).Before(before.Round(0)), "not before it was sent")
	assert.False(t, time.Unix(0, connX.m.at).After(after.Add(10*time.Millisecond)), "not when it was read")
}
