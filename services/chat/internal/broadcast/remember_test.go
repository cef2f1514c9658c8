package broadcast

import (
	"fmt"
	"strings"
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
	st = l.state.Meet(nil, hello, false, noPeers)
	st.Ready()
	l.state.Join(st, pending)
	return st, st.ready.Have
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

// A newcomer is told of Client 3 first by a member whose screen is yet to show what
// Client 3 has answered, and which therefore does not say how far its lines count. The
// digest of Client 3 itself then says that, and what its next line may answer.
func TestTheDigestOfAProcessSaysWhatItHasAnswered(t *testing.T) {
	l := newLinked(t, 1000)
	server, _ := l.meet(wire.ID{Name: wire.Server, Incarnation: 900}, 0, 1)
	l.receives(server, "PEER 3 500 127.0.0.1:1 999999999999999999")
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

// Client 7 waits for what the next line of Client 3 may answer. A newcomer for which the
// lines of Client 3 counted from there would not wait for it, so client 7 says how far
// they count only when it has shown that.
func TestADigestCountsOnlyLinesWhoseQuestionsAreShown(t *testing.T) {
	l := newLinked(t, 1000)
	one, _ := l.meet(wire.ID{Name: "1", Incarnation: 2000}, 0, 0)
	three := wire.ID{Name: "3", Incarnation: 500}
	peer := func() string {
		all := func(yield func(wire.Peer) bool) { yield(wire.Peer{ID: three, Addr: "127.0.0.1:1"}) }
		line, _, _ := strings.Cut(string(l.state.digest(wire.ID{Name: "4", Incarnation: 3000}, all)), "\n")
		return line
	}
	third, _ := l.meet(three, 5, 2)
	require.Equal(t, "PEER 3 500 127.0.0.1:1 999999999999999999", peer(), "its digest is yet to come")
	l.receives(third, "HAVE 1 2000 2", "HAVE 3 500 5")
	l.receives(one, "MSG 1 1 x")
	require.Equal(t, "PEER 3 500 127.0.0.1:1 999999999999999999", peer())
	l.receives(one, "MSG 1 2 question")
	require.Equal(t, "PEER 3 500 127.0.0.1:1 5", peer())
}

// Client 7 has given up lines of Client 1, which answer some that it may not have. A
// newcomer for which the lines of Client 1 counted from there would not wait for these. But
// it is told how far they may be answered.
func TestADigestCountsNoLinesThatWereGivenUp(t *testing.T) {
	for _, linked := range []bool{false, true} { // the member whose line waits for them
		l := newLinked(t, 1000)
		one, _ := l.meet(wire.ID{Name: "1", Incarnation: 2000}, 0, 0)
		three, _ := l.meet(wire.ID{Name: "3", Incarnation: 3000}, 0, 0)
		digest := func() string { return string(l.state.digest(wire.ID{Name: "4", Incarnation: 4000}, noPeers)) }
		l.receives(one, "MSG 1 1 x")
		l.parts(one)
		require.Equal(t, "HAVE 1 2000 1\nHAVE 3 3000 0\n", digest())
		l.receives(three, "AFTER 1 2000 5", "MSG 3 1 answer")
		if linked {
			l.passes(dueProof+2*TickAfter, three)
		} else {
			l.parts(three)
			l.passes(2 * Unreachable)
		}
		require.Contains(t, l.lines, "Client 3: answer")
		require.Equal(t, "HAVE 1 2000 999999999999999999\nHAVE 1 2000 5\nHAVE 3 3000 1\n", digest())
	}
}

// An answer is shown to a line of Client 3, which does not count here. A newcomer for which
// the lines of Client 3 counted from before would show it below.
func TestADigestNamesLinesThatAreAnswered(t *testing.T) {
	l := newLinked(t, 1000)
	two, _ := l.meet(wire.ID{Name: "2", Incarnation: 3000}, 0, 0)
	l.receives(two, "HAVE 4 500 1", "AFTER 3 500 7", "MSG 2 1 answer")
	require.Equal(t, []string{"Client 2: answer"}, l.lines)
	require.Equal(t, "HAVE 2 3000 1\nHAVE 4 500 999999999999999999\nHAVE 4 500 1\nHAVE 3 500 999999999999999999\nHAVE 3 500 7\n",
		string(l.state.digest(wire.ID{Name: "5", Incarnation: 4000}, noPeers)))
}

// Lines of Client 1 were given up where Client 3 was counted, whose earlier lines answer
// them. Client 7 hears of Client 1 there first, and then of a member that counts less.
func TestLinesThatWereGivenUpElsewhere(t *testing.T) {
	dead := []string{"HAVE 1 200 999999999999999999", "HAVE 1 200 5"}
	answers := []string{"LINES 1 200 2", "MSG 1 4 four", "MSG 1 5 five"}
	l := newLinked(t, 1000)
	two, _ := l.meet(wire.ID{Name: "2", Incarnation: 300}, 0, 3)
	l.receives(two, append(dead, "HAVE 3 400 7")...)
	three, _ := l.meet(wire.ID{Name: "3", Incarnation: 400}, 7, 2)
	l.receives(three, "HAVE 3 400 7", "HAVE 1 200 3", "MSG 3 8 answer")
	l.receives(three, "HAVE 1 200 5")
	require.Equal(t, []string{"Client 3: answer"}, l.lines)
	require.NotContains(t, l.sent(three), "WANT")

	l = newLinked(t, 1000) // the other way round, the lines that are to come are waited for
	four, _ := l.meet(wire.ID{Name: "4", Incarnation: 500}, 0, 1)
	l.receives(four, "HAVE 1 200 3")
	two, _ = l.meet(wire.ID{Name: "2", Incarnation: 300}, 0, 3)
	l.receives(two, append(dead, "HAVE 3 400 7")...)
	require.Equal(t, "WANT 1 200 3\n", l.sent(two))
	three, _ = l.meet(wire.ID{Name: "3", Incarnation: 400}, 7, 1)
	l.receives(three, "HAVE 3 400 7", "MSG 3 8 answer")
	require.Empty(t, l.lines)
	l.receives(two, answers...)
	require.Equal(t, []string{"Client 1: four", "Client 1: five", "Client 3: answer"}, l.lines)
}

// A client whose clock was set back has a lower incarnation than client 7, and is killed
// before client 7 has met it.
func TestAnOlderProcessThatHasTypedNothingYet(t *testing.T) {
	l := newLinked(t, 1000)
	one, _ := l.meet(wire.ID{Name: "1", Incarnation: 2000}, 0, 0)
	l.receives(one, "PEER 3 500 127.0.0.1:1 0", "HAVE 3 500 1")
	require.Equal(t, "WANT 3 500 0\n", l.sent(one))
	l.receives(one, "LINES 3 500 1", "MSG 3 1 first")
	require.Equal(t, []string{"Client 3: first"}, l.lines)
}

// A newcomer does not say how far the lines of a process count that is younger than
// client 7. That says nothing of lines that client 7 lacks.
func TestAProcessThatDoesNotCountElsewhere(t *testing.T) {
	l := newLinked(t, 1000)
	four, _ := l.meet(wire.ID{Name: "4", Incarnation: 3000}, 0, 1)
	l.receives(four, "PEER 3 2000 127.0.0.1:1 999999999999999999", "PEER 3 2000 127.0.0.1:1 999999999999999999")
	require.Empty(t, l.sent(four))
	three, have := l.meet(wire.ID{Name: "3", Incarnation: 2000}, 1, 0)
	require.Zero(t, have)
	l.receives(three, "MSG 3 1 first")
	require.Equal(t, []string{"Client 3: first"}, l.lines)
}

// A HELLO and a digest that take long on their way are older than what others say of
// their sender by then. A newcomer that has shown an answer to a line between does not
// ask for that line, which would stand below it: it was typed before the link was there.
func TestAHelloThatIsOlderThanWhatOthersSay(t *testing.T) {
	for pending, named := range []string{"AFTER 3 500 3", "PEER 3 500 127.0.0.1:1 3"} {
		for first, want := range map[int][]string{
			4: {"Client 2: answer", "Client 3: 4", "Client 3: 5"},
			3: {"Client 2: answer", "Client 3: 3", "Client 3: 4", "Client 3: 5"}, // the other has lied
		} {
			l := newLinked(t, 1000)
			two, _ := l.meet(wire.ID{Name: "2", Incarnation: 300}, 0, pending)
			l.receives(two, named, "MSG 2 1 answer")
			three, have := l.meet(wire.ID{Name: "3", Incarnation: 500}, 2, 1)
			require.EqualValues(t, 3, have)
			l.receives(three, "HAVE 3 500 2")
			for seq := first; seq <= 5; seq++ {
				l.receives(three, fmt.Sprintf("MSG 3 %d %d", seq, seq))
			}
			require.Equal(t, want, l.lines)
		}
	}
}

// While the digest of a process is on its way, what others have answered of it waits
// for that, but not for long.
func TestAnAnswerWaitsForTheDigestOfAProcess(t *testing.T) {
	for arrives, want := range map[bool][]string{
		true:  {"Client 3: question", "Client 2: answer"},
		false: {"Client 3: 1 missing", "Client 2: answer", "Client 3: question"},
	} {
		l := newLinked(t, 1000)
		two, _ := l.meet(wire.ID{Name: "2", Incarnation: 300}, 0, 0)
		three, have := l.meet(wire.ID{Name: "3", Incarnation: 500}, 2, 1)
		require.EqualValues(t, 2, have)
		l.receives(two, "AFTER 3 500 3", "MSG 2 1 answer")
		require.Empty(t, l.lines)
		if !arrives {
			l.passes(dueProof+2*TickAfter, two, three)
		}
		l.receives(three, "HAVE 3 500 2")
		require.EqualValues(t, 2, l.state.senders[three.peer].shown)
		l.receives(three, "MSG 3 3 question")
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

// The link of Client 1 is up and brings nothing, as if what it sends were dropped on its
// way. Another has shown a line of it.
func TestALineThatItsOwnLinkDoesNotBring(t *testing.T) {
	l := newLinked(t, 1000)
	one, _ := l.meet(wire.ID{Name: "1", Incarnation: 2000}, 0, 0)
	two, _ := l.meet(wire.ID{Name: "2", Incarnation: 2001}, 0, 0)
	l.receives(one, "")
	l.passes(time.Second, two)
	l.receives(two, "HAVE 1 2000 1")
	require.Empty(t, l.sent(one)+l.sent(two), "it may be on its way")
	l.passes(dueInquiry+TickAfter, two)
	require.Equal(t, "WANT 1 2000 0\n", l.sent(one))
	l.passes(dueStalled+TickAfter, two)
	require.Equal(t, "WANT 1 2000 0\n", l.sent(two))
	l.receives(two, "LINES 1 2000 1", "MSG 1 1 hello")
	require.Equal(t, []string{"Client 1: hello"}, l.lines)
}

// By its own word, Client 1 has not typed the line that another claims to have shown.
func TestALineThatItsSenderDenies(t *testing.T) {
	l := newLinked(t, 1000)
	one, _ := l.meet(wire.ID{Name: "1", Incarnation: 2000}, 0, 0)
	two, _ := l.meet(wire.ID{Name: "2", Incarnation: 2001}, 0, 0)
	l.receives(two, "HAVE 1 2000 1000")
	l.passes(dueInquiry+TickAfter, two)
	require.Equal(t, "WANT 1 2000 0\n", l.sent(one))
	l.receives(one, "LINES 1 2000 0")
	l.ticks = 0
	l.passes(time.Minute, two)
	require.Zero(t, l.ticks, "it is still looked for")
	require.Empty(t, l.sent(one)+l.sent(two))
}
