package chat

import (
	"bufio"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"peerlab/services/chat/internal/registry"
	"peerlab/services/chat/internal/wire"
)

func TestPeerThatHangsUpIsNotDialledWithoutPause(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		ln, err := l.net.Listen("127.0.0.1:6002")
		require.NoError(t, err)
		defer ln.Close()
		var dials atomic.Int64
		go func() {
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				if dials.Add(1) < 1000 {
					_, _ = bufio.NewReader(c).ReadString('\n')
					_, _ = io.WriteString(c, "HELLO peerlab-chat/2 2 10 127.0.0.1:6002 back 0\n")
				}
				c.Close()
			}
		}()
		l.start(wire.Server, serverAddr, func(m *member) {
			m.registry = registry.New(registry.Entry{Name: "2", Addr: "127.0.0.1:6002"})
		})
		<-time.After(10 * time.Second)
		require.Less(t, dials.Load(), int64(20))
	})
}

func TestLinkMadeThroughAPeerComesBack(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s := l.server()
		one := l.client("1")
		s.kill()
		four := l.start("4", clientAddr("4"), nil, one.Addr)
		four.shows("Client 1: initiated.", "Client 4: initiated.")
		one.kill()
		one = l.client("1")
		<-time.After(2 * lastRetry)
		one.shows("Client 1: initiated.", "Client 4: initiated.")
		four.shows("Client 1: initiated.")
	})
}

// blocked is a screen that takes nothing.
type blocked struct{ free chan struct{} }

func (b blocked) Write(p []byte) (int, error) {
	<-b.free
	return len(p), nil
}

func TestLeavingWithAScreenThatTakesNothing(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		b := blocked{make(chan struct{})}
		defer close(b.free)
		s := l.start(wire.Server, serverAddr, func(m *member) { m.w = b })
		l.client("1")
		start := time.Now()
		s.stop()
		require.ErrorContains(t, s.ends(), "the screen takes nothing")
		require.LessOrEqual(t, time.Since(start), 2*leaveTimeout)
	})
}

// full is a screen on a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestScreenThatFailsEndsTheMember(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s := l.start(wire.Server, serverAddr, func(m *member) { m.w = full{} })
		l.client("1")
		require.ErrorContains(t, s.ends(), "the screen: short write")
	})
}

func TestSilentImpostorKeepsNoMemberOut(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		ln, err := l.net.Listen("127.0.0.1:6003")
		require.NoError(t, err)
		defer ln.Close()
		l.start(wire.Server, serverAddr, func(m *member) {
			m.registry = registry.New(registry.Entry{Name: "3", Addr: "127.0.0.1:6003"})
		})
		<-time.After(time.Second)
		three := l.start("3", "127.0.0.1:7003", nil)
		three.shows("Client 3: initiated.")
		require.NotContains(t, three.log.lines(), "no server")
	})
}

func TestClientKeepsTheAddressOfItsServer(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, c := l.five()
		s.kill()
		s = l.start(wire.Server, "127.0.0.1:4001", remember(c...)) // another port, the right registry
		<-time.After(2 * lastRetry)
		s.kill()
		s = l.server() // the right port, no registry
		<-time.After(4 * lastRetry)
		s.shows("Client 1: reconnected", "Client 2: reconnected", "Client 3: reconnected", "Client 4: reconnected", "Client 5: reconnected")
	})
}

func TestClockThatWasSetBack(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		_, c := l.five()
		c[2].kill()
		l.incarnation = 500
		l.start("3", clientAddr("3"), func(m *member) { m.state.Say([]byte("typed at once")) })
		<-time.After(lastRetry)
		for _, a := range []*actor{c[0], c[4]} {
			a.shows("Client 3: initiated.", "Client 3: typed at once")
		}
	})
}

func TestStoppedProcessReturnsAfterAnotherHadItsName(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		l.server()
		one, two := l.client("1"), l.client("2")
		two.types("a line")
		one.shows("Client 1: initiated.", "Client 2: initiated.", "Client 2: a line")
		resume := l.stops(two)
		again := l.start("2", "127.0.0.1:7002", nil)
		<-time.After(5 * time.Second)
		one.shows("Client 2: initiated.")
		again.types("/quit")
		require.NoError(t, again.ends())
		one.shows("Client 2: terminated.")
		resume()
		<-time.After(10 * time.Second)
		one.shows(owns("Client 2", two.Addr)) // and not its line, nor that it is initiated, again
	})
}

func TestLastWordsGetThroughALinkThatIsDown(t *testing.T) {
	inTime(t, func(t *testing.T, l *lab) {
		s, one := l.server(), l.client("1")
		l.breaks(func(_, _ string) bool { return true })
		one.keys <- "last words"
		one.keys <- "/quit"
		require.NoError(t, one.ends())
		s.shows("Client 1: initiated.", "Client 1: last words", "Client 1: terminated.")

		two := l.start("2", clientAddr("2"), func(m *member) { m.state.Say([]byte("in and out")) })
		two.stop()
		require.NoError(t, two.ends())
		s.shows("Client 2: initiated.", "Client 2: in and out", "Client 2: terminated.")
	})
}
