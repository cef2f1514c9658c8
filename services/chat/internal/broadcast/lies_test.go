package broadcast

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
)

// Client 9 lies in these tests; 1 and 3 do not.

func client(name wire.Name) wire.ID { return wire.ID{Name: name, Incarnation: 2000} }

// liars returns client 7 with links to clients 1, 3 and 9.
func liars(t *testing.T) (l *linked, one, three, nine *Stream) {
	l = newLinked(t, 3000)
	one, _ = l.meet(client("1"), 0, 0)
	three, _ = l.meet(client("3"), 0, 0)
	nine, _ = l.meet(client("9"), 0, 0)
	return l, one, three, nine
}

func (l *linked) parts(st *Stream) { l.state.Part(st, l.now) }

func TestWhatALinkedMemberHasTypedIsAskedOfItself(t *testing.T) {
	l, one, _, nine := liars(t)
	l.receives(one, "MSG 1 1 true")
	l.receives(nine, "AFTER 1 2000 2", "MSG 9 1 bait")
	l.passes(dueInquiry, one, nine)
	require.Empty(t, l.sent(nine))
	require.Equal(t, "WANT 1 2000 1\n", l.sent(one))
	l.receives(one, "LINES 1 2000 0")
	l.passes(TickAfter, one, nine)
	l.receives(one, "MSG 1 2 as true")
	require.Equal(t, []string{"Client 1: true", "Client 9: bait", "Client 1: as true"}, l.lines)
}

func TestALineThatExistsIsWaitedFor(t *testing.T) {
	l, one, three, _ := liars(t)
	l.receives(three, "AFTER 1 2000 2", "MSG 3 1 answer")
	l.passes(dueInquiry, one, three)
	require.Equal(t, "WANT 1 2000 1\n", l.sent(one))
	l.receives(one, "LINES 1 2000 1", "MSG 1 2 question")
	require.Empty(t, l.lines, "line 1 is yet to come")
	l.receives(one, "MSG 1 1 hello", "MSG 1 2 question")
	require.Equal(t, []string{"Client 1: hello", "Client 1: question", "Client 3: answer"}, l.lines)
}

// A member that claims to answer lines that do not exist delays those that answer it
// once, and by less than a second.
func TestALineThatDoesNotExistDelaysNoOther(t *testing.T) {
	for name, answers := range map[string]bool{"the sender says so": true, "the sender does not answer": false} {
		t.Run(name, func(t *testing.T) {
			l, one, three, nine := liars(t)
			var delays []time.Duration
			for i := 1; i <= 3; i++ {
				typed := l.now
				l.receives(nine, fmt.Sprintf("AFTER 3 2000 %d", 1_000_000*i), fmt.Sprintf("MSG 9 %d x", i))
				l.receives(one, fmt.Sprintf("AFTER 9 2000 %d", i), fmt.Sprintf("MSG 1 %d y", i))
				for len(l.lines) == 0 || l.lines[len(l.lines)-1] != "Client 1: y" {
					l.passes(TickAfter, one, three, nine)
					if answers && l.sent(three) != "" {
						l.receives(three, "LINES 3 2000 0")
					}
				}
				delays = append(delays, l.now.Sub(typed))
				l.lines = nil
			}
			require.Less(t, delays[0], time.Second)
			require.LessOrEqual(t, max(delays[1], delays[2]), TickAfter)
			l.receives(one, "AFTER 3 2000 1", "MSG 1 4 an answer")
			require.Empty(t, l.lines, "client 1 is trusted")
			l.receives(three, "MSG 3 1 a question")
			require.Equal(t, []string{"Client 3: a question", "Client 1: an answer"}, l.lines)
		})
	}
}

// Client 9 claims again and again to answer a process that has ended, and does not
// say what. Client 1 was not told that it does, so its answers show that it need not
// be waited for.
func TestALineOfAnEndedProcessDelaysNoOther(t *testing.T) {
	l, one, _, nine := liars(t)
	for i := 1; i <= 3; i++ {
		l.receives(nine, fmt.Sprintf("AFTER 5 4000 %d", 10*i), fmt.Sprintf("MSG 9 %d x", i))
		l.receives(one, fmt.Sprintf("AFTER 9 2000 %d", i), fmt.Sprintf("MSG 1 %d y", i))
		l.passes(800*time.Millisecond, one, nine)
		require.Equal(t, "Client 1: y", l.lines[len(l.lines)-1])
		l.lines = nil
	}
}

// Client 9 says itself that it does not have what it claims to answer.
func TestAMemberThatDoesNotHaveWhatItAnswersIsNotBelieved(t *testing.T) {
	l, _, _, nine := liars(t)
	l.receives(nine, "AFTER 5 4000 10", "MSG 9 1 x")
	require.Equal(t, "WANT 5 4000 0\n", l.sent(nine))
	l.receives(nine, "LINES 5 4000 0")
	require.Equal(t, []string{"Client 9: x"}, l.lines)
	l.receives(nine, "AFTER 5 4000 20", "MSG 9 2 x")
	require.Len(t, l.lines, 2)
}

// Client 9 sends a line to others and not to client 7, who waits for it no longer
// than for a line that does not exist.
func TestALineThatIsWithheldDelaysNoOther(t *testing.T) {
	for name, answer := range map[string][]string{
		"it says that there is none": {"LINES 9 2000 0"},
		"it says that there is one":  {"LINES 9 2000 1", "MSG 9 7 x"},
		"it says nothing":            {""},
	} {
		t.Run(name, func(t *testing.T) {
			l, one, _, nine := liars(t)
			l.receives(one, "AFTER 9 2000 5", "MSG 1 1 y")
			l.passes(dueInquiry, one, nine)
			require.Equal(t, "WANT 9 2000 4\n", l.sent(nine))
			l.receives(nine, answer...)
			l.passes(600*time.Millisecond, one, nine)
			require.Contains(t, l.lines, "Client 1: y")
		})
	}
}

// Nothing comes over the link of client 1 for a while, and client 9 makes up what it
// may have typed. Then client 1 is heard.
func TestTheLinkOfAMemberContradictsWhatWasRelayed(t *testing.T) {
	l, one, _, nine := liars(t)
	l.receives(nine, "AFTER 1 2000 2", "MSG 9 1 bait")
	l.passes(dueInquiry+dueStalled, nine)
	require.Equal(t, "WANT 1 2000 0\n", l.sent(nine))
	l.receives(nine, "LINES 1 2000 2", "MSG 1 1 first", "MSG 1 2 FORGED")
	require.Equal(t, []string{"Client 1: first", "Client 1: FORGED", "Client 9: bait"}, l.lines)
	l.receives(one, "MSG 1 1 first", "MSG 1 2 second")
	require.Equal(t, []string{"Client 1: second"}, l.lines[3:])
	l.receives(nine, "WANT 1 2000 0")
	require.Equal(t, "LINES 1 2000 2\nMSG 1 1 first\nMSG 1 2 second\n", l.sent(nine))
}

func TestAReturningMemberContradictsWhatWasRelayed(t *testing.T) {
	l, one, _, nine := liars(t)
	l.receives(one, "MSG 1 1 first")
	l.parts(one)
	l.receives(nine, "HAVE 1 2000 5", "LINES 1 2000 4", "MSG 1 2 second", "MSG 1 3 FORGED", "MSG 1 4 fourth", "MSG 1 5 FORGED")
	one, have := l.meet(client("1"), 4, 0)
	require.EqualValues(t, 1, have, "it sends again what was relayed")
	l.receives(one, "MSG 1 2 second", "MSG 1 3 third", "MSG 1 4 fourth", "MSG 1 5 fifth", "MSG 1 6 sixth")
	require.Equal(t, []string{
		"Client 1: first", "Client 1: second", "Client 1: FORGED", "Client 1: fourth", "Client 1: FORGED",
		"Client 1: third", "Client 1: fifth", "Client 1: sixth",
	}, l.lines)
}

// There is no room for the line that was relayed of client 1 when its own link is up.
func TestALineThatWasRelayedIsNotKept(t *testing.T) {
	l, one, _, nine := liars(t)
	l.state.Limits.Kept = 1
	l.parts(one)
	l.receives(nine, "HAVE 1 2000 1", "LINES 1 2000 1", "MSG 1 1 first", "MSG 9 1 x")
	one, have := l.meet(client("1"), 2, 0)
	require.Zero(t, have, "it sends again what was relayed")
	l.receives(one, "MSG 1 1 first", "MSG 1 2 second")
	require.Equal(t, []string{"Client 1: first", "Client 9: x", "Client 1: second"}, l.lines)
}

// The lines that were relayed of client 1 are dropped while another line waits for one of its.
func TestALineWaitsNoLongerForASenderWhoseLinesWereDropped(t *testing.T) {
	l, one, three, nine := liars(t)
	l.parts(one)
	l.receives(nine, "HAVE 1 2000 2", "LINES 1 2000 2", "MSG 1 1 FORGED", "MSG 1 2 FORGED")
	one, _ = l.meet(client("1"), 2, 0)
	l.receives(three, "AFTER 1 2000 5", "MSG 3 1 y")
	l.receives(one, "MSG 1 1 true")
	l.passes(800*time.Millisecond, one, three, nine)
	require.Contains(t, l.lines, "Client 3: y")
}

// Where a line was typed those that it answers may have been dropped, as the log is
// bounded. Their own process brings them when it is back, which it is given time for.
func TestDroppedLinesAreWaitedForUntilTheirMemberIsBack(t *testing.T) {
	l, one, three, _ := liars(t)
	l.parts(one)
	l.receives(three, "AFTER 1 2000 2", "MSG 3 1 answer")
	l.passes(dueInquiry, three)
	require.Equal(t, "WANT 1 2000 0\n", l.sent(three))
	l.receives(three, "LINES 1 2000 1", "MSG 1 2 the latest") // it has dropped line 1
	l.passes(3*Unreachable/4, three)
	require.Empty(t, l.lines)
	one, _ = l.meet(client("1"), 2, 0)
	l.receives(one, "MSG 1 1 the first", "MSG 1 2 the latest")
	require.Equal(t, []string{"Client 1: the first", "Client 1: the latest", "Client 3: answer"}, l.lines)
}

// Client 1 leaves out numbers, and its link breaks. Client 3 cannot have what was left out,
// and its own link has been up for long: its answer does not wait until client 1 is given up.
func TestNumbersThatWereLeftOutDelayNoOther(t *testing.T) {
	l, one, three, _ := liars(t)
	l.receives(three, "MSG 3 1 x")
	l.passes(Unreachable, one, three)
	l.parts(one)
	l.receives(three, "AFTER 1 2000 9", "MSG 3 2 answer")
	l.passes(dueInquiry, three)
	l.receives(three, "LINES 1 2000 1", "MSG 1 9 the latest")
	l.passes(dueProof, three)
	require.Equal(t, []string{"Client 3: x", "Client 1: 9 missing", "Client 3: answer"}, l.lines)
}

// Client 9 leaves out lines, and the next one that it sends is held back when its link
// comes up again. A line that names one of those left out does not wait for it.
func TestALineThatWasLeftOutIsNotWaitedFor(t *testing.T) {
	l, one, _, nine := liars(t)
	l.receives(nine, "MSG 9 1 x", "AFTER 5 4000 1", "MSG 9 1000 held back")
	l.parts(nine)
	nine, _ = l.meet(client("9"), 1000, 0)
	l.receives(one, "AFTER 9 2000 500", "MSG 1 1 y")
	require.Equal(t, []string{"Client 9: x", "Client 1: y"}, l.lines)
	require.False(t, nine.isCut)
}

// While client 1 is linked no other is asked for its lines. An answer that comes late
// is not heard.
func TestARelayedLineOfALinkedMemberIsNotShown(t *testing.T) {
	l, one, _, nine := liars(t)
	l.parts(one)
	l.receives(nine, "HAVE 1 2000 1")
	require.Equal(t, "WANT 1 2000 0\n", l.sent(nine))
	one, have := l.meet(client("1"), 1, 0)
	require.Zero(t, have)
	l.receives(nine, "LINES 1 2000 1", "MSG 1 1 FORGED")
	l.receives(one, "MSG 1 1 true")
	require.Equal(t, []string{"Client 1: true"}, l.lines)
}

// Client 1 sends so much that the line that is waited for may be among it.
func TestALineIsHeldBackForALimitedTime(t *testing.T) {
	l, one, three, _ := liars(t)
	l.receives(three, "AFTER 1 2000 1000", "MSG 3 1 y")
	held := func() bool { return l.state.senders[client("3")].shown == 0 }
	for i := 1; held(); i++ {
		if i%10 > 0 {
			l.receives(one, fmt.Sprintf("MSG 1 %d %08000d", i, 0))
			continue
		}
		l.receives(one, fmt.Sprintf("MSG 1 %d %08000d", i, 0))
		l.passes(TickAfter, one, three)
		require.Equal(t, l.now.Sub(time.Unix(0, 0)) < MaxWait, held())
	}
	require.Equal(t, "Client 3: y", l.lines[len(l.lines)-1])
}

// Client 1 has a line of a process that has ended, and no member has those before.
func TestALineBehindLostOnesDelaysNoOther(t *testing.T) {
	l, one, _, nine := liars(t)
	l.receives(one, "AFTER 5 4000 1000", "MSG 1 1 y")
	require.Equal(t, "WANT 5 4000 0\n", l.sent(one))
	l.receives(one, "LINES 5 4000 1", "MSG 5 1000 x")
	l.passes(600*time.Millisecond, one, nine)
	require.Equal(t, []string{"Client 5: 1000 missing", "Client 1: y"}, l.lines)
}

// Client 9 invents an earlier and a later process of client 1, who is linked, and an
// earlier one of client 7.
func TestALineOfAnInventedProcessIsMarked(t *testing.T) {
	for _, id := range []wire.ID{{Name: "1", Incarnation: 1999}, {Name: "1", Incarnation: 4000}, {Name: "7", Incarnation: 2000}} {
		l, one, _, nine := liars(t)
		of := fmt.Sprintf("%s %d", id.Name, id.Incarnation)
		l.receives(nine, "HAVE "+of+" 0", "HAVE "+of+" 1")
		require.Equal(t, "WANT "+of+" 0\n", l.sent(nine))
		l.receives(nine, "LINES "+of+" 1", fmt.Sprintf("MSG %s 1 FORGED", id.Name))
		l.receives(one, "MSG 1 1 true")
		require.Equal(t, []string{"another Client " + string(id.Name) + ": FORGED", "Client 1: true"}, l.lines)
	}
}

// Each of 60 invented processes has a line that waits for those of all others, and
// client 1 answers them all. Every way from line to line would be more than 60 to the
// power of 8.
func TestLinesThatAllWaitForEachOther(t *testing.T) {
	l, one, _, nine := liars(t)
	var all []string
	for i := range 60 {
		all = append(all, fmt.Sprintf("AFTER x%d 4000 1", i))
	}
	for i := range 60 {
		l.receives(nine, fmt.Sprintf("HAVE x%d 4000 1", i))
		l.receives(nine, fmt.Sprintf("LINES x%d 4000 1", i))
		l.receives(nine, append(all, fmt.Sprintf("MSG x%d 1 x", i))...)
	}
	l.receives(one, append(all, "MSG 1 1 y")...)
	began := time.Now()
	l.passes(dueProof+2*TickAfter, one, nine)
	require.Contains(t, l.lines, "Client 1: y")
	require.Less(t, time.Since(began), 5*time.Second)
}

func TestAnAnswerOfTooManyLines(t *testing.T) {
	l, _, _, nine := liars(t)
	l.receives(nine, "HAVE 5 4000 4")
	l.state.Begin(l.now)
	_, err := l.state.Receive(nine, []byte("LINES 5 4000 999999999999999999"))
	require.ErrorContains(t, err, "an answer of 999999999999999999 lines")
}

// A line typed here is on its way over the same link, so a request for it says only that
// it is late. The answer follows it, and says that it has come.
func TestALineTypedHereIsNotSentTwice(t *testing.T) {
	l := newLinked(t, 1000)
	one, _ := l.meet(client("1"), 0, 0)
	l.state.Say([]byte("first"))
	l.receives(one, "WANT 7 1000 1")
	require.Equal(t, "LINES 7 1000 0\nMSG 7 1 first\n", l.sent(one), "there is no second line")
	l.receives(one, "WANT 7 1000 0")
	l.state.Say([]byte("second"))
	require.Equal(t, "MSG 7 1 first\nMSG 7 2 second\nLINES 7 1000 0\n", l.sent(one))
	l.receives(one, "WANT 7 1000 0", "WANT 7 1000 1")
	require.Equal(t, "MSG 7 1 first\nMSG 7 2 second\nLINES 7 1000 0\nLINES 7 1000 0\n", l.sent(one), "each request has an answer")
}

// The process does not run for a while, and much has come when it does again.
func TestNoLineIsDoubtedBeforeWhatHasComeIsRead(t *testing.T) {
	l, one, three, _ := liars(t)
	l.receives(three, "AFTER 1 2000 1", "MSG 3 1 answer")
	l.passes(dueInquiry, one, three)
	require.Equal(t, "WANT 1 2000 0\n", l.sent(one))
	l.now = l.now.Add(dueProof)
	l.receives(three, "")
	l.state.Tick(l.now)
	require.Empty(t, l.lines)
	l.receives(one, "MSG 1 1 question", "LINES 1 2000 0")
	require.Equal(t, []string{"Client 1: question", "Client 3: answer"}, l.lines)
}
