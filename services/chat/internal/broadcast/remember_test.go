package broadcast

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
)

// linked is a State and its screen. The test plays all other members.
type linked struct {
	*testing.T
	recorder
	state *State
	now   time.Time
}

func newLinked(t *testing.T, incarnation uint64) *linked {
	l := &linked{T: t, now: time.Unix(0, 0)}
	l.state = New(wire.ID{Name: "7", Incarnation: incarnation}, &l.recorder)
	return l
}

// meet performs a handshake with a process that has typed last lines, and whose
// digest has so many lines. It returns the link, and the number in READY.
func (l *linked) meet(id wire.ID, last uint64, pending int) (st *Stream, have uint64) {
	hello := wire.Hello{ID: id, State: wire.StateNew, Last: last}
	if id.Incarnation < l.state.self.Incarnation {
		hello.State = wire.StateBack
	}
	have = l.state.Meet(hello, false)
	st = NewStream(nil, hello, l.state.Digest(id, noPeers), pending)
	l.state.Join(st)
	return st, have
}

func (l *linked) receives(st *Stream, all ...string) {
	l.Helper()
	l.state.Begin(l.now)
	for _, line := range all {
		_, err := l.state.Receive(st, []byte(line))
		require.NoError(l, err, line)
	}
	l.state.Release()
}

// passes lets time pass in which nothing comes, except an empty line over each of
// the links.
func (l *linked) passes(d time.Duration, alive ...*Stream) {
	for end := l.now.Add(d); l.now.Before(end); {
		l.now = l.now.Add(TickAfter)
		for _, st := range alive {
			l.receives(st, "")
		}
		l.state.Tick(l.now)
	}
}

// sent returns what the link sends next.
func (l *linked) sent(st *Stream) string {
	bufs, _ := l.state.Next(st, 0, nil)
	all := ""
	for _, b := range bufs {
		all += string(b)
	}
	return all
}

// A newcomer is told of Client 3 first by a member that does not know yet what
// Client 3 has answered. The digest of Client 3 itself then says what its next
// line may answer.
func TestTheDigestOfAProcessSaysWhatItHasAnswered(t *testing.T) {
	l := newLinked(t, 1000)
	server, _ := l.meet(wire.ID{Name: wire.Server, Incarnation: 900}, 0, 1)
	l.receives(server, "HAVE 3 500 3")
	two, _ := l.meet(wire.ID{Name: "2", Incarnation: 300}, 0, 1)
	l.receives(two, "HAVE 1 200 0")
	three, have := l.meet(wire.ID{Name: "3", Incarnation: 500}, 3, 2)
	require.EqualValues(t, 3, have)
	l.receives(three, "HAVE 3 500 3", "HAVE 1 200 1", "MSG 3 4 answer")
	require.Empty(t, l.lines)
	require.Equal(t, "WANT 1 200 0\n", l.sent(three))
	l.receives(three, "LINES 1 200 1", "MSG 1 1 question")
	require.Equal(t, []string{"Client 1: question", "Client 3: answer"}, l.lines)
}

// A HELLO that takes long on its way is older than what others say of its sender by
// then. A newcomer that has shown an answer to a line between does not show that line
// below it: it was typed before the link was there.
func TestAHelloThatIsOlderThanWhatOthersSay(t *testing.T) {
	for own, want := range map[int][]string{
		3: {"Client 2: answer", "Client 3: fourth"},
		2: {"Client 2: answer", "Client 3: third", "Client 3: fourth"}, // the other has lied
	} {
		l := newLinked(t, 1000)
		two, _ := l.meet(wire.ID{Name: "2", Incarnation: 300}, 0, 1)
		l.receives(two, "HAVE 3 500 3", "AFTER 3 500 3", "MSG 2 1 answer")
		three, have := l.meet(wire.ID{Name: "3", Incarnation: 500}, 2, 1)
		require.EqualValues(t, 2, have)
		l.receives(three, fmt.Sprintf("HAVE 3 500 %d", own), "MSG 3 3 third", "MSG 3 4 fourth")
		require.Equal(t, want, l.lines)
	}
}

// A member that was asked for lines and is slow to answer may have them: they are
// not lost before it has answered.
func TestLinesAreNotLostBeforeAllHaveAnswered(t *testing.T) {
	l := newLinked(t, 1000)
	dead := wire.ID{Name: "2", Incarnation: 2000}
	server, _ := l.meet(wire.ID{Name: wire.Server, Incarnation: 3000}, 0, 0)
	three, _ := l.meet(wire.ID{Name: "3", Incarnation: 3001}, 0, 0)
	l.receives(server, "HAVE 2 2000 4")
	require.Equal(t, "WANT 2 2000 0\n", l.sent(server))
	l.receives(server, "LINES 2 2000 1", "MSG 2 4 fourth")
	l.state.Ended(dead)
	for now := time.Duration(0); now < 10*time.Second; now += TickAfter {
		l.state.Tick(time.Unix(0, 0).Add(now))
	}
	require.Equal(t, "WANT 2 2000 0\n", l.sent(three))
	require.Empty(t, l.lines)
	l.receives(three, "LINES 2 2000 3", "MSG 2 1 first", "MSG 2 2 second", "MSG 2 3 third")
	require.Equal(t, "WANT 2 2000 3\n", l.sent(server))
	l.receives(server, "LINES 2 2000 1", "MSG 2 4 fourth")
	require.Equal(t, []string{"Client 2: first", "Client 2: second", "Client 2: third", "Client 2: fourth"}, l.lines)
}
