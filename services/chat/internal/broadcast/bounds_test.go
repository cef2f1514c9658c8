package broadcast

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
)

// A flood of two senders drops their own oldest lines, and not the only line of a
// third.
func TestAFloodOfLinesCostsNoOtherItsLines(t *testing.T) {
	l := newLinked(t, 1000)
	l.state.Limits.Kept = 300 << 10
	one, _ := l.meet(wire.ID{Name: "1", Incarnation: 2000}, 0, 0)
	two, _ := l.meet(wire.ID{Name: "2", Incarnation: 2000}, 0, 0)
	three := wire.ID{Name: "3", Incarnation: 2000}
	third, _ := l.meet(three, 0, 0)
	l.receives(third, "MSG 3 1 one line")
	for i := range 5000 {
		l.receives(one, fmt.Sprintf("MSG 1 %d %0100d", i+1, i))
		l.receives(two, fmt.Sprintf("MSG 2 %d %0100d", i+1, i))
		require.LessOrEqual(t, l.state.kept, l.state.Limits.Kept)
	}
	require.Greater(t, l.state.kept, l.state.Limits.Kept/2)
	require.EqualValues(t, 1, l.state.senders[three].log.last)
	require.Equal(t, "MSG 3 1 one line\n", string(l.state.senders[three].log.segments[0].data))
}

// Only the first line of a process waits for what its digest says, and not longer than
// for a line that does not exist: those behind it follow it, and do not wait again.
func TestADigestIsWaitedForOnce(t *testing.T) {
	l := newLinked(t, 1000)
	one, _ := l.meet(client("1"), 0, 0)
	three, _ := l.meet(wire.ID{Name: "3", Incarnation: 500}, 5, 2)
	l.receives(three, "HAVE 3 500 5", "HAVE 1 2000 1")
	for i := range 100 {
		l.receives(three, fmt.Sprintf("MSG 3 %d x", 6+i))
	}
	require.Len(t, l.state.senders[three.peer].holds, 1)
	l.passes(dueProof+2*TickAfter, one, three)
	l.receives(three, "MSG 3 106 x")
	require.Len(t, l.lines, 102, "101 lines, and that one is missing")
}

// Lines that answer one which has not come are read up to a bound, and then until
// the answer to the request has come; none is lost.
func TestLinesThatWaitAreReadUpToABound(t *testing.T) {
	l := newLinked(t, 1000)
	l.state.Limits.SlowOf, l.state.Limits.HeldOf = 32<<10, 512<<10
	l.meet(wire.ID{Name: "1", Incarnation: 2000}, 0, 0)
	two, _ := l.meet(wire.ID{Name: "2", Incarnation: 2000}, 0, 0)
	l.receives(two, "AFTER 1 2000 1", "MSG 2 1 that is in it")
	seq := 1
	next := func() {
		seq++
		l.receives(two, fmt.Sprintf("MSG 2 %d %s", seq, strings.Repeat("x", 100)))
	}
	for !l.state.Blocked(two) {
		next()
		require.LessOrEqual(t, l.state.held, l.state.Limits.SlowOf+200)
	}
	require.Empty(t, l.lines)
	require.Greater(t, l.state.held, l.state.Limits.SlowOf)
	require.NotZero(t, l.ticks, "it waits without an end")

	l.passes(dueInquiry)
	require.True(t, l.state.Blocked(two), "nothing has come of it yet")
	l.flows = 0
	l.passes(dueStalled)
	require.NotZero(t, l.flows, "the reader is not told")
	require.False(t, l.state.Blocked(two), "the answer comes over that link")
	require.Equal(t, "WANT 1 2000 0\n", l.sent(two))
	for range 1000 { // on the way already
		next()
	}
	require.Less(t, l.state.held, l.state.Limits.HeldOf)
	l.receives(two, "LINES 1 2000 1", "MSG 1 1 what is in that file?")
	require.Len(t, l.lines, 1+seq)
	require.Equal(t, []string{"Client 1: what is in that file?", "Client 2: that is in it"}, l.lines[:2])
	require.Zero(t, l.state.held)
	require.Empty(t, l.state.holding)
	require.False(t, two.isCut)
}
