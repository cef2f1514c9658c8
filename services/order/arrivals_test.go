package order

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bench is rounds of one round whose connections are read when a test says so, as
// if the goroutines that would read them had been held up.
type bench struct {
	t     *testing.T
	door  door
	shown []string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	ln, stamped, err := listenStamped(func() (net.Listener, error) { return net.Listen("tcp", "127.0.0.1:0") })
	require.NoError(t, err)
	t.Cleanup(func() { ln.Close() })
	if !stamped {
		t.Skip("left out: this kernel does not note when bytes arrive")
	}
	b := &bench{t: t}
	b.door = door{ln, &rounds{heard: make(map[*caller]bool), left: 1, last: func() {}, show: func(line string) { b.shown = append(b.shown, line) }}, true}
	b.door.rounds.backlog = b.door.waiting
	return b
}

// dials connects a client, which says something at once.
func (b *bench) dials(text string) net.Conn {
	b.t.Helper()
	conn, err := net.Dial("tcp", b.door.Addr().String())
	require.NoError(b.t, err)
	b.t.Cleanup(func() { conn.Close() })
	b.says(conn, text)
	return conn
}

func (b *bench) says(conn net.Conn, text string) {
	b.t.Helper()
	_, err := conn.Write([]byte(text))
	require.NoError(b.t, err)
}

func (b *bench) accepts() *caller {
	b.t.Helper()
	conn, err := b.door.Accept()
	require.NoError(b.t, err)
	b.t.Cleanup(func() { conn.Close() })
	return conn.(*caller)
}

// hears reads a message that is there as a whole.
func (b *bench) hears(c *caller, name string) {
	b.t.Helper()
	_, err := b.door.rounds.read(c, make([]byte, maxMessage))
	require.NoError(b.t, err)
	c.m.signed = signed{name, "Ahnaf"}
	b.door.rounds.complete(c)
}

func (b *bench) showed(names ...string) {
	b.t.Helper()
	var want []string
	for _, name := range names {
		want = append(want, "Message Received: Client "+name+": Ahnaf")
	}
	require.Equal(b.t, want, b.shown)
}

func TestWhatHasArrivedAndHasNotBeenReadIsWaitedFor(t *testing.T) {
	b := newBench(t)
	y, x := b.dials(""), b.dials("")
	atY, atX := b.accepts(), b.accepts()
	b.says(x, "x")
	b.says(y, "y")
	b.hears(atY, "Y")
	b.showed()
	b.hears(atX, "X")
	b.showed("X", "Y")
}

func TestWhatArrivesLaterIsNotWaitedFor(t *testing.T) {
	b := newBench(t)
	y, x := b.dials(""), b.dials("")
	atY, atX := b.accepts(), b.accepts()
	b.says(y, "y")
	b.hears(atY, "Y")
	b.showed("Y")
	b.says(x, "x")
	b.hears(atX, "X")
	b.showed("Y", "X")
}

func TestAConnectionThatHasNotBeenAcceptedIsWaitedFor(t *testing.T) {
	b := newBench(t)
	y := b.dials("")
	atY := b.accepts()
	b.dials("x")
	b.says(y, "y")
	b.dials("") // who says nothing
	b.dials("") // nor
	b.hears(atY, "Y")
	b.showed()
	atX := b.accepts()
	b.accepts()
	b.showed()
	b.dials("z") // waited for by X, which is complete only after it has come
	b.hears(atX, "X")
	b.accepts()
	atZ := b.accepts()
	b.showed()
	_, err := b.door.rounds.read(atZ, make([]byte, maxMessage))
	require.NoError(t, err)
	b.showed("X", "Y")
}

// Those who leave, or turn out to say something else, are not waited for any more.
func TestOneWhoLeavesWithBytesUnreadIsNotWaitedFor(t *testing.T) {
	b := newBench(t)
	y, x := b.dials(""), b.dials("")
	atY, atX := b.accepts(), b.accepts()
	b.says(x, "x")
	b.says(y, "y")
	b.hears(atY, "Y")
	b.showed()
	require.True(t, b.door.rounds.withdraw(atX))
	b.showed("Y")
}

func TestTheTimeIsThatOfTheArrival(t *testing.T) {
	b := newBench(t)
	x := b.dials("")
	atX := b.accepts()
	before := time.Now()
	b.says(x, "x")
	after := time.Now()
	<-time.NewTimer(20 * time.Millisecond).C
	b.hears(atX, "X")
	assert.False(t, time.Unix(0, atX.m.at).Before(before.Round(0)), "not before it was said")
	assert.False(t, time.Unix(0, atX.m.at).After(after.Add(10*time.Millisecond)), "nor when it was read")
}
