package chat

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/wire"
	"peerlab/services/internal/memnet"
)

func (a *actor) logged(text string) bool {
	return strings.Contains(strings.Join(a.log.lines(), "\n"), text)
}

func TestHostThatVanishesIsNoticed(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		l.hold(true, between(c[4])) // no FIN, no RST
		l.forbid(between(c[4]))
		<-time.After(2200 * time.Millisecond)
		c[0].types("/who")
		require.Contains(t, c[0].screen.lines(), "* Client 5: silent, 127.0.0.1:6005")
		<-time.After(800 * time.Millisecond)
		for _, a := range []*actor{s, c[0], c[1], c[2], c[3]} {
			require.Len(t, a.all(), 4, a.Name.Display())
			require.True(t, a.logged("nothing was heard"), a.Name.Display())
		}
		<-time.After(firstRetry + precedence) // it is dialled, in vain
		ready(c[0])
		c[0].types("/who")
		require.Contains(t, c[0].screen.lines(), "* Client 5: gone, 127.0.0.1:6005")
		c[0].types("/stats")
		require.Contains(t, c[0].screen.lines(), "* the link to Client 5 was cut 1 time: nothing was heard from it for 3 seconds")
		l.part(nil)
		<-time.After(2 * lastRetry)
		ready(c...)
		c[4].types("a tunnel")
		c[0].shows("Client 5: a tunnel")
	})
}

func TestWhoTakesConnectionsAndDoesNotAnswerIsSilent(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		l.server()
		one := l.client("1")
		ln, err := l.net.Listen("127.0.0.1:6009")
		require.NoError(t, err)
		defer ln.Close()
		conn, _ := l.stranger(clientAddr("1"), "HELLO peerlab-chat/2 9 900 127.0.0.1:6009 new 0")
		conn.Close()
		<-time.After(2 * handshakeTimeout)
		one.types("/who")
		require.Contains(t, one.screen.lines(), "* Client 9: silent, 127.0.0.1:6009")
	})
}

// TestWhoFallsSilentIsSilentForAsLongAsItLasts: on the link, once that is cut, and
// while it is dialled. Its host takes connections and answers nothing, as a stopped process does.
func TestWhoFallsSilentIsSilentForAsLongAsItLasts(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		l.server()
		one := l.client("1")
		ln, err := l.net.Listen("127.0.0.1:6009")
		require.NoError(t, err)
		conn, _ := l.stranger(clientAddr("1"), "HELLO peerlab-chat/2 9 900 127.0.0.1:6009 new 0")
		defer conn.Close()
		l.hold(true, func(from, _ string) bool { return from == "stranger" })
		<-time.After(2200 * time.Millisecond)
		for range 100 {
			one.types("/who")
			lines := one.screen.lines()
			require.Equal(t, "* Client 9: silent, 127.0.0.1:6009", lines[len(lines)-1])
			<-time.After(100 * time.Millisecond)
		}
		ln.Close()
		<-time.After(handshakeTimeout + lastRetry)
		one.types("/who")
		lines := one.screen.lines()
		require.Equal(t, "* Client 9: gone, 127.0.0.1:6009", lines[len(lines)-1])
	})
}

func TestSilenceKeepsAllLinked(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		<-time.After(time.Hour)
		for _, a := range append(c, s) {
			require.False(t, a.logged("link down"), a.Name.Display())
		}
	})
}

// TestBusyIsNotDead: any byte is a sign of life.
func TestBusyIsNotDead(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		for range 40 { // a trickle: every two seconds what has come through
			l.hold(true, between(c[1], c[2]))
			for i := range 20 {
				c[1].types(fmt.Sprint(i))
			}
			<-time.After(1900 * time.Millisecond)
			l.hold(false, between(c[1], c[2]))
			synctest.Wait()
		}
		<-time.After(10 * time.Second)
		for _, a := range append(c, s) {
			require.False(t, a.logged("link down"), a.Name.Display())
		}
	})
}

// TestHeldUpByItsScreenIsNotDead, nor does it take others for dead.
func TestHeldUpByItsScreenIsNotDead(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		free := make(chan struct{})
		one := l.client("1")
		s := l.start(wire.Server, serverAddr, func(m *member) {
			w := m.w
			m.w = writerFunc(func(b []byte) (int, error) {
				if strings.Contains(string(b), "stop") {
					<-free
				}
				return w.Write(b)
			})
		})
		one.types("stop")
		for range 60 {
			one.types(strings.Repeat("x", 5000)) // some 300 KB: more than the connection takes
			<-time.After(time.Second)
		}
		close(free)
		synctest.Wait()
		require.Equal(t, 60, times(s, "Client 1: "+strings.Repeat("x", 5000)))
		<-time.After(10 * time.Second)
		for _, a := range []*actor{s, one} {
			require.False(t, a.logged("link down"), a.Name.Display())
		}
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestStoppedForTenMinutesUnderLoad(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		for _, a := range append(c, s) {
			a.state.Limits.Typed, a.state.Limits.Kept = 200<<10, 400<<10
		}
		l.hold(true, between(c[4]))
		l.forbid(between(c[4]))
		const n = 12_000
		for i := range n {
			before := time.Now()
			c[i%2].types(fmt.Sprintf("%d %080d", i, i))
			require.Zero(t, time.Since(before), "a goroutine waits")
			<-time.After(50 * time.Millisecond)
		}
		for _, a := range []*actor{s, c[2], c[3]} {
			require.Equal(t, n, len(a.screen.lines()), a.Name.Display())
		}
		for _, a := range []*actor{s, c[0], c[1], c[2], c[3]} {
			stats := a.lock().Stats()
			a.unlock()
			require.LessOrEqual(t, stats.Typed, 200<<10)
			require.LessOrEqual(t, stats.Kept, 400<<10)
		}
		l.part(nil)
		l.hold(false, between(c[4]))
		<-time.After(2*lastRetry + agreement)
		got, lost := c[4].screen.lines(), 0
		for _, line := range got {
			var who, k int
			if m, _ := fmt.Sscanf(line, "* Client %d: %d line", &who, &k); m == 2 {
				lost += k - 1
			}
		}
		require.Equal(t, n, len(got)+lost, "neither shown nor said to be lost: %q", got[:min(5, len(got))])
		require.Greater(t, len(got), 2000)
		c[4].screen.clear()
		c[2].types("welcome back")
		c[4].shows("Client 3: welcome back")
	})
}

// TestSilentLinkIsReset: what a network loses without a word is found again.
func TestLinesThatWereOnTheirWayWhenTheLinkFellSilent(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		l.net.Each(func(conn *memnet.Conn, from, to string) { conn.Hold(true) })
		for i, a := range append(c, s) {
			a.types(fmt.Sprint("into the void ", i))
		}
		<-time.After(4*time.Second + 2*lastRetry + agreement)
		for i, a := range append(c, s) {
			var want []string
			for j, b := range append(c, s) {
				if i != j {
					want = append(want, b.Name.Display()+": "+fmt.Sprint("into the void ", j))
				}
			}
			a.shows(want...)
		}
	})
}
