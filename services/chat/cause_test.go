package chat

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/broadcast"
	"peerlab/services/chat/internal/wire"
)

func TestAnswerThatOvertakesWaits(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		slow := between(c[0], c[2])
		l.hold(true, slow)
		c[0].types("what time is it?")
		c[1].types("five to twelve")
		s.types("so late")
		c[3].shows("Client 1: what time is it?", "Client 2: five to twelve", "Server: so late")
		c[2].shows()
		<-time.After(time.Second)
		require.Equal(t, []string{"Client 1: what time is it?", "Client 2: five to twelve", "Server: so late"}, c[2].screen.lines())
		l.hold(false, slow)
		<-time.After(time.Second)
		require.Len(t, c[2].screen.lines(), 3, "something is shown twice")
	})
}

func TestAnswerWaitsForWhatComesInAMoment(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		slow := between(c[0], s, c[2], c[3], c[4])
		l.hold(true, slow)
		c[0].types("hello")
		for i := range 100 {
			c[1].types(fmt.Sprint("hello yourself ", i))
		}
		c[4].types("this answers no line")
		<-time.After(100 * time.Millisecond)
		c[2].shows("Client 5: this answers no line")
		l.hold(false, slow)
		synctest.Wait()
		got := c[2].screen.lines()
		require.Len(t, got, 101)
		require.Equal(t, "Client 1: hello", got[0])
		require.Equal(t, "Client 2: hello yourself 99", got[100])
	})
}

func TestALostLineIsNotWaitedForForEver(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		others := []*actor{s, c[2], c[3], c[4]}
		l.hold(true, between(c[0], others...))
		c[0].types("listen")
		l.hold(true, between(c[1], s, c[3], c[4]))
		c[1].types("I do") // it gets to client 3 alone
		c[1].kill()        // who alone has shown what client 1 said
		c[0].kill()
		c[2].shows()
		<-time.After(broadcast.Unreachable + time.Second)
		require.Equal(t, []string{"* Client 1: 1 line missing", "Client 2: I do"}, c[2].screen.lines())
		<-time.After(broadcast.Unreachable + time.Second)
		for _, a := range others {
			require.Equal(t, []string{"* Client 1: 1 line missing", "Client 2: I do"}, a.screen.lines(), a.Name.Display())
		}
		ready(others...)
		c[2].types("what did they talk about?")
		c[3].shows("Client 3: what did they talk about?") // at once
	})
}

// A client that joins after lines were given up does not show them when they are found,
// for it has been shown what goes on without them.
func TestNewcomerIsNotShownWhatWasGivenUpBefore(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		s.kill()
		l.hold(true, between(c[0], c[2], c[3], c[4]))
		c[0].types("listen")
		c[1].types("I do")
		l.part(between(c[1])) // it alone has shown what client 1 said
		c[0].kill()
		<-time.After(2 * broadcast.Unreachable)
		for _, a := range c[2:] {
			a.shows("* Client 1: 1 line missing", "Client 2: I do")
		}
		s = l.start(wire.Server, serverAddr, remember(c[2:]...))
		<-time.After(2 * lastRetry)
		s.shows("Client 3: reconnected", "Client 4: reconnected", "Client 5: reconnected")
		l.part(nil)
		<-time.After(10 * lastRetry)
		for _, a := range c[2:] {
			require.Contains(t, a.screen.lines(), "Client 1: listen", a.Name.Display())
		}
		s.shows("Client 2: reconnected")
	})
}

// Client 8 answers a line that will never be, although client 9 is there.
func TestALineThatALinkedMemberDoesNotSendIsNotWaitedFor(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		l.server()
		one := l.client("1")
		conn, _ := l.stranger(clientAddr("1"), "HELLO peerlab-chat/2 9 3000 127.0.0.1:9 new 0")
		liar, _ := l.stranger(clientAddr("1"), "HELLO peerlab-chat/2 8 3000 127.0.0.1:8 new 0")
		ready(one)
		fmt.Fprintln(liar, "AFTER 9 3000 5\nMSG 8 1 trust me")
		synctest.Wait()
		one.shows()
		fmt.Fprintln(conn)
		<-time.After(500 * time.Millisecond)
		fmt.Fprintln(conn)
		<-time.After(400 * time.Millisecond)
		require.Equal(t, []string{"* Client 9: 5 lines missing", "Client 8: trust me"}, one.screen.lines())
		fmt.Fprintln(conn, "MSG 9 1 I am here")
		synctest.Wait()
		require.Equal(t, "Client 9: I am here", one.screen.lines()[2])
		conn.Close()
		liar.Close()
	})
}

// TestTooMuchThatWaits: the lines of one who answers a member far away are not
// read without end, and none is lost.
func TestTooMuchThatWaits(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		_, c := l.five()
		limits := &c[2].state.Limits
		limits.SlowOf = 32 << 10 // HeldOf stays: a mutex is not fair in fake time, so the request may wait for all that is on its way
		held := func() int {
			defer c[2].unlock()
			return c[2].lock().Stats().Held
		}
		slow := between(c[0], c[2])
		l.hold(true, slow)
		c[0].types("what is in that file?")
		want := []string{"Client 1: what is in that file?"}
		for i := range 5000 {
			line := fmt.Sprintf("%d %0100d", i, i)
			c[1].keys <- line
			want = append(want, "Client 2: "+line)
		}
		synctest.Wait()
		c[2].shows()
		require.Greater(t, held(), limits.SlowOf)
		require.Less(t, held(), limits.SlowOf+200<<10, "it is read on")
		<-time.After(time.Second)
		require.Equal(t, want, c[2].screen.lines())
		require.Zero(t, held())
	})
}

func TestALinkWithTooMuchHeldBackIsCut(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, one := l.server(), l.client("1")
		s.state.Limits.HeldOf = 100 << 10
		conn, in := l.stranger(serverAddr, "HELLO peerlab-chat/2 9 3000 127.0.0.1:9 new 0")
		_, err := fmt.Fprintln(conn, "AFTER 8 4000 1\nMSG 9 1 wait") // 8 does not exist; WANT is not answered
		for i := 0; err == nil; i++ {
			_, err = fmt.Fprintf(conn, "MSG 9 %d %s\n", i+2, strings.Repeat("x", 1000))
			require.Less(t, i, 1000, "it is not cut")
		}
		_, _ = in.ReadString('\n')
		ready(s)
		held := s.lock().Stats().Held
		s.unlock()
		require.Zero(t, held)
		s.types("/stats")
		require.Contains(t, s.screen.lines(), "* the link to Client 9 was cut 1 time: too many of its lines were waiting for lines of others")
		one.types("we go on")
		require.Contains(t, s.screen.lines(), "Client 1: we go on")
	})
}
